import { describe, expect, test } from 'vitest';
import { canonicalExpiry, checkExpiry, shownExpiry, shownInstant } from '../../src/providers/expiry.ts';
import { createResponseReader } from '../../src/providers/response-reader.ts';

const created = Date.UTC(2026, 0, 1) / 1000;
const reader = createResponseReader('IONOS');

test.each([
  { text: 'never', canonical: 'never' },
  { text: '2027-06-30T02:00:00+02:00', canonical: '2027-06-30T00:00:00Z' },
  { text: 'one day', canonical: 'one day' },
])('$text is written as $canonical', ({ text, canonical }) => {
  expect(canonicalExpiry(text)).toBe(canonical);
});

describe('an expiry in a response', () => {
  test.each([
    { value: undefined, shown: 'never' },
    { value: null, shown: 'never' },
    { value: '', shown: 'never' },
    { value: 0, shown: 'never' },
    { value: '0', shown: 'never' },
    { value: '0001-01-01T00:00:00Z', shown: 'never' },
    { value: '2025-12-31T23:59:59Z', shown: 'never' },
    { value: '2026-01-01T00:00:01Z', shown: '2026-01-01T00:00:01Z' },
    { value: '2027-06-30', shown: '2027-06-30T00:00:00Z' },
    { value: 'one day', shown: 'one day' },
  ])('$value means $shown', ({ value, shown }) => {
    expect(shownExpiry(value, created, reader)).toBe(shown);
  });

  test('before the creation counts if that is unknown, unless it is impossibly old', () => {
    expect(shownExpiry('2025-12-31T23:59:59Z', null, reader)).toBe('2025-12-31T23:59:59Z');
    expect(shownExpiry('1970-01-01T00:00:00Z', null, reader)).toBe('never');
  });

  test('of another type is an error', () => {
    expect(() => shownExpiry(true, created, reader)).toThrow('IONOS');
  });
});

test.each([
  { value: '2026-01-01T00:00:00Z', seconds: created },
  { value: '0001-01-01T00:00:00Z', seconds: null },
  { value: 'x', seconds: null },
  { value: 5, seconds: null },
  { value: undefined, seconds: null },
])('the date $value in a response is $seconds', ({ value, seconds }) => {
  expect(shownInstant(value)).toBe(seconds);
});

describe('the expiry of a manifest', () => {
  const rule = {
    field: 'expires_at',
    rule: { precision: 'second' as const },
    hint: 'later',
  };

  test.each([
    { expiry: undefined, found: [] },
    { expiry: 'never', found: [] },
    { expiry: '2027-06-30T00:00:00Z', found: [] },
    { expiry: '2025-06-30T00:00:00Z', found: [{ severity: 'warning', path: ['expires_at'], hint: 'later' }] },
    { expiry: '2027-06-30T00:00:00', found: [{ severity: 'error', path: ['expires_at'] }] },
    { expiry: 'tomorrow', found: [{ severity: 'error', path: ['expires_at'] }] },
  ])('$expiry has the findings $found', ({ expiry, found }) => {
    expect(checkExpiry(expiry, created, rule)).toMatchObject(found);
  });
});
