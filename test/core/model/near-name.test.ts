import { describe, expect, test } from 'vitest';
import { nearNameWarning, quotedName } from '../../../src/core/model/near-name.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { entry, inputFor, token } from '../fixtures.ts';

describe('a new token is warned about if a live one has nearly its name', () => {
  test.each([
    { live: 'CI-push', how: 'upper and lower case' },
    { live: 'ci-push ', how: 'white space or invisible characters' },
    { live: ' ci-push', how: 'white space or invisible characters' },
    { live: 'ci-push\u200b', how: 'white space or invisible characters' },
    { live: 'CI-push\u00a0', how: 'the way it is written' },
  ])('$live differs in $how', ({ live, how }) => {
    const { changes } = createPlan([inputFor(entry({ name: 'ci-push' }), [token('id-1', live)])]);
    expect(changes).toMatchObject([{ action: 'create' }]);
    expect(changes[0]?.warnings.join()).toContain(`they differ in ${how}`);
  });

  test('in its Unicode form', () => {
    const composed = 'caf\u00e9';
    const warning = nearNameWarning(composed, token('id-1', composed.normalize('NFD')));
    expect(warning).toContain('they differ in Unicode form');
    expect(warning).toContain('"cafe\\u{301}" (id-1), not café');
  });

  test.each(['ci-pull', 'ci_push', 'ci-push-2'])('but not for %s', (live) => {
    const { changes } = createPlan([inputFor(entry({ name: 'ci-push' }), [token('id-1', live)])]);
    expect(changes[0]?.warnings.join()).not.toContain('nearly');
  });
});

test.each([
  { name: 'ci-push', shown: 'ci-push' },
  { name: 'ci push', shown: 'ci push' },
  { name: 'café', shown: 'café' },
  { name: 'ci-push ', shown: '"ci-push "' },
  { name: 'ci  push', shown: '"ci  push"' },
  { name: 'ci\u00a0push', shown: '"ci\\u{a0}push"' },
  { name: 'ci\u200bpush', shown: '"ci\\u{200b}push"' },
])('$name is shown as $shown', ({ name, shown }) => {
  expect(quotedName(name)).toBe(shown);
});
