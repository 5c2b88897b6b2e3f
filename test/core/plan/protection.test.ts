import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/core/model/plan.ts';
import type { PlanInput } from '../../../src/core/plan/input.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { entry, inputFor } from '../fixtures.ts';
import { byName, live, protector, scope, uuid } from './two-addresses.ts';

describe('the token that the run is signed in with', () => {
  const gone = entry({ scope: uuid, state: 'absent', existing: 'ci' });

  test('is not deleted', () => {
    const input = inputFor(gone, live, byName);
    const [id] = live.map((token) => token.id);
    expect(createPlan([input]).guards).toEqual([]);
    expect(createPlan([{ ...input, ownToken: 'another' }]).guards).toEqual([]);
    expect(createPlan([{ ...input, ownToken: id?.toUpperCase() ?? '' }]).guards).toMatchObject([
      { code: 'PLAN_UNSAFE', message: expect.stringContaining('the token that this run is signed in with') },
    ]);
  });
});

describe('a protected entry that could not be observed protects every token that it may match', () => {
  const problem = { code: 'API_UNAVAILABLE' as const, message: 'IONOS answered 500' };
  const gone = entry({ scope: uuid, state: 'absent', existing: 'ci' });
  const guards = (protecting: PlanInput): Plan['guards'] =>
    createPlan([inputFor(gone, live, byName)], {}, [protecting]).guards;

  test.each([
    { why: 'a token of its name', desired: protector, isRefused: true },
    {
      why: 'a token of its ID',
      desired: entry({ state: 'update', existing: 'ID-1', protected: true }),
      isRefused: true,
    },
    { why: 'none of another name', desired: entry({ name: 'cd', protected: true }), isRefused: false },
    { why: 'none if it is not protected', desired: entry({ name: 'ci' }), isRefused: false },
  ])('$why', ({ desired, isRefused }) => {
    expect(guards({ desired, problem })).toMatchObject(
      isRefused
        ? [{ code: 'PLAN_UNSAFE', message: expect.stringContaining(`${desired.address} protects`) }]
        : [],
    );
  });

  test('but not those of another registry, if its own is known', () => {
    const elsewhere = { id: '0b000000-0000-4000-8000-000000000002', name: 'team-b' };
    expect(guards({ desired: protector, problem, scope: elsewhere })).toEqual([]);
    expect(guards({ desired: protector, problem, scope })).toHaveLength(1);
  });

  test('also in a run with --keep-going', () => {
    const plan = createPlan([inputFor(gone, live, byName), { desired: protector, problem }]);
    expect(plan.guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });
});
