import type { ResponseHeaders } from './body.ts';

/**
 * The outcome of one try of a request. `unsent`: the connection was refused, so the server has received nothing. `permanent`:
 * a retry would fail in the same way.
 */
export type TryOutcome =
  | { readonly type: 'response'; readonly status: number; readonly headers: ResponseHeaders }
  | {
      readonly type: 'fault';
      readonly unsent: boolean;
      readonly permanent?: true;
      /** True if the connection broke before any response. */
      readonly unanswered?: true;
    };

/** The properties of a request that decide whether it may be repeated. */
export interface SentRequest {
  readonly method: string;
  /** True for a PUT that changes an object and returns no secret. */
  readonly isChange?: true;
}

/** The number of tries and the waits between them. Times in milliseconds. */
export interface RetryPolicy {
  /** Tries of a request that fails. After a 429 a request is repeated more often. */
  readonly tries: number;
  readonly limitedTries: number;
  readonly baseWaitMs: number;
  /** Maximum wait of our own choice. */
  readonly maxBackoffMs: number;
  /** Maximum wait that a server may ask for. */
  readonly maxWaitMs: number;
}

/** The default policy: six tries, waits from a quarter of a second, and up to two minutes if a server asks for it. */
export const defaultRetryPolicy: RetryPolicy = {
  tries: 6,
  limitedTries: 12,
  baseWaitMs: 250,
  maxBackoffMs: 10_000,
  maxWaitMs: 120_000,
};

/** The time of the next try. */
export interface Retry {
  /** Milliseconds from now. */
  readonly waitMs: number;
  /** True if the server asks all its clients to wait, so that no other request may be sent meanwhile. */
  readonly hostWide: boolean;
}

const transient = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Default wait if a server limits the rate without a time. */
const limitedWaitMs = 1000;

/**
 * Returns when to try again, if at all. GET, PATCH, DELETE and a PUT that is a change are repeated after transient responses
 * and connection faults. The response to a POST or to any other PUT holds a secret, so such a request must not be repeated
 * after a lost response: only after a 429, or if it was certainly not sent.
 * @param tried the number of tries, from 1
 * @param random a number from 0 up to 1: full jitter, so that many clients don't come back together
 */
export function nextRetry(
  request: SentRequest,
  tried: number,
  outcome: TryOutcome,
  now: number,
  random: number,
  policy: RetryPolicy = defaultRetryPolicy,
): Retry | undefined {
  const limited = outcome.type === 'response' && outcome.status === 429;
  if (tried >= (limited ? policy.limitedTries : policy.tries)) return undefined;
  const secretive = returnsSecret(request);
  if (outcome.type === 'fault') {
    if (outcome.permanent || (secretive && !outcome.unsent)) return undefined;
  } else if (secretive ? !limited : !transient.has(outcome.status)) return undefined;
  const backoff = Math.min(policy.baseWaitMs * 2 ** (tried - 1), policy.maxBackoffMs);
  const asked = requestedPause(outcome, now, policy);
  // With a wait of 0, all clients would come back together.
  if (asked !== undefined) return { waitMs: asked > 0 ? asked : backoff * random, hostWide: true };
  if (!limited) return { waitMs: backoff * random, hostWide: false };
  return { waitMs: Math.min(limitedWaitMs * (1 + random), policy.maxWaitMs), hostWide: true };
}

/** Maximum repetitions of a login that the service has not evaluated. */
const maxLoginRetries = 2;

/**
 * Returns when to send a login once more: if a gateway reports that the service is unavailable, or if the connection broke
 * before any response. A login leaves nothing behind, but accounts lock after several that failed.
 * @param tried the number of tries, from 1
 */
export function retryLogin(
  tried: number,
  outcome: TryOutcome,
  random: number,
  policy: RetryPolicy = defaultRetryPolicy,
): Retry | undefined {
  const isUnjudged =
    outcome.type === 'response' ? [502, 503].includes(outcome.status) : outcome.unanswered === true;
  if (!isUnjudged || tried > maxLoginRetries) return undefined;
  return { waitMs: policy.baseWaitMs * 2 ** (tried - 1) * random, hostWide: false };
}

/**
 * Returns how long to send nothing to the host, whether the request is tried again or not; `undefined` if it sends no time.
 */
export function requestedPause(outcome: TryOutcome, now: number, policy: RetryPolicy): number | undefined {
  if (outcome.type === 'fault' || !transient.has(outcome.status)) return undefined;
  const asked = askedWait(outcome.status, outcome.headers, now);
  return asked === undefined ? undefined : Math.min(asked, policy.maxWaitMs);
}

/**
 * Returns how long to send nothing to the host after a response that used up the quota of requests; `undefined` if some are
 * left, or if it names no later time.
 */
export function quotaPause(headers: ResponseHeaders, now: number, policy: RetryPolicy): number | undefined {
  if (headers.get('ratelimit-remaining')?.trim() !== '0') return undefined;
  const wait = untilReset(headers, now);
  return wait ? Math.min(wait, policy.maxWaitMs) : undefined;
}

/** Returns the time until the quota of requests is renewed, in milliseconds. An instant is on the server's clock. */
function untilReset(headers: ResponseHeaders, now: number): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  return parseRetryAfter(headers.get('ratelimit-reset'), Number.isNaN(date) ? now : date);
}

/** Tells whether the response to a request holds a secret that is shown once. */
export function returnsSecret({ method, isChange }: SentRequest): boolean {
  return method === 'POST' || (method === 'PUT' && !isChange);
}

/** Returns the wait that a server asks for, in milliseconds from now; `undefined` if it sends none. */
function askedWait(status: number, headers: ResponseHeaders, now: number): number | undefined {
  const names = ['retry-after', 'x-retry-after', ...(status === 429 ? ['x-ratelimit-reset'] : [])];
  const asked = names
    .map((name) => parseRetryAfter(headers.get(name), now))
    .find((wait) => wait !== undefined);
  return asked ?? (status === 429 ? untilReset(headers, now) : undefined);
}

/**
 * Parses Retry-After into milliseconds from now. Accepts seconds, an HTTP date, or seconds since 1970, which some services
 * send. Milliseconds since 1970 are recognised by their size.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (number >= 1e12) return Math.max(0, number - now);
    return number >= 1e9 ? Math.max(0, number * 1000 - now) : number * 1000;
  }
  // A date begins with a day of the week, or is in RFC 3339. `Date.parse` finds a date in almost any text.
  const date = /^((mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?\b|\d{4}-\d{2}-\d{2}t)/i.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
