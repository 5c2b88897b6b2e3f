import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { organizationToken } from '../../../src/providers/docker-hub/organization-token.ts';
import { fc } from '../../support/property.ts';
import { orgEntry, orgToken, pull } from '../docker-hub-fixtures.ts';
import { inputFor } from '../fixtures.ts';

/** So many live tokens, called `token-1` and so on. */
function tokens(count: number): readonly Observed[] {
  return Array.from({ length: count }, (_, index) => orgToken(`id-${index + 1}`, `token-${index + 1}`));
}

/** What is planned for these entries in an organization that has so many tokens, by label. */
function planned(
  count: number,
  entries: readonly Desired[],
  live: readonly Observed[] = tokens(count),
): Readonly<Record<string, Change>> {
  const limit = organizationToken.limit?.(live.length);
  const { changes } = createPlan(entries.map((wanted) => inputFor(wanted, live, limit && { limit })));
  return Object.fromEntries(changes.map((change) => [change.address.replace(/^.*\//, ''), change]));
}

const create = (name: string) => orgEntry({ name, fields: { resources: pull } });
const replace = (name: string, more: Partial<Pick<Desired, 'replaceOrder'>> = {}) =>
  orgEntry({ name, allowReplace: true, fields: { expires_at: '2027-06-30T00:00:00Z' }, ...more });

const crowd = 'acme has 10 tokens, and the plan Docker Team allows at most 10';

test.each([
  [0, 10],
  [10, 10],
  [11, 100],
  [100, 100],
  [101, undefined],
])('an organization that has %d tokens has a plan that takes %s', (count, limit) => {
  expect(organizationToken.limit?.(count)?.tokens).toBe(limit);
});

describe('a create', () => {
  test('has no warning while there is room', () => {
    expect(planned(9, [create('new')])['new']).toMatchObject({ action: 'create', warnings: [] });
  });

  test('has a warning without room: the service decides', () => {
    expect(planned(10, [create('new')])['new']).toMatchObject({
      action: 'create',
      error: null,
      warnings: [`the new token may exceed the quota: ${crowd}`],
    });
  });

  test('takes room from later creates', () => {
    const changes = planned(9, [create('b'), create('a')]);
    expect(changes['a']?.warnings).toEqual([]);
    expect(changes['b']?.warnings).toEqual([expect.stringContaining('may exceed the quota')]);
  });

  test('counts against the larger plan if the smaller one is exceeded already', () => {
    expect(planned(11, [create('new')])['new']?.warnings).toEqual([]);
    expect(planned(100, [create('new')])['new']?.warnings).toEqual([
      expect.stringContaining('Docker Business'),
    ]);
    expect(planned(101, [create('new')])['new']?.warnings).toEqual([]);
  });

  test('counts those that have expired or are inactive: they stay until deleted', () => {
    const live = [
      ...tokens(8),
      orgToken('id-9', 'over', {}, { expired: true }),
      orgToken('id-10', 'off', { is_active: false }),
    ];
    expect(planned(10, [create('new')], live)['new']?.warnings).toEqual([expect.stringContaining(crowd)]);
  });
});

describe('a replace', () => {
  test('that creates first needs room for one more', () => {
    expect(planned(9, [replace('token-1')])['token-1']).toMatchObject({
      action: 'replace',
      replaceOrder: 'create_first',
      error: null,
    });
  });

  test('without room is an error that suggests fixes', () => {
    expect(planned(10, [replace('token-1')])['token-1']).toMatchObject({
      action: 'error',
      id: 'id-1',
      payload: {},
      error: {
        code: 'API_REJECTED',
        message: `the new token may exceed the quota while the old one exists: ${crowd}`,
        hint: expect.stringMatching(/delete_first.*short outage.*create_first/),
      },
    });
  });

  test('with replace_order create_first is tried, with a warning', () => {
    expect(planned(10, [replace('token-1', { replaceOrder: 'create_first' })])['token-1']).toMatchObject({
      action: 'replace',
      replaceOrder: 'create_first',
      warnings: [`the new token may exceed the quota: ${crowd}`],
    });
  });

  test('with replace_order delete_first needs no room', () => {
    expect(planned(10, [replace('token-1', { replaceOrder: 'delete_first' })])['token-1']).toMatchObject({
      action: 'replace',
      replaceOrder: 'delete_first',
      warnings: [expect.stringContaining('short outage')],
    });
  });

  test('comes after all creates, as those stay', () => {
    const changes = planned(9, [replace('token-1'), create('z')]);
    expect(changes['z']).toMatchObject({ action: 'create', warnings: [] });
    expect(changes['token-1']).toMatchObject({ action: 'error', error: { code: 'API_REJECTED' } });
  });

  test('counts although the old token is deleted, as both live for a while', () => {
    const changes = planned(9, [replace('token-1'), replace('token-2')]);
    expect(changes['token-1']?.action).toBe('replace');
    expect(changes['token-2']?.action).toBe('error');
  });
});

test('other changes need no room', () => {
  const entries = [
    orgEntry({ name: 'token-1', fields: { is_active: false } }),
    orgEntry({ name: 'token-2', state: 'absent' }),
    orgEntry({ name: 'token-3' }),
  ];
  const changes = planned(10, entries);
  expect(Object.values(changes)).toMatchObject([
    { action: 'patch', warnings: [] },
    { action: 'delete', warnings: [] },
    { action: 'noop', warnings: [] },
  ]);
});

test('a delete makes no room: it may run after the creates', () => {
  const changes = planned(10, [orgEntry({ name: 'token-2', state: 'absent' }), create('new')]);
  expect(changes['new']?.warnings).toEqual([expect.stringContaining('may exceed the quota')]);
});

test('one organization takes no room from another', () => {
  const limit = { tokens: 10, why: 'the plan Docker Team' };
  const { changes } = createPlan([
    inputFor(create('a'), tokens(9), { limit, scopeKey: 'acme' }),
    inputFor({ ...create('b'), scope: 'other', place: 'other' }, tokens(9), { limit, scopeKey: 'other' }),
  ]);
  expect(changes.map(({ warnings }) => warnings)).toEqual([[], []]);
});

test('room is assigned independently of the order of the entries', () => {
  const entries = [create('a'), create('b'), replace('token-1'), replace('token-2'), create('c')];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(entries, { minLength: entries.length }),
      fc.integer({ min: 5, max: 10 }),
      (shuffled, count) => {
        expect(planned(count, shuffled)).toEqual(planned(count, entries));
      },
    ),
  );
});
