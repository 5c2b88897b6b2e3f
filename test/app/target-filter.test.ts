import { describe, expect, test } from 'vitest';
import {
  matchesTarget,
  rejectUnknownReplace,
  rejectUnmatchedTarget,
  selectTargets,
} from '../../src/app/target-filter.ts';
import type { PruneRule } from '../../src/core/plan/prune.ts';
import { entry } from '../core/fixtures.ts';

const ci = entry({ name: 'ci' });
const other = entry({ name: 'other', scope: 'team-b' });
const rule = { kind: 'registry_token', scope: 'team-a', place: 'team-a', match: 'ci-*' } as PruneRule;

const refusal = expect.objectContaining({ problems: [expect.objectContaining({ code: 'USAGE' })] });

test.each([
  { patterns: [], matches: true },
  { patterns: ['registry_token:team-a/ci'], matches: true },
  { patterns: ['registry_token:team-b/*', 'registry_token:*/ci'], matches: true },
  { patterns: ['registry_token:team-a/c'], matches: false },
])('the patterns $patterns match an address: $matches', ({ patterns, matches }) => {
  expect(matchesTarget(ci.address, patterns)).toBe(matches);
});

describe('a run with targets', () => {
  test('has the matching entries, and keeps the others aside', () => {
    const { desired, untargeted } = selectTargets([ci, other], [], ['registry_token:team-b/*']);
    expect({ desired, untargeted }).toEqual({ desired: [other], untargeted: [ci] });
  });

  test.each([
    { why: 'no pattern', patterns: [], kept: true },
    { why: 'a pattern that covers its tokens', patterns: ['registry_token:team-a/*'], kept: true },
    { why: 'the address of one of its tokens', patterns: ['registry_token:team-a/ci-old'], kept: true },
    { why: 'the address of an entry', patterns: [ci.address], kept: false },
    { why: 'a pattern for another scope', patterns: ['registry_token:team-b/*'], kept: false },
  ])('keeps a prune rule with $why: $kept', ({ patterns, kept }) => {
    expect(selectTargets([ci, other], [rule], patterns).prunes).toEqual(kept ? [rule] : []);
  });

  test('rejects a pattern that is longer than any address', () => {
    expect(() => selectTargets([ci], [], ['x'.repeat(1001)])).toThrow(refusal);
  });

  test('is rejected if a target matches nothing', () => {
    expect(() => rejectUnmatchedTarget(['registry_token:team-c/*'], [ci.address])).toThrow(refusal);
    expect(() => rejectUnmatchedTarget(['registry_token:team-a/*'], [ci.address])).not.toThrow();
  });
});

test('--replace of an address outside of the run is rejected', () => {
  expect(() => rejectUnknownReplace([other.address], [ci])).toThrow(refusal);
  expect(() => rejectUnknownReplace([ci.address], [ci])).not.toThrow();
});
