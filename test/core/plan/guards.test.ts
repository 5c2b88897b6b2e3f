import { describe, expect, it, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import type { GuardOptions } from '../../../src/core/plan/guards.ts';
import type { PlanInput } from '../../../src/core/plan/input.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { deleteEntryFor } from '../../../src/core/plan/prune.ts';
import { attempt, type Entry, entry, held, inputFor, now, token } from '../fixtures.ts';
import { byName, byNumber, uuid } from './two-addresses.ts';

const tokens = (count: number): readonly Observed[] =>
  Array.from({ length: count }, (_, index) => token(`id-${index}`, `token-${index}`));
const absent = (index: number): Desired => entry({ state: 'absent', existing: `token-${index}` });
const first = (count: number): readonly Desired[] =>
  Array.from({ length: count }, (_, index) => absent(index));

function guardsOf(wanted: readonly Desired[], live: readonly Observed[], options?: GuardOptions) {
  return createPlan(
    wanted.map((desired) => inputFor(desired, live)),
    options,
  ).guards;
}

const wanted = entry({ name: 'token-9' });

describe('deletes of a scope', () => {
  test.each([
    { why: 'three of ten are no more than 30 %', deletes: 3, live: 10, refused: false },
    { why: 'four of ten are', deletes: 4, live: 10, refused: true },
    { why: 'of nine, all may go', deletes: 9, live: 9, refused: false },
    {
      why: 'a number is a number',
      deletes: 2,
      live: 3,
      options: { maxDeletes: { count: 1 } },
      refused: true,
    },
    {
      why: 'as many as that may go',
      deletes: 4,
      live: 10,
      options: { maxDeletes: { count: 4 } },
      refused: false,
    },
    { why: 'none means none', deletes: 1, live: 3, options: { maxDeletes: { count: 0 } }, refused: true },
    {
      why: 'and holds for a small scope, too, once it is said',
      deletes: 1,
      live: 3,
      options: { maxDeletes: { percent: 30 } },
      refused: true,
    },
    {
      why: 'another part may be selected',
      deletes: 5,
      live: 10,
      options: { maxDeletes: { percent: 50 } },
      refused: false,
    },
    {
      why: 'and a smaller one',
      deletes: 2,
      live: 10,
      options: { maxDeletes: { percent: 10 } },
      refused: true,
    },
  ])('$why', ({ deletes, live, options, refused }) => {
    const guards = guardsOf(first(deletes), tokens(live), options);
    expect(guards).toMatchObject(
      refused
        ? [{ code: 'PLAN_UNSAFE', hint: `if this is intended, run with --max-deletes ${deletes}` }]
        : [],
    );
  });

  test('are listed, up to ten', () => {
    const [guard] = guardsOf(first(12), tokens(12));
    expect(guard?.message).toContain('12 of the 12 live tokens in team-a would be deleted');
    expect(guard?.message).toContain('registry_token:team-a/token-9 and 2 more');
  });

  test('include tokens that a replace deletes first', () => {
    const live = tokens(10);
    const inputs = live
      .slice(0, 4)
      .map(({ name }) => inputFor(entry({ name }), live, { forceReplace: true }));
    expect(createPlan(inputs).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });

  test('exclude undelivered tokens', () => {
    const live = tokens(10);
    const undelivered = live.slice(0, 4).map(({ name, id }) =>
      inputFor(entry({ name }), live, {
        record: () => ({
          openAttempts: [attempt({ name, id, fields: {}, listedAt: now - 86_400 })],
        }),
      }),
    );
    expect(undelivered.map((input) => createPlan([input]).changes[0]?.custody)).toContain('undelivered');
    expect(createPlan(undelivered).guards).toEqual([]);
  });

  test.each([
    {
      why: 'are not counted by default if they are superseded: the entry that has done so is declared',
      options: {},
      refused: false,
    },
    {
      why: 'are counted with them if a number is given: that they are superseded is the word of a file',
      options: { maxDeletes: { count: 4 } },
      refused: true,
    },
    {
      why: 'are counted with them if a part is given',
      options: { maxDeletes: { percent: 40 } },
      refused: true,
    },
    { why: 'may be as many as is given', options: { maxDeletes: { count: 5 } }, refused: false },
  ])('$why', ({ options, refused }) => {
    const own = token('id-0', 'ci');
    const old = Array.from({ length: 5 }, (_, index) => token(`old-${index}`, 'ci'));
    const others = tokens(4).map((other) => ({ ...other, id: `other-${other.id}` }));
    const input = inputFor(entry({ name: 'ci', secret: 'discard' }), [own, ...old, ...others], {
      live: [own, ...others],
      uniqueNames: false,
      record: () => ({
        entry: held(own, {
          superseded: old.map(({ id, name, origin }) => ({ id, name, created: origin.created })),
        }),
      }),
    });
    const plan = createPlan([input], options);
    expect(plan.changes.filter(({ supersededToken }) => supersededToken)).toHaveLength(5);
    expect(plan.guards.length > 0).toBe(refused);
  });
});

describe('prune', () => {
  const rule = { ...wanted, match: '*', idField: 'registry_token' };
  const live = tokens(3);
  const pruned = deleteEntryFor(rule, live[0] as Observed);

  test('deletes if the scope has desired tokens', () => {
    const inputs = [inputFor(pruned, live), inputFor(entry({ name: 'token-1' }), live)];
    const plan = createPlan(inputs);
    expect(plan.changes[0]).toMatchObject({
      action: 'delete',
      id: 'id-0',
      reason: expect.stringContaining('prune'),
    });
    expect(plan.guards).toEqual([]);
  });

  test('is rejected in a scope without desired tokens: manifests may be missing', () => {
    const plan = createPlan([inputFor(pruned, live)]);
    expect(plan.guards).toMatchObject([
      {
        code: 'PLAN_UNSAFE',
        message: expect.stringContaining('no manifest of this run declares a token in team-a'),
      },
    ]);
  });

  test('is allowed there by --max-deletes with the exact number', () => {
    expect(guardsOf([pruned], live, { maxDeletes: { count: 1 } })).toEqual([]);
    expect(guardsOf([pruned], live, { maxDeletes: { percent: 100 } })).toHaveLength(1);
  });

  test('is allowed if an untargeted entry wants a token in that scope', () => {
    const plan = (aside: PlanInput) => createPlan([inputFor(pruned, live)], {}, [aside]);
    expect(plan(inputFor(entry({ name: 'token-1' }), live)).guards).toEqual([]);
    const elsewhere = { scope: { id: 'registry-2', name: 'team-b' } };
    expect(
      plan(inputFor(entry({ name: 'token-1', scope: 'team-b' }), [token('id-9', 'token-1')], elsewhere))
        .guards,
    ).toHaveLength(1);
  });
});

describe('protected', () => {
  test.each([
    {
      why: 'a delete is refused',
      wanted: { state: 'absent', existing: 'ci' },
      guards: [{ code: 'PLAN_UNSAFE', message: expect.stringContaining('delete') }],
    },
    {
      why: 'a replace is refused',
      wanted: { state: 'update', existing: 'ci', name: 'new', allowReplace: true },
      guards: [{ code: 'PLAN_UNSAFE', message: expect.stringContaining('replace') }],
    },
    {
      why: 'a patch is none of its business',
      wanted: { name: 'ci', fields: { status: 'disabled' } },
      guards: [],
    },
    { why: 'nor is a create', wanted: { name: 'new' }, guards: [] },
  ] satisfies { why: string; wanted: Entry; guards: object[] }[])('$why', ({ wanted, guards }) => {
    const plan = createPlan([inputFor(entry({ ...wanted, protected: true }), [token('id-1', 'ci')])]);
    expect(plan.guards).toMatchObject(guards);
  });

  it('passes a plan that deletes an unprotected token', () => {
    const plan = createPlan([inputFor(entry({ state: 'absent', existing: 'ci' }), [token('id-1', 'ci')])]);
    expect(plan.guards).toEqual([]);
  });
});

test('deletes of one registry count together, whatever their addresses', () => {
  const many = Array.from({ length: 10 }, (_, index) => token(`id-${index}`, `token-${index}`));
  const gone = (index: number) =>
    inputFor(
      entry({ scope: index % 2 === 0 ? 'team-a' : uuid, state: 'absent', existing: `token-${index}` }),
      many,
      index % 2 === 0 ? byNumber : byName,
    );
  expect(createPlan([0, 1, 2].map(gone)).guards).toEqual([]);
  expect(createPlan([0, 1, 2, 3].map(gone)).guards).toMatchObject([
    { code: 'PLAN_UNSAFE', message: expect.stringContaining('4 of the 10 live tokens') },
  ]);
});
