import { describe, expect, it, test } from 'vitest';
import { messages } from '../fixtures.ts';
import { breaches } from './fixtures.ts';

describe('days from now', () => {
  const soon = 'properties: { expiry_date: { maxDaysFromNow: 90 } }';
  const late = 'properties: { expiry_date: { minDaysFromNow: 7 } }';

  test.each([
    { why: 'at most so many', rule: soon, expiry: '2026-04-01T00:00:00Z' },
    { why: 'at most so many, in another zone', rule: soon, expiry: '2026-04-01T02:00:00+02:00' },
    { why: 'a fraction of a second more, which is dropped', rule: soon, expiry: '2026-04-01T00:00:00.9Z' },
    { why: 'at least so many', rule: late, expiry: '2026-01-08T00:00:00Z' },
    { why: 'never is later than whatever', rule: late, expiry: 'never' },
  ])('are taken: $why', async ({ rule, expiry }) => {
    expect(await breaches(rule, `expiry_date: ${expiry}`)).toEqual([]);
  });

  test.each([
    { why: 'a second more', rule: soon, expiry: '2026-04-01T00:00:01Z' },
    { why: 'a second more, in another zone', rule: soon, expiry: '2026-03-31T22:00:01-02:00' },
    { why: 'never is later than whatever', rule: soon, expiry: 'never' },
    { why: 'a second less', rule: late, expiry: '2026-01-07T23:59:59Z' },
  ])('are refused: $why', async ({ rule, expiry }) => {
    expect(await breaches(rule, `expiry_date: ${expiry}`)).toHaveLength(1);
  });

  it('say up to when, or from when on', async () => {
    expect(messages(await breaches(soon, 'expiry_date: never'))).toEqual([
      'expected an instant no later than 2026-04-01T00:00:00Z, 90 days from now; found "never" (policy: policy.yaml)',
    ]);
    expect(messages(await breaches(late, 'expiry_date: 2026-01-02T02:00:00+02:00'))).toEqual([
      'expected an instant no earlier than 2026-01-08T00:00:00Z, 7 days from now, or never; found "2026-01-02T00:00:00Z" (policy: policy.yaml)',
    ]);
  });

  it('apply to a stated value; requiring it is another rule', async () => {
    expect(await breaches(soon)).toEqual([]);
    expect(messages(await breaches(`required: [expiry_date]\n${soon}`))).toEqual([
      'expiry_date is missing (policy: policy.yaml)',
    ]);
  });

  it('reject a text that is not an instant', async () => {
    expect(messages(await breaches('properties: { name: { maxDaysFromNow: 1 } }'))).toEqual([
      'expected an instant no later than 2026-01-02T00:00:00Z, a day from now; found "ci-push" (policy: policy.yaml)',
    ]);
  });
});
