import { describe, expect, it, test } from 'vitest';
import { type Claim, findConflicts } from '../../../src/core/plan/conflicts.ts';

function claim(address: string, line: number, ...keys: readonly string[]): Claim {
  return {
    address,
    source: { file: 'tokens.yaml', line, column: 1 },
    resources: keys.map((key) => ({ key, label: `the thing ${key}` })),
  };
}

describe('conflicts', () => {
  test.each([
    { why: 'nothing in common', claims: [claim('a', 1, 'x'), claim('b', 2, 'y')], lines: [] },
    { why: 'one thing in common', claims: [claim('a', 1, 'x'), claim('b', 2, 'y', 'x')], lines: [1, 2] },
    {
      why: 'three claimants',
      claims: [claim('a', 1, 'x'), claim('b', 2, 'x'), claim('c', 3, 'x')],
      lines: [1, 2, 3],
    },
    {
      why: 'an outsider is left alone',
      claims: [claim('a', 1, 'x'), claim('b', 2, 'z'), claim('c', 3, 'x')],
      lines: [1, 3],
    },
    { why: 'one entry claims a thing twice', claims: [claim('a', 1, 'x', 'x')], lines: [] },
    {
      why: 'two resources in common are one problem each',
      claims: [claim('a', 1, 'x', 'y'), claim('b', 2, 'y', 'x')],
      lines: [1, 2],
    },
  ])('$why: problems at lines $lines', ({ claims, lines }) => {
    const problems = [...findConflicts(claims).values()];
    expect(problems.map(({ source }) => source?.line)).toEqual(lines);
    for (const { code } of problems) expect(code).toBe('MANIFEST_CONFLICT');
  });

  it('tells each where the other is', () => {
    const messages = [...findConflicts([claim('a', 1, 'x'), claim('b', 2, 'x')]).values()].map(
      ({ message }) => message,
    );
    expect(messages).toEqual([
      'a: the thing x is also declared at tokens.yaml:2 (b)',
      'b: the thing x is also declared at tokens.yaml:1 (a)',
    ]);
  });
});
