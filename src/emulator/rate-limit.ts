import type { NthRequest } from './nth-request.ts';

/** A request to a service. */
export interface ApiRequest {
  readonly service: 'ionos' | 'docker_hub';
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The how many-th it is of its method to this service, from 1; logins and limited ones count. */
  readonly count: number;
}

/**
 * How a 429 says when to come back: Retry-After in seconds, in seconds since 1970 or as a date;
 * X-RateLimit-Reset alone; X-Retry-After in seconds since 1970 alone; or not at all.
 */
export const limitHeaders = ['seconds', 'epoch', 'date', 'reset', 'x_retry_after', 'none'] as const;

/** A request that comes too soon. */
export interface RateLimit {
  readonly header: (typeof limitHeaders)[number];
  /** For how long, in milliseconds. */
  readonly wait: number;
}

/** A request that is known beforehand to come too soon; the nth of all, not of those to tokens. */
export interface LimitedRequest extends NthRequest, RateLimit {}

/** Requests a minute, as the headers say; 180 has been seen at Docker Hub (docker/hub-feedback#2459). */
const perMinute = 180;

/** The headers of a 429. */
export function limitedHeaders({ header, wait }: RateLimit, now: number): Readonly<Record<string, string>> {
  const until = Math.ceil((now + wait) / 1000);
  const window = { 'x-ratelimit-limit': String(perMinute), 'x-ratelimit-remaining': '0' };
  const reset = { ...window, 'x-ratelimit-reset': String(until) };
  switch (header) {
    case 'seconds':
      return { ...reset, 'retry-after': String(Math.ceil(wait / 1000)) };
    case 'epoch':
      return { ...reset, 'retry-after': String(until) };
    case 'date':
      return { ...reset, 'retry-after': new Date(until * 1000).toUTCString() };
    case 'reset':
      return reset;
    case 'x_retry_after':
      return { ...window, 'x-retry-after': String(until) };
    case 'none':
      return {};
  }
}
