import { describe, expect, test } from 'vitest';
import {
  familyNameOf,
  familyResolver,
  isSameOrLater,
  ledgerName,
  nextGenerationName,
  timestampOf,
  timestampSuffixLength,
} from '../../../src/core/model/generation-name.ts';

const now = Date.UTC(2026, 10, 26, 9, 30, 59) / 1000;
const rotation = { base: 'ci', every: 1, lifetime: 2, beforeExpiry: 0, overlap: 1 };

describe('the name of the next generation', () => {
  test('has the minute of its creation in UTC', () => {
    const name = nextGenerationName('ci-push', now, new Set());
    expect(name).toBe('ci-push-202611260930');
    expect(name).toHaveLength('ci-push'.length + timestampSuffixLength);
  });

  test('has the next free minute if that is taken', () => {
    const taken = new Set(['ci-202611260930', 'ci-202611260931']);
    expect(nextGenerationName('ci', now, taken)).toBe('ci-202611260932');
  });
});

test.each([
  { name: 'ci-202611260930', family: 'ci' },
  { name: 'a-202611260930-202611260931', family: 'a-202611260930' },
  { name: 'ci', family: undefined },
  { name: '-202611260930', family: undefined },
  { name: 'ci-20261126093', family: undefined },
  { name: 'ci-202613260930', family: undefined },
  { name: 'ci-202602300930', family: undefined },
  { name: 'ci-202611262430', family: undefined },
])('$name is a generation of the family $family', ({ name, family }) => {
  expect(familyNameOf(name)).toBe(family);
  expect(timestampOf(name) === undefined).toBe(family === undefined);
});

test('the timestamp of a name is in seconds since 1970', () => {
  expect(timestampOf('ci-202611260930')).toBe(now - 59);
});

test.each([
  { name: 'ci-202611260930', later: true },
  { name: 'ci-202611260931', later: true },
  { name: 'ci-202611260929', later: false },
])('$name is the successor or later: $later', ({ name, later }) => {
  expect(isSameOrLater(name, 'ci-202611260930')).toBe(later);
});

test('a generation counts to its family only if that rotates', () => {
  const resolve = familyResolver(new Set(['ci']));
  expect(['ci-202611260930', 'cd-202611260930', 'ci'].map(resolve)).toEqual(['ci', 'cd-202611260930', 'ci']);
});

test('all generations of a family are recorded under its name', () => {
  expect(ledgerName({ rotation }, 'ci-202611260930')).toBe('ci');
  expect(ledgerName({ rotation }, 'cd-202611260930')).toBe('cd-202611260930');
  expect(ledgerName({}, 'ci-202611260930')).toBe('ci-202611260930');
});
