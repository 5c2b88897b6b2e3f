import { describe, expect, test } from 'vitest';
import type { Change, Plan } from '../../src/core/model/plan.ts';
import type { Observed } from '../../src/core/model/token.ts';
import type { PlanInput } from '../../src/core/plan/input.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { entry, entryOf, held, situation, token, type World } from './situation.ts';

/** One registry, by two addresses. */
const uuid = '0a000000-0000-4000-8000-000000000001';
const scope = { id: uuid, name: 'team-a' };
const byNumber: World = { scope, scopeKey: `registry_token http://127.0.0.1:1 ${uuid}` };
const byName: World = { scope, scopeKey: `registry_token http://localhost:1 ${uuid}` };

const live = [token('id-1', 'ci'), token('id-2', 'other')];
const protector = entry({ name: 'ci', protected: true });
const actions = ({ changes }: Plan): readonly Change['action'][] => changes.map(({ action }) => action);

describe('a live token belongs to one entry, whatever address leads to it', () => {
  test.each([
    { why: 'one wants it gone', other: entry({ scope: uuid, state: 'absent', existing: 'ci' }) },
    { why: 'one wants it gone, by its ID', other: entry({ scope: uuid, state: 'absent', existing: 'ID-1' }) },
    {
      why: 'one changes what is immutable',
      other: entry({ scope: uuid, state: 'update', existing: 'id-1', name: 'renamed', allowReplace: true }),
    },
    {
      why: 'both declare it present',
      other: entry({ scope: uuid, name: 'ci', fields: { status: 'disabled' } }),
    },
    {
      why: 'one would rotate it away, as its generation zero',
      other: entry({
        scope: uuid,
        name: 'ci',
        rotation: { base: 'ci', every: 90, lifetime: 200, beforeExpiry: 0, overlap: 10 },
      }),
    },
  ])('$why: both are errors, and nothing is done', ({ other }) => {
    const plan = createPlan([situation(protector, live, byNumber), situation(other, live, byName)]);
    expect(actions(plan)).toEqual(['error', 'error']);
    for (const { error } of plan.changes) expect(error?.code).toBe('MANIFEST_CONFLICT');
  });

  test('the service may show its ID in another case by the other address', () => {
    const shouting = live.map((one) => ({ ...one, id: one.id.toUpperCase() }));
    const plan = createPlan([
      situation(protector, live, byNumber),
      situation(entry({ scope: uuid, state: 'absent', existing: 'ci' }), shouting, byName),
    ]);
    expect(actions(plan)).toEqual(['error', 'error']);
  });

  test('a generation of a family by one address is no token of its own by another', () => {
    const generation = token('id-3', 'ci-202512010000');
    const family = entry({
      name: 'ci',
      rotation: { base: 'ci', every: 86_400 * 90, lifetime: 86_400 * 200, beforeExpiry: 0, overlap: 10 },
    });
    const one = entry({ scope: uuid, name: 'ci-202512010000', protected: true });
    const plan = createPlan([
      situation(family, [generation], byNumber),
      situation(one, [generation], byName),
    ]);
    expect(actions(plan)).toEqual(['error', 'error']);
  });

  test('a token that is not there yet would be made twice', () => {
    const plan = createPlan([
      situation(entry({ name: 'new' }), [], byNumber),
      situation(entry({ scope: uuid, name: 'new' }), [], byName),
    ]);
    expect(actions(plan)).toEqual(['error', 'error']);
  });

  test('an entry that the run leaves aside has its token still', () => {
    const gone = entry({ scope: uuid, state: 'absent', existing: 'ci' });
    const plan = createPlan([situation(gone, live, byName)], {}, [situation(protector, live, byNumber)]);
    expect(plan.changes).toMatchObject([
      {
        action: 'error',
        error: { code: 'MANIFEST_CONFLICT', message: expect.stringContaining(protector.address) },
      },
    ]);
  });

  test('entries for two tokens of one registry are no conflict', () => {
    const plan = createPlan([
      situation(protector, live, byNumber),
      situation(entry({ scope: uuid, state: 'absent', existing: 'other' }), live, byName),
    ]);
    expect(actions(plan)).toEqual(['delete', 'noop']);
    expect(plan.guards).toEqual([]);
  });
});

describe('accounts of one name are one account if they share a token', () => {
  const org = { id: 'acme', name: 'acme' };
  const at = (host: string): World => ({ scope: org, scopeKey: `docker_hub_org_token ${host} acme` });
  const wants = (host: string, tokens: readonly Observed[]): PlanInput =>
    situation(
      entryOf(
        'docker_hub_org_token',
        { scope: 'acme', place: 'acme', name: 'new', address: `docker_hub_org_token:${host}/new` },
        { label: 'new', resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }] },
      ),
      tokens,
      at(host),
    );
  const one = { ...token('id-1', 'one'), fields: { label: 'one' } };
  const two = { ...token('id-2', 'two'), fields: { label: 'two' } };

  test.each([
    { why: 'they share one', first: [one, two], second: [two], isOne: true },
    { why: 'both are empty, as far as can be told', first: [], second: [], isOne: true },
    { why: 'they share none', first: [one], second: [two], isOne: false },
    { why: 'one is empty', first: [one], second: [], isOne: false },
  ])('$why', ({ first, second, isOne }) => {
    const plan = createPlan([wants('a', first), wants('b', second)]);
    expect(actions(plan)).toEqual(isOne ? ['error', 'error'] : ['create', 'create']);
  });

  test('a third listing can show that two others are of one account', () => {
    const plan = createPlan([wants('a', [one]), wants('b', [two]), wants('c', [one, two])]);
    expect(actions(plan)).toEqual(['error', 'error', 'error']);
  });
});

describe('records can name a token that the entry does not mean', () => {
  const [ci, other] = live as [Observed, Observed];

  test('one that another entry declares is not deleted by that', () => {
    const gone = entry({ scope: uuid, state: 'absent', existing: 'old' });
    const record = () => ({ entry: held(ci, { name: 'old' }) });
    const plan = createPlan([
      situation(protector, live, byNumber),
      situation(gone, live, { ...byName, record }),
    ]);
    expect(plan.changes.map(({ action, error }) => [action, error?.code])).toEqual([
      ['noop', undefined],
      ['noop', undefined],
    ]);
  });

  test('nor as what a replace has left over', () => {
    const record = () => ({
      entry: held(other, { retire: [{ id: 'id-1', name: 'ci', created: ci.origin.created }] }),
    });
    const own = { ...entry({ scope: uuid, name: 'other' }), secret: 'discard' as const };
    const plan = createPlan([
      situation(protector, live, byNumber),
      situation(own, live, { ...byName, record }),
    ]);
    expect(actions(plan)).toEqual(['noop', 'noop']);
  });
});

describe('a protected entry that could not be looked at protects what it may mean', () => {
  const problem = { code: 'API_UNAVAILABLE' as const, message: 'IONOS answered 500' };
  const gone = entry({ scope: uuid, state: 'absent', existing: 'ci' });
  const guards = (protecting: PlanInput): Plan['guards'] =>
    createPlan([situation(gone, live, byName)], {}, [protecting]).guards;

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

  test('none of another registry, where that much is known', () => {
    const elsewhere = { id: '0b000000-0000-4000-8000-000000000002', name: 'team-b' };
    expect(guards({ desired: protector, problem, scope: elsewhere })).toEqual([]);
    expect(guards({ desired: protector, problem, scope })).toHaveLength(1);
  });

  test('in a run that goes on without it, too', () => {
    const plan = createPlan([situation(gone, live, byName), { desired: protector, problem }]);
    expect(plan.guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });
});

test('deletes of one registry count together, by whatever addresses they are declared', () => {
  const many = Array.from({ length: 10 }, (_, index) => token(`id-${index}`, `token-${index}`));
  const gone = (index: number) =>
    situation(
      entry({ scope: index % 2 === 0 ? 'team-a' : uuid, state: 'absent', existing: `token-${index}` }),
      many,
      index % 2 === 0 ? byNumber : byName,
    );
  expect(createPlan([0, 1, 2].map(gone)).guards).toEqual([]);
  expect(createPlan([0, 1, 2, 3].map(gone)).guards).toMatchObject([
    { code: 'PLAN_UNSAFE', message: expect.stringContaining('4 of the 10 live tokens') },
  ]);
});
