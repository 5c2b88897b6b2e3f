import type { ResponseHeaders } from './body.ts';

/**
 * What came of one try of a request. `unsent`: the connection was refused, so the server has seen nothing. `lasting`: it
 * would be the same another time.
 */
export type AttemptOutcome =
  | { readonly type: 'answer'; readonly status: number; readonly headers: ResponseHeaders }
  | {
      readonly type: 'fault';
      readonly unsent: boolean;
      readonly lasting?: true;
      /** The connection broke before there was any answer. */
      readonly unanswered?: true;
    };

/** How often and how long to try. Times in milliseconds. */
export interface RetryPolicy {
  /** Of a request that fails; one that came too soon is repeated more often. */
  readonly tries: number;
  readonly limitedTries: number;
  readonly baseWait: number;
  /** The longest wait of our own choice. */
  readonly maxBackoff: number;
  /** The longest wait that a server may ask for. */
  readonly maxWait: number;
}

/** Six tries, waits from a quarter of a second up; what a server asks for is waited for up to two minutes. */
export const defaultRetryPolicy: RetryPolicy = {
  tries: 6,
  limitedTries: 12,
  baseWait: 250,
  maxBackoff: 10_000,
  maxWait: 120_000,
};

/** When to try again. */
export interface Retry {
  /** In milliseconds from now. */
  readonly wait: number;
  /** Whether the server asks all its clients to wait, so that no other request is to be sent meanwhile. */
  readonly hostWide: boolean;
}

const transient = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Where a server limits the rate and doesn't say for how long. */
const limitedWait = 1000;

/**
 * Whether and when to try again. GET, PATCH and DELETE are repeated on transient answers and connection faults. A
 * POST or PUT answers with a secret, so a lost answer must not be asked for again: only after 429, or when the request
 * was certainly not sent.
 *
 * @param tried how many tries there were, from 1
 * @param random a number from 0 up to 1: full jitter, so that many clients don't come back together
 */
export function nextRetry(
  method: string,
  tried: number,
  outcome: AttemptOutcome,
  now: number,
  random: number,
  policy: RetryPolicy = defaultRetryPolicy,
): Retry | undefined {
  const limited = outcome.type === 'answer' && outcome.status === 429;
  if (tried >= (limited ? policy.limitedTries : policy.tries)) return undefined;
  const secretive = returnsSecret(method);
  if (outcome.type === 'fault') {
    if (outcome.lasting || (secretive && !outcome.unsent)) return undefined;
  } else if (secretive ? !limited : !transient.has(outcome.status)) return undefined;
  const backoff = Math.min(policy.baseWait * 2 ** (tried - 1), policy.maxBackoff);
  const asked = requestedPause(outcome, now, policy);
  // "At once" is no answer to how long: all would come back together.
  if (asked !== undefined) return { wait: asked > 0 ? asked : backoff * random, hostWide: true };
  if (!limited) return { wait: backoff * random, hostWide: false };
  return { wait: Math.min(limitedWait * (1 + random), policy.maxWait), hostWide: true };
}

/** How often a login is sent again if nobody has judged it. */
const maxLoginRetries = 2;

/**
 * Returns when to send a login once more: if a gateway says that the service is not there, or if the connection broke before
 * any answer. A login leaves nothing behind, but accounts lock after several that failed.
 *
 * @param tried how many tries there were, from 1
 */
export function retryLogin(
  tried: number,
  outcome: AttemptOutcome,
  random: number,
  policy: RetryPolicy = defaultRetryPolicy,
): Retry | undefined {
  const isUnjudged =
    outcome.type === 'answer' ? [502, 503].includes(outcome.status) : outcome.unanswered === true;
  if (!isUnjudged || tried > maxLoginRetries) return undefined;
  return { wait: policy.baseWait * 2 ** (tried - 1) * random, hostWide: false };
}

/** How long the host is to be left alone, whether the request is tried again or not; `undefined` where it doesn't say. */
export function requestedPause(
  outcome: AttemptOutcome,
  now: number,
  policy: RetryPolicy,
): number | undefined {
  if (outcome.type === 'fault' || !transient.has(outcome.status)) return undefined;
  const asked = askedWait(outcome.status, outcome.headers, now);
  return asked === undefined ? undefined : Math.min(asked, policy.maxWait);
}

/** Whether the answer to a request holds a secret that is shown once. */
export function returnsSecret(method: string): boolean {
  return method === 'POST' || method === 'PUT';
}

/** How long a server asks to be left alone, in milliseconds from now; `undefined` where it doesn't say. */
function askedWait(status: number, headers: ResponseHeaders, now: number): number | undefined {
  const names = ['retry-after', 'x-retry-after', ...(status === 429 ? ['x-ratelimit-reset'] : [])];
  return names.map((name) => parseRetryAfter(headers.get(name), now)).find((wait) => wait !== undefined);
}

/**
 * Reads Retry-After to milliseconds from now: seconds, an HTTP date, or seconds since 1970, which Docker Hub has been
 * seen to send (docker/hub-feedback#2459); milliseconds since 1970 are told by their size.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (number >= 1e12) return Math.max(0, number - now);
    return number >= 1e9 ? Math.max(0, number * 1000 - now) : number * 1000;
  }
  // A date begins with a day of the week, or is one of RFC 3339; `Date.parse` finds one in almost anything.
  const date = /^((mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?\b|\d{4}-\d{2}-\d{2}t)/i.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
