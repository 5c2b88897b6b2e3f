import type { NthRequest, TokenRequest } from './nth-request.ts';

/** What can become of a request. */
export const fates = [
  'answer',
  'drop_before',
  'drop_after',
  'late',
  'error_before',
  'error_after',
  'truncate',
  'no_secret',
] as const;

/**
 * What becomes of a request: it is answered; its connection is dropped, before or after it took effect; its
 * connection is dropped at once, and it takes effect `lateCommit` later; it is answered 500, before or after
 * it took effect; its answer ends in the middle; the secret in its answer is empty.
 */
export type Fault = (typeof fates)[number];

/** A request whose fate is known beforehand. */
export interface FaultyRequest extends NthRequest {
  readonly fate: Fault;
}

/** Whether a request is the one that is meant. */
export function isNth({ method, nth }: NthRequest, request: Pick<TokenRequest, 'method' | 'count'>): boolean {
  return request.method === method && request.count === nth;
}

/** A decision by list. */
export function faultFromList(lost: readonly FaultyRequest[]): (request: TokenRequest) => Fault {
  return (request) => lost.find((entry) => isNth(entry, request))?.fate ?? 'answer';
}

/** A connection that ended without an answer; as undici's fetch says it. */
export class ConnectionDropped extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
  }
}
