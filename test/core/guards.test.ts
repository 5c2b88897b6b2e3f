import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/core/model/desired.ts';
import type { Observed } from '../../src/core/model/token.ts';
import type { GuardOptions } from '../../src/core/plan/guards.ts';
import type { PlanInput } from '../../src/core/plan/input.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { deleteEntryFor } from '../../src/core/plan/prune.ts';
import { attempt, entry, held, now, situation, token } from './situation.ts';

const tokens = (count: number): readonly Observed[] =>
  Array.from({ length: count }, (_, index) => token(`id-${index}`, `token-${index}`));
const absent = (index: number): Desired => entry({ state: 'absent', existing: `token-${index}` });
const first = (count: number): readonly Desired[] =>
  Array.from({ length: count }, (_, index) => absent(index));

function guardsOf(wanted: readonly Desired[], live: readonly Observed[], options?: GuardOptions) {
  return createPlan(
    wanted.map((desired) => situation(desired, live)),
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
      why: 'another part may be meant',
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

  test('are named, ten of them', () => {
    const [guard] = guardsOf(first(12), tokens(12));
    expect(guard?.message).toContain('12 of the 12 live tokens in team-a would be deleted');
    expect(guard?.message).toContain('registry_token:team-a/token-9 and 2 more');
  });

  test('are counted with what is deleted first to be replaced', () => {
    const live = tokens(10);
    const inputs = live.slice(0, 4).map(({ name }) => situation(entry({ name }), live, { remake: true }));
    expect(createPlan(inputs).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });

  test('are not counted if the secret was never delivered', () => {
    const live = tokens(10);
    const undelivered = live.slice(0, 4).map(({ name, id }) =>
      situation(entry({ name }), live, {
        record: () => ({
          unanswered: [attempt({ name, id, fields: {}, listedAt: now - 86_400 })],
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
    const input = situation(entry({ name: 'ci', secret: 'discard' }), [own, ...old, ...others], {
      live: [own, ...others],
      uniqueNames: false,
      record: () => ({
        entry: held(own, {
          retire: old.map(({ id, name, origin }) => ({ id, name, created: origin.created })),
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

  test('deletes where something is wanted', () => {
    const inputs = [situation(pruned, live), situation(entry({ name: 'token-1' }), live)];
    const plan = createPlan(inputs);
    expect(plan.changes[0]).toMatchObject({
      action: 'delete',
      id: 'id-0',
      reason: expect.stringContaining('prune'),
    });
    expect(plan.guards).toEqual([]);
  });

  test('is refused where nothing is: manifests were lost, or left out', () => {
    const plan = createPlan([situation(pruned, live)]);
    expect(plan.guards).toMatchObject([
      {
        code: 'PLAN_UNSAFE',
        message: expect.stringContaining('no manifest of this run declares a token in team-a'),
      },
    ]);
  });

  test('is allowed there by who says how many, and by no part of it', () => {
    expect(guardsOf([pruned], live, { maxDeletes: { count: 1 } })).toEqual([]);
    expect(guardsOf([pruned], live, { maxDeletes: { percent: 100 } })).toHaveLength(1);
  });

  test('is allowed where something is wanted that the run leaves aside, in that very scope', () => {
    const plan = (aside: PlanInput) => createPlan([situation(pruned, live)], {}, [aside]);
    expect(plan(situation(entry({ name: 'token-1' }), live)).guards).toEqual([]);
    const elsewhere = { scope: { id: 'registry-2', name: 'team-b' } };
    expect(
      plan(situation(entry({ name: 'token-1', scope: 'team-b' }), [token('id-9', 'token-1')], elsewhere))
        .guards,
    ).toHaveLength(1);
  });
});
