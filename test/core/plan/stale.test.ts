import { describe, expect, test } from 'vitest';
import { describeStaleness } from '../../../src/core/plan/stale.ts';

const change = {
  address: 'a',
  action: 'patch',
  id: 'id-1',
  fields: [{ field: 'status', before: 'enabled', after: 'disabled' }],
  write: { status: 'disabled' },
};

describe('a reviewed change that differs is reported with its address', () => {
  test.each([
    { why: 'another action', now: { ...change, action: 'replace' } },
    { why: 'another token', now: { ...change, id: 'id-2' } },
    { why: 'another value', now: { ...change, write: { status: 'enabled' } } },
    { why: 'other sinks', now: { ...change, secret: ['file:a'] } },
    { why: 'no change any more', now: { ...change, action: 'noop' } },
  ])('$why', ({ now }) => {
    expect(describeStaleness([change], [now])).toMatchObject([
      { code: 'PLAN_STALE', message: expect.stringMatching(/^a: /) },
    ]);
  });

  test('a new one is reported as well', () => {
    expect(describeStaleness([], [change])).toMatchObject([{ message: expect.stringMatching(/^a: /) }]);
  });
});

test.each([
  { why: 'its messages', now: { ...change, reason: 'other', warnings: ['other'] } },
  { why: 'an unchanged entry', now: change, more: [{ address: 'b', action: 'noop' }] },
])('a change does not differ by $why', ({ now, more = [] }) => {
  const [problem, ...others] = describeStaleness([change], [now, ...more]);
  expect(problem?.message).not.toMatch(/^a: /);
  expect(others).toEqual([]);
});

test('the name and expiry of the next generation depend on the time, and do not count', () => {
  const at = (minute: number) => ({
    address: 'a',
    action: 'create',
    fields: [{ field: 'name', before: null, after: `ci-20260101000${minute}` }],
    write: { name: `ci-20260101000${minute}` },
    family: { makes: { name: `ci-20260101000${minute}` } },
  });
  expect(describeStaleness([at(1)], [at(2)])[0]?.message).not.toMatch(/^a: /);
});

test('at most fifty differences are listed, and the rest is counted', () => {
  const many = Array.from({ length: 60 }, (_, index) => ({ ...change, address: `a${index}` }));
  const problems = describeStaleness(many, []);
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)?.message).toContain('10');
});
