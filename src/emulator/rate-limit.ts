import type { NthRequest } from './nth-request.ts';

/** A request to a service, with its number: the input for deciding whether it is rate-limited. */
export interface ApiRequest {
  readonly service: 'ionos' | 'docker_hub' | 'harbor' | 'gitlab';
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  /** 1-based number of the request among those of its method to this service; logins and limited ones count. */
  readonly count: number;
}

/**
 * Ways in which a 429 gives the time to retry: Retry-After in seconds, in seconds since 1970 or as a date;
 * X-RateLimit-Reset alone; X-Retry-After in seconds since 1970 alone; or not at all.
 */
export const limitHeaders = ['seconds', 'epoch', 'date', 'reset', 'x_retry_after', 'none'] as const;

/** The rate limit that a request meets: the form and the length of the wait. */
export interface RateLimit {
  readonly header: (typeof limitHeaders)[number];
  /** Time to wait, in milliseconds. */
  readonly waitMs: number;
}

/** A request, by its number, that a seed gives a rate limit. Requests of all kinds count, logins too. */
export interface LimitedRequest extends NthRequest, RateLimit {}

/** Requests per minute, as the headers show; 180 has been seen at Docker Hub (docker/hub-feedback#2459). */
const perMinute = 180;

/**
 * Returns the headers of a 429 that all services but GitLab send: the wait in one of the forms of `limitHeaders`.
 */
export function limitedHeaders({ header, waitMs }: RateLimit, now: number): Readonly<Record<string, string>> {
  const until = Math.ceil((now + waitMs) / 1000);
  const window = { 'x-ratelimit-limit': String(perMinute), 'x-ratelimit-remaining': '0' };
  const reset = { ...window, 'x-ratelimit-reset': String(until) };
  switch (header) {
    case 'seconds':
      return { ...reset, 'retry-after': String(Math.ceil(waitMs / 1000)) };
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
