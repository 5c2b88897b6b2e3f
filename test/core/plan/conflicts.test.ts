import { describe, expect, it, test } from 'vitest';
import type { Change, Plan } from '../../../src/core/model/plan.ts';
import { type Claim, findConflicts } from '../../../src/core/plan/conflicts.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { personalEntry, personalToken } from '../docker-hub-fixtures.ts';
import { entry, inputFor, token } from '../fixtures.ts';
import { byName, byNumber, live, protector, uuid } from './two-addresses.ts';

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

  it('names the place of the other entry in each error', () => {
    const messages = [...findConflicts([claim('a', 1, 'x'), claim('b', 2, 'x')]).values()].map(
      ({ message }) => message,
    );
    expect(messages).toEqual([
      'a: the thing x is also declared at tokens.yaml:2 (b)',
      'b: the thing x is also declared at tokens.yaml:1 (a)',
    ]);
  });
});

describe('two entries for one token, found only in the plan', () => {
  const live = [token('id-1', 'ci'), token('id-2', 'other')];
  test.each([
    {
      why: 'one says its name, the other its ID',
      entries: [entry({ name: 'ci' }), entry({ state: 'update', existing: 'id-1' })],
      actions: ['error', 'error'],
    },
    {
      why: 'one deletes by ID what the other declares by name',
      entries: [entry({ name: 'ci' }), entry({ state: 'absent', existing: 'ID-1' })],
      actions: ['error', 'error'],
    },
    {
      why: 'the registry is written once by ID and once by name',
      entries: [entry({ name: 'new' }), entry({ name: 'new', scope: 'registry-1' })],
      actions: ['error', 'error'],
    },
    {
      why: 'a rename to a name that another entry declares',
      entries: [
        entry({ name: 'new' }),
        entry({
          state: 'update',
          existing: 'ci',
          name: 'new',
          allowReplace: true,
          address: 'registry_token:team-a/ci',
        }),
      ],
      actions: ['error', 'error'],
    },
    {
      why: 'different tokens are no conflict',
      entries: [entry({ name: 'ci' }), entry({ state: 'update', existing: 'id-2' })],
      actions: ['noop', 'noop'],
    },
  ])('$why', ({ entries, actions }) => {
    const { changes } = createPlan(entries.map((wanted) => inputFor(wanted, live)));
    expect(changes.map(({ action }) => action)).toEqual(actions);
    for (const { error } of changes) if (error) expect(error.code).toBe('MANIFEST_CONFLICT');
  });

  it('is not a conflict if the registries differ', () => {
    const { changes } = createPlan([
      inputFor(entry({ name: 'ci' }), live),
      inputFor(entry({ name: 'ci', scope: 'team-b' }), [], { scopeKey: 'registry-2' }),
    ]);
    expect(changes.map(({ action }) => action)).toEqual(['noop', 'create']);
  });
});

test('two entries for one token, one by its label and one by its ID, are a conflict', () => {
  const live = [personalToken('id-1', 'ci')];
  const entries = [personalEntry({ name: 'ci' }), personalEntry({ id: 'ID-1', state: 'update' })];
  const { changes } = createPlan(entries.map((wanted) => inputFor(wanted, live)));
  expect(changes.map(({ error }) => error?.code)).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
});

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
    const plan = createPlan([inputFor(protector, live, byNumber), inputFor(other, live, byName)]);
    expect(actions(plan)).toEqual(['error', 'error']);
    for (const { error } of plan.changes) expect(error?.code).toBe('MANIFEST_CONFLICT');
  });

  test('the service may show its ID in another case by the other address', () => {
    const shouting = live.map((one) => ({ ...one, id: one.id.toUpperCase() }));
    const plan = createPlan([
      inputFor(protector, live, byNumber),
      inputFor(entry({ scope: uuid, state: 'absent', existing: 'ci' }), shouting, byName),
    ]);
    expect(actions(plan)).toEqual(['error', 'error']);
  });

  test('a generation of a family cannot be declared as a single token by another address', () => {
    const generation = token('id-3', 'ci-202512010000');
    const family = entry({
      name: 'ci',
      rotation: { base: 'ci', every: 86_400 * 90, lifetime: 86_400 * 200, beforeExpiry: 0, overlap: 10 },
    });
    const one = entry({ scope: uuid, name: 'ci-202512010000', protected: true });
    const plan = createPlan([inputFor(family, [generation], byNumber), inputFor(one, [generation], byName)]);
    expect(actions(plan)).toEqual(['error', 'error']);
  });

  test('a missing token would be created twice', () => {
    const plan = createPlan([
      inputFor(entry({ name: 'new' }), [], byNumber),
      inputFor(entry({ scope: uuid, name: 'new' }), [], byName),
    ]);
    expect(actions(plan)).toEqual(['error', 'error']);
  });

  test('an untargeted entry keeps its token', () => {
    const gone = entry({ scope: uuid, state: 'absent', existing: 'ci' });
    const plan = createPlan([inputFor(gone, live, byName)], {}, [inputFor(protector, live, byNumber)]);
    expect(plan.changes).toMatchObject([
      {
        action: 'error',
        error: { code: 'MANIFEST_CONFLICT', message: expect.stringContaining(protector.address) },
      },
    ]);
  });

  test('entries for two tokens of one registry are no conflict', () => {
    const plan = createPlan([
      inputFor(protector, live, byNumber),
      inputFor(entry({ scope: uuid, state: 'absent', existing: 'other' }), live, byName),
    ]);
    expect(actions(plan)).toEqual(['delete', 'noop']);
    expect(plan.guards).toEqual([]);
  });
});
