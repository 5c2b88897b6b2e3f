import { describe, expect, it, test } from 'vitest';
import {
  defaultRetryPolicy,
  nextRetry,
  parseRetryAfter,
  quotaPause,
  retryLogin,
  type TryOutcome,
} from '../../src/http/retry.ts';
import { fc } from '../support/property.ts';

const now = Date.UTC(2026, 0, 1);

const answer = (status: number, after?: string, header = 'retry-after'): TryOutcome => ({
  type: 'response',
  status,
  headers: new Headers(after === undefined ? {} : { [header]: after }),
});
const unsent: TryOutcome = { type: 'fault', unsent: true };
const lost: TryOutcome = { type: 'fault', unsent: false };
const refused: TryOutcome = { type: 'fault', unsent: true, permanent: true };

const idempotent = ['GET', 'PATCH', 'DELETE'];
const secretive = ['POST', 'PUT'];

describe('retries', () => {
  const rows = [
    { outcome: answer(408), what: '408', again: idempotent },
    { outcome: answer(425), what: '425', again: idempotent },
    { outcome: answer(429), what: '429', again: [...idempotent, ...secretive] },
    { outcome: answer(500), what: '500', again: idempotent },
    { outcome: answer(502), what: '502', again: idempotent },
    { outcome: answer(503), what: '503', again: idempotent },
    { outcome: answer(504), what: '504', again: idempotent },
    { outcome: unsent, what: 'a connection that was refused', again: [...idempotent, ...secretive] },
    { outcome: lost, what: 'an answer that was lost', again: idempotent },
    { outcome: refused, what: 'a certificate that is not accepted', again: [] },
    { outcome: answer(301), what: '301', again: [] },
    { outcome: answer(400), what: '400', again: [] },
    { outcome: answer(401), what: '401', again: [] },
    { outcome: answer(403), what: '403', again: [] },
    { outcome: answer(404), what: '404', again: [] },
    { outcome: answer(409), what: '409', again: [] },
    { outcome: answer(501), what: '501', again: [] },
  ].flatMap(({ outcome, what, again }) =>
    [...idempotent, ...secretive].map((method) => ({ method, what, outcome, again: again.includes(method) })),
  );
  test.each(rows.filter(({ method }) => method === 'PATCH'))(
    'a PUT that is a change is repeated like a PATCH after $what',
    ({ outcome }) => {
      const again = nextRetry({ method: 'PATCH' }, 1, outcome, now, 0);
      expect(nextRetry({ method: 'PUT', isChange: true }, 1, outcome, now, 0)).toEqual(again);
    },
  );

  test.each(rows)('$method after $what: $again', ({ method, outcome, again }) => {
    expect(nextRetry({ method }, 1, outcome, now, 0) !== undefined).toBe(again);
  });

  it('is given up after the last try, which comes later where the rate is limited', () => {
    const { tries, limitedTries } = defaultRetryPolicy;
    expect(limitedTries).toBeGreaterThan(tries);
    for (const [outcome, last] of [
      [answer(500), tries],
      [lost, tries],
      [answer(429), limitedTries],
    ] as const) {
      expect(nextRetry({ method: 'GET' }, last - 1, outcome, now, 0)).toBeDefined();
      expect(nextRetry({ method: 'GET' }, last, outcome, now, 0)).toBeUndefined();
    }
  });
});

describe('a login is sent again, twice at most', () => {
  test.each([
    { what: '502', outcome: answer(502), again: true },
    { what: '503', outcome: answer(503), again: true },
    {
      what: 'a connection that broke before any answer',
      outcome: { type: 'fault', unsent: false, unanswered: true } as const,
      again: true,
    },
    { what: 'an answer that was lost otherwise', outcome: lost, again: false },
    { what: '401: accounts lock', outcome: answer(401), again: false },
    { what: '500: it may have been judged', outcome: answer(500), again: false },
    { what: '504: it may have been judged', outcome: answer(504), again: false },
  ])('after $what: $again', ({ outcome, again }) => {
    expect(retryLogin(2, outcome, 0) !== undefined).toBe(again);
    expect(retryLogin(3, outcome, 0)).toBeUndefined();
  });
});

describe('how long is waited', () => {
  const inTenSeconds = new Date(now + 10_000).toUTCString();
  const inNineSeconds = String(now / 1000 + 9);
  test.each([
    { why: 'up to a quarter of a second', tried: 1, outcome: answer(500), random: 1, waitMs: 250 },
    { why: 'up to twice that after each try', tried: 2, outcome: answer(500), random: 1, waitMs: 500 },
    { why: 'up to twice that after each try', tried: 3, outcome: lost, random: 1, waitMs: 1000 },
    { why: 'anything below that, by chance', tried: 3, outcome: lost, random: 0.3, waitMs: 300 },
    { why: 'or not at all', tried: 1, outcome: answer(500), random: 0, waitMs: 0 },
  ])('$why: $waitMs ms, this request alone', ({ tried, outcome, random, waitMs }) => {
    expect(nextRetry({ method: 'GET' }, tried, outcome, now, random)).toEqual({ waitMs, hostWide: false });
  });

  test.each([
    { why: 'what Retry-After says, in seconds', outcome: answer(429, '7'), waitMs: 7000 },
    { why: 'with a fraction', outcome: answer(429, '1.5'), waitMs: 1500 },
    { why: 'as a date', outcome: answer(503, inTenSeconds), waitMs: 10_000 },
    { why: 'as seconds since 1970', outcome: answer(429, inNineSeconds), waitMs: 9000 },
    { why: 'as milliseconds since 1970', outcome: answer(429, String(now + 9000)), waitMs: 9000 },
    { why: 'as after a fault where it says no time at all', outcome: answer(429, '0'), waitMs: 125 },
    { why: 'or a time that is over', outcome: answer(503, String(now / 1000 - 9)), waitMs: 125 },
    { why: 'X-Retry-After', outcome: answer(429, inNineSeconds, 'x-retry-after'), waitMs: 9000 },
    { why: 'X-RateLimit-Reset', outcome: answer(429, inNineSeconds, 'x-ratelimit-reset'), waitMs: 9000 },
    { why: 'RateLimit-Reset', outcome: answer(429, inNineSeconds, 'ratelimit-reset'), waitMs: 9000 },
    { why: 'two minutes at most', outcome: answer(429, '86400'), waitMs: 120_000 },
    { why: 'a second or two where a 429 says nothing', outcome: answer(429), waitMs: 1500 },
    { why: 'the same where it makes no sense', outcome: answer(429, 'soon'), waitMs: 1500 },
    { why: 'the same where a date would be made of it', outcome: answer(429, 'in 5'), waitMs: 1500 },
    { why: 'the same where it is negative', outcome: answer(429, '-7'), waitMs: 1500 },
  ])('$why: $waitMs ms, by all requests', ({ outcome, waitMs }) => {
    expect(nextRetry({ method: 'GET' }, 1, outcome, now, 0.5)).toEqual({ waitMs, hostWide: true });
  });

  it('goes by Retry-After before RateLimit-Reset', () => {
    const headers = new Headers({ 'retry-after': '3', 'ratelimit-reset': inNineSeconds });
    const again = nextRetry({ method: 'GET' }, 1, { type: 'response', status: 429, headers }, now, 0);
    expect(again).toEqual({ waitMs: 3000, hostWide: true });
  });

  it('ignores the reset time of a limit that was not reached', () => {
    const outcome = answer(503, inNineSeconds, 'x-ratelimit-reset');
    expect(nextRetry({ method: 'GET' }, 1, outcome, now, 1)).toEqual({ waitMs: 250, hostWide: false });
  });

  it('is never longer than allowed, nor negative, whatever a server says', () => {
    const methods = fc.constantFrom('GET', 'PATCH', 'DELETE', 'POST', 'PUT');
    const headers = fc.constantFrom('retry-after', 'x-retry-after', 'x-ratelimit-reset');
    const texts = fc.oneof(
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map(String),
    );
    fc.assert(
      fc.property(
        methods,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 200, max: 599 }),
        texts,
        headers,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (method, tried, status, text, header, random) => {
          const again = nextRetry({ method }, tried, answer(status, text, header), now, random);
          const { maxWaitMs, limitedTries } = defaultRetryPolicy;
          expect(again?.waitMs ?? 0).toBeGreaterThanOrEqual(0);
          expect(again?.waitMs ?? 0).toBeLessThanOrEqual(maxWaitMs);
          if (tried >= limitedTries) expect(again).toBeUndefined();
        },
      ),
    );
  });
});

test.each([
  { why: 'absent', value: null, wait: undefined },
  { why: 'seconds', value: '120', wait: 120_000 },
  { why: 'seconds with white space', value: ' 5 ', wait: 5000 },
  { why: 'a date ahead', value: 'Thu, 01 Jan 2026 00:01:00 GMT', wait: 60_000 },
  { why: 'a date behind', value: 'Wed, 31 Dec 2025 00:00:00 GMT', wait: 0 },
  { why: 'an epoch ahead', value: String(now / 1000 + 60), wait: 60_000 },
  { why: 'an epoch behind', value: String(now / 1000 - 60), wait: 0 },
  { why: 'nothing', value: '', wait: undefined },
  { why: 'a word', value: 'later', wait: undefined },
])('Retry-After that is $why: $wait', ({ value, wait }) => {
  expect(parseRetryAfter(value, now)).toBe(wait);
});

describe('a response that uses up the quota', () => {
  const inNineSeconds = String(now / 1000 + 9);
  const pause = (headers: Record<string, string>) =>
    quotaPause(new Headers(headers), now, defaultRetryPolicy);

  test.each([
    { why: 'until the reset', headers: { 'ratelimit-reset': inNineSeconds }, ms: 9000 },
    { why: 'for seconds', headers: { 'ratelimit-reset': '5' }, ms: 5000 },
    {
      why: 'not at all after the reset',
      headers: { 'ratelimit-reset': String(now / 1000 - 9) },
      ms: undefined,
    },
    {
      why: "until the reset on the server's clock",
      headers: { 'ratelimit-reset': inNineSeconds, date: new Date(now + 4000).toUTCString() },
      ms: 5000,
    },
    { why: 'two minutes at most', headers: { 'ratelimit-reset': String(now / 1000 + 86_400) }, ms: 120_000 },
    { why: 'without a time: not at all', headers: {}, ms: undefined },
  ])('pauses $why', ({ headers, ms }) => {
    expect(pause({ 'ratelimit-remaining': '0', ...headers })).toBe(ms);
  });

  test.each([{ 'ratelimit-remaining': '1' }, { 'ratelimit-remaining': '' }, {}])('is none of %j', (left) => {
    expect(pause({ ...left, 'ratelimit-reset': inNineSeconds })).toBeUndefined();
  });
});
