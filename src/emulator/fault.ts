import type { NthRequest, TokenRequest } from './nth-request.ts';

/** The faults that a request can have; `Fault` explains them. */
export const faultNames = [
  'none',
  'drop_before',
  'drop_after',
  'late',
  'error_before',
  'error_after',
  'truncate',
  'no_secret',
] as const;

/**
 * The fault of a request: none; its connection is dropped, before or after it took effect; its connection is dropped
 * at once, and it takes effect `lateCommit` later; it gets a 500, before or after it took effect; its response ends
 * in the middle; the secret in its response is empty.
 */
export type Fault = (typeof faultNames)[number];

/** A request for tokens, by its number, that a seed gives a fault. */
export interface FaultyRequest extends NthRequest {
  readonly fault: Fault;
}

/** Tells whether a request is the nth of its method at this service, counted from 1. */
export function isNth({ method, nth }: NthRequest, request: Pick<TokenRequest, 'method' | 'count'>): boolean {
  return request.method === method && request.count === nth;
}

/**
 * Returns a function that finds the fault of a request in a seed's list; `none` for requests that are not listed.
 */
export function faultFromList(lost: readonly FaultyRequest[]): (request: TokenRequest) => Fault {
  return (request) => lost.find((entry) => isNth(entry, request))?.fault ?? 'none';
}

/** Thrown in place of a response if the connection is dropped. Has the message and cause of undici's fetch. */
export class ConnectionDropped extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
  }
}
