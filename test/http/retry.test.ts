import { describe, expect, it, test } from 'vitest';
import { defaultRetryPolicy, parseRetryAfter, retryWait, type TryOutcome } from '../../src/http/retry.ts';

const now = Date.UTC(2026, 0, 1);

const answer = (status: number, retryAfter?: string): TryOutcome => ({ type: 'answer', status, retryAfter });
const unsent: TryOutcome = { type: 'fault', unsent: true };
const lost: TryOutcome = { type: 'fault', unsent: false };

const idempotent = ['GET', 'PATCH', 'DELETE'];
const secretive = ['POST', 'PUT'];

describe('what is tried again', () => {
  const rows = [
    { outcome: answer(408), what: '408', again: idempotent },
    { outcome: answer(429), what: '429', again: [...idempotent, ...secretive] },
    { outcome: answer(500), what: '500', again: idempotent },
    { outcome: answer(502), what: '502', again: idempotent },
    { outcome: answer(503), what: '503', again: idempotent },
    { outcome: answer(504), what: '504', again: idempotent },
    { outcome: unsent, what: 'a connection that was refused', again: [...idempotent, ...secretive] },
    { outcome: lost, what: 'an answer that was lost', again: idempotent },
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
  test.each(rows)('$method after $what: $again', ({ method, outcome, again }) => {
    expect(retryWait(method, 1, outcome, now, 0) !== undefined).toBe(again);
  });

  it('is given up after the last try', () => {
    const { tries } = defaultRetryPolicy;
    expect(retryWait('GET', tries - 1, answer(500), now, 0)).toBeDefined();
    expect(retryWait('GET', tries, answer(500), now, 0)).toBeUndefined();
  });
});

describe('how long is waited', () => {
  const inTenSeconds = new Date(now + 10_000).toUTCString();
  test.each([
    { why: 'doubled with each try', tried: 1, outcome: answer(500), random: 1, wait: 250 },
    { why: 'doubled with each try', tried: 2, outcome: answer(500), random: 1, wait: 500 },
    { why: 'doubled with each try', tried: 3, outcome: lost, random: 1, wait: 1000 },
    { why: 'jitter takes off half at most', tried: 1, outcome: answer(500), random: 0, wait: 125 },
    { why: 'what Retry-After says, in seconds', tried: 1, outcome: answer(429, '7'), random: 0, wait: 7000 },
    { why: 'as a date', tried: 1, outcome: answer(503, inTenSeconds), random: 0, wait: 10_000 },
    {
      why: 'as seconds since 1970',
      tried: 1,
      outcome: answer(429, String(now / 1000 + 9)),
      random: 0,
      wait: 9000,
    },
    { why: 'a minute at most', tried: 1, outcome: answer(429, '3600'), random: 0, wait: 60_000 },
    { why: 'no time at all', tried: 1, outcome: answer(429, '0'), random: 0, wait: 0 },
    {
      why: 'what makes no sense is passed over',
      tried: 1,
      outcome: answer(429, 'soon'),
      random: 1,
      wait: 250,
    },
  ])('$why: $wait ms', ({ tried, outcome, random, wait }) => {
    expect(retryWait('GET', tried, outcome, now, random)).toBe(wait);
  });
});

test.each([
  { why: 'absent', value: undefined, wait: undefined },
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
