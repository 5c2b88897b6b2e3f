import { describe, expect, it, test } from 'vitest';
import { formatInstant, parseInstant } from '../../../src/core/util/instant.ts';

const noon = Date.UTC(2027, 5, 30, 12) / 1000;

describe('parseInstant', () => {
  test.each([
    { why: 'UTC', text: '2027-06-30T12:00:00Z', seconds: noon },
    { why: 'lower case, as RFC 3339 allows', text: '2027-06-30t12:00:00z', seconds: noon },
    { why: 'a space for the T', text: '2027-06-30 12:00:00Z', seconds: noon },
    { why: 'a zone ahead', text: '2027-06-30T14:30:00+02:30', seconds: noon },
    { why: 'a zone behind', text: '2027-06-30T07:00:00-05:00', seconds: noon },
    { why: 'a zone over midnight', text: '2027-07-01T01:00:00+13:00', seconds: noon },
    { why: 'fractions are dropped', text: '2027-06-30T12:00:00.999999999Z', seconds: noon },
    { why: 'a leap day', text: '2028-02-29T00:00:00Z', seconds: Date.UTC(2028, 1, 29) / 1000 },
    { why: 'no zone', text: '2027-06-30T12:00:00', seconds: undefined },
    { why: 'no time', text: '2027-06-30', seconds: undefined },
    { why: 'no seconds', text: '2027-06-30T12:00Z', seconds: undefined },
    { why: 'no such day', text: '2027-02-29T12:00:00Z', seconds: undefined },
    { why: 'no such month', text: '2027-13-01T12:00:00Z', seconds: undefined },
    { why: 'no such hour', text: '2027-06-30T24:00:00Z', seconds: undefined },
    { why: 'no such minute', text: '2027-06-30T12:60:00Z', seconds: undefined },
    { why: 'no such zone', text: '2027-06-30T12:00:00+24:00', seconds: undefined },
    { why: 'something after it', text: '2027-06-30T12:00:00Z ', seconds: undefined },
    { why: 'a word', text: 'never', seconds: undefined },
    { why: 'nothing', text: '', seconds: undefined },
  ])('$why: $text', ({ text, seconds }) => {
    expect(parseInstant(text, 'refuse')).toBe(seconds);
  });

  it('reads a text without a zone as UTC on request', () => {
    expect(parseInstant('2027-06-30T12:00:00', 'utc')).toBe(noon);
  });
});

it('formatInstant writes whole seconds, in UTC', () => {
  expect(formatInstant(noon)).toBe('2027-06-30T12:00:00Z');
});
