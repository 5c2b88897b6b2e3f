/** What came of one try of a request. `unsent`: the connection was refused, so the server has seen nothing. */
export type TryOutcome =
  | { readonly type: 'answer'; readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly type: 'fault'; readonly unsent: boolean };

/** How often and how long to try. Times in milliseconds. */
export interface RetryPolicy {
  readonly tries: number;
  readonly baseWait: number;
  readonly maxWait: number;
}

/** Four tries, waits from a quarter of a second up, none longer than a minute. */
export const defaultRetryPolicy: RetryPolicy = { tries: 4, baseWait: 250, maxWait: 60_000 };

const transient = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Whether to try again, and how many milliseconds from now. GET, PATCH and DELETE are repeated on transient
 * answers and connection faults. A POST or PUT answers with a secret, so a lost answer must not be asked for
 * again: only after 429, or when the request was certainly not sent.
 *
 * @param tried how many tries there were, from 1
 * @param random a number from 0 up to 1, for jitter
 */
export function retryWait(
  method: string,
  tried: number,
  outcome: TryOutcome,
  now: number,
  random: number,
  policy: RetryPolicy = defaultRetryPolicy,
): number | undefined {
  if (tried >= policy.tries) return undefined;
  const secretive = method === 'POST' || method === 'PUT';
  if (outcome.type === 'fault') {
    if (secretive && !outcome.unsent) return undefined;
  } else if (secretive ? outcome.status !== 429 : !transient.has(outcome.status)) return undefined;
  const asked = outcome.type === 'answer' ? parseRetryAfter(outcome.retryAfter, now) : undefined;
  const backoff = policy.baseWait * 2 ** (tried - 1) * (0.5 + random / 2);
  return Math.min(asked ?? backoff, policy.maxWait);
}

/**
 * Reads Retry-After to milliseconds from now: seconds, an HTTP date, or seconds since 1970, which Docker Hub
 * has been seen to send (docker/hub-feedback#2459).
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1_000_000_000 ? Math.max(0, number * 1000 - now) : number * 1000;
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
