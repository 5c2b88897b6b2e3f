import { describe, expect, test } from 'vitest';
import { type ExpiryRule, expiryProblem, fitExpiry, shortestLife } from '../../../src/core/model/expiry.ts';
import { fitFields, roundingWarnings } from '../../../src/core/model/field-rules.ts';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';

const day = 86_400;
const now = Date.parse('2026-01-01T12:00:00Z') / 1000;

describe('an expiry is rounded down to what the service can keep', () => {
  test.each<{ precision: ExpiryRule['precision']; wanted: string; kept: string }>([
    { precision: 'second', wanted: '2026-03-01T10:00:01Z', kept: '2026-03-01T10:00:01Z' },
    { precision: 'day', wanted: '2026-03-01T10:00:01Z', kept: '2026-03-01T00:00:00Z' },
    { precision: 'day', wanted: '2026-03-01T00:00:00Z', kept: '2026-03-01T00:00:00Z' },
    { precision: 'days_since_creation', wanted: '2026-01-02T12:00:00Z', kept: '2026-01-02T12:00:00Z' },
    { precision: 'days_since_creation', wanted: '2026-01-02T11:59:59Z', kept: '2026-01-01T12:00:00Z' },
    { precision: 'days_since_creation', wanted: '2026-01-09T13:00:00Z', kept: '2026-01-09T12:00:00Z' },
    { precision: 'day', wanted: 'never', kept: 'never' },
    { precision: 'days_since_creation', wanted: 'a spelling of tomorrow', kept: 'a spelling of tomorrow' },
  ])('$precision: $wanted becomes $kept', ({ precision, wanted, kept }) => {
    expect(fitExpiry(wanted, { precision }, now)).toBe(kept);
  });

  test.each([
    { shown: '2026-03-01T09:00:00Z', why: 'within a day', kept: '2026-03-01T09:00:00Z' },
    { shown: '2026-03-01T10:00:01Z', why: 'later', kept: '2026-03-01T10:00:00Z' },
    { shown: '2026-02-28T10:00:00Z', why: 'a day earlier', kept: '2026-03-01T10:00:00Z' },
  ])('without a creation time, a shown expiry that is $why is kept as $kept', ({ shown, kept }) => {
    const rule = { precision: 'days_since_creation' } as const;
    expect(fitExpiry('2026-03-01T10:00:00Z', rule, null, shown)).toBe(kept);
  });

  test.each([
    { shown: '2026-03-29T13:00:00Z', why: 'an hour later', kept: '2026-03-29T13:00:00Z' },
    { shown: '2026-03-29T11:00:00Z', why: 'an hour earlier', kept: '2026-03-29T11:00:00Z' },
    { shown: '2026-03-30T13:00:00Z', why: 'too late', kept: '2026-03-29T12:00:00Z' },
    { shown: '2026-03-28T13:00:00Z', why: 'a day too early', kept: '2026-03-29T12:00:00Z' },
  ])('an expiry that is $why, as the service has summer time, is kept as $kept', ({ shown, kept }) => {
    const rule = { precision: 'days_since_creation' } as const;
    expect(fitExpiry('2026-03-29T13:00:00Z', rule, now, shown)).toBe(kept);
  });

  const dated = {
    ...registryTokenRules,
    expiry_date: { ...registryTokenRules.expiry_date, expiry: { precision: 'day' } as const },
  };

  test('in the field of the expiry, and in no other', () => {
    const fields = { name: '2026-03-01T10:00:00Z', expiry_date: '2026-03-01T10:00:00Z' };
    expect(fitFields(dated, fields, now, {})).toEqual({ ...fields, expiry_date: '2026-03-01T00:00:00Z' });
    expect(fitFields(dated, { name: 'ci' }, now, {})).toEqual({ name: 'ci' });
  });

  test('with a warning that names the days that are asked for, and the end, if days are counted', () => {
    const counted = {
      ...registryTokenRules,
      expiry_date: {
        ...registryTokenRules.expiry_date,
        expiry: { precision: 'days_since_creation' } as const,
      },
    };
    expect(roundingWarnings(counted, { expiry_date: '2026-01-31T10:00:00Z' }, now)).toEqual([
      'expiry_date: the service counts whole days from the creation: with 29 days, a token that is created now expires at 2026-01-30T12:00:00Z, and never after 2026-01-31T10:00:00Z',
    ]);
  });

  test('with a warning if the service keeps dates only', () => {
    expect(roundingWarnings(dated, { expiry_date: '2026-03-01T10:00:00Z' }, now)).toEqual([
      'expiry_date: the service keeps dates only, so the token expires at 2026-03-01T00:00:00Z',
    ]);
    expect(roundingWarnings(dated, { expiry_date: '2026-03-01T00:00:00Z' }, now)).toEqual([]);
    expect(roundingWarnings(registryTokenRules, { expiry_date: '2026-03-01T10:00:00Z' }, now)).toEqual([]);
  });
});

describe('an expiry that the service rejects has a reason', () => {
  test.each<{ rule: Omit<ExpiryRule, 'precision'>; text: string; why: string | undefined }>([
    { rule: {}, text: '2026-01-01T12:00:01Z', why: undefined },
    { rule: {}, text: '2026-01-01T12:00:00Z', why: '2026-01-01T12:00:00Z is in the past' },
    { rule: { minSeconds: 3600 }, text: '2026-01-01T13:00:00Z', why: undefined },
    {
      rule: { minSeconds: 3600 },
      text: '2026-01-01T12:59:59Z',
      why: '2026-01-01T12:59:59Z is less than an hour ahead, and the service accepts no earlier expiry',
    },
    { rule: { maxSeconds: 365 * day }, text: '2027-01-01T12:00:00Z', why: undefined },
    {
      rule: { maxSeconds: 365 * day },
      text: '2027-01-01T12:00:01Z',
      why: '2027-01-01T12:00:01Z is more than 365 days ahead, and the service accepts no later expiry',
    },
    { rule: {}, text: 'never', why: undefined },
    { rule: { required: true }, text: 'never', why: 'a token must expire' },
  ])('$rule, $text: $why', ({ rule, text, why }) => {
    expect(expiryProblem(text, { precision: 'second', ...rule }, now)).toBe(why);
  });

  test('counts whole days', () => {
    expect(expiryProblem('2026-01-02T11:00:00Z', { precision: 'days_since_creation' }, now)).toBe(
      '2026-01-02T11:00:00Z is less than a whole day ahead',
    );
    expect(expiryProblem('2026-01-01T18:00:00Z', { precision: 'day' }, now)).toBe(
      '2026-01-01T18:00:00Z is less than a whole day ahead',
    );
  });
});

test.each<{ precision: ExpiryRule['precision']; lifetime: number; life: number }>([
  { precision: 'second', lifetime: 1.5 * day, life: 1.5 * day },
  { precision: 'days_since_creation', lifetime: 1.5 * day, life: day },
  { precision: 'days_since_creation', lifetime: 3 * day, life: 2 * day },
  { precision: 'day', lifetime: 3 * day, life: 2 * day },
  { precision: 'day', lifetime: day / 2, life: 0 },
])('$precision: of a lifetime of $lifetime s at least $life s are left', ({ precision, lifetime, life }) => {
  expect(shortestLife(lifetime, { precision })).toBe(life);
  // Whatever the time of the day.
  for (let created = now; created < now + day; created += 3_599) {
    const end = formatInstant(created + lifetime);
    const kept = Date.parse(fitExpiry(end, { precision }, created)) / 1000 - created;
    expect(Math.max(0, kept)).toBeGreaterThanOrEqual(life);
  }
});
