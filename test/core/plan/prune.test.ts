import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/core/model/errors.ts';
import { indexTokens } from '../../../src/core/model/token-index.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import {
  declaredTokensByScope,
  deleteEntryFor,
  findUndeclared,
  matchesGlob,
  nothingPruned,
  type PruneRule,
} from '../../../src/core/plan/prune.ts';
import { attempt, entry, held, inputFor, now, token } from '../fixtures.ts';

test.each([
  { pattern: 'ci-*', name: 'ci-push', matches: true },
  { pattern: 'ci-*', name: 'ci-', matches: true },
  { pattern: 'ci-*', name: 'my-ci-push', matches: false },
  { pattern: '*push', name: 'push-push', matches: true },
  { pattern: 'a*b*c', name: 'abcbc', matches: true },
  { pattern: 'a*b*c', name: 'abcb', matches: false },
  { pattern: 'ci-?', name: 'ci-1', matches: true },
  { pattern: 'ci-?', name: 'ci-', matches: false },
  { pattern: '?', name: '🙂', matches: true },
  { pattern: 'ci.push', name: 'ci-push', matches: false },
  { pattern: '[a-z]*', name: 'ci', matches: false },
  { pattern: 'CI-*', name: 'ci-push', matches: false },
  { pattern: '*', name: 'anything at all', matches: true },
])('$pattern covers $name: $matches', ({ pattern, name, matches }) => {
  expect(matchesGlob(pattern, name)).toBe(matches);
});

test.each([
  { why: 'in another case', live: ['CI-One'], declared: 'ci-one', spared: true },
  { why: 'cut', live: ['ci-o'], declared: 'ci-one', spared: true },
  { why: 'trimmed', live: ['ci-one'], declared: ' ci-one ', spared: true },
  { why: 'of another name', live: ['ci-two'], declared: 'ci-one', spared: false },
  { why: 'that is longer', live: ['ci-one-2'], declared: 'ci-one', spared: false },
  {
    why: 'that begins like a declared one which is live',
    live: ['ci-o', 'ci-one'],
    declared: 'ci-one',
    spared: false,
  },
])(
  'a token $why may be a declared one that the service has renamed: $spared',
  ({ live, declared, spared }) => {
    const tokens = live.map((name, index) => token(`id-${index}`, name));
    const known = { ids: new Set<string>(), names: new Set([declared]), families: new Set<string>() };
    const found = findUndeclared({ ...rule, match: '*' }, indexTokens(tokens), known).map(({ name }) => name);
    expect(found.includes(live[0] ?? '')).toBe(!spared);
  },
);

test.each([
  { name: 'CI-202601010000', spared: true },
  { name: 'ci-2026', spared: true },
  { name: 'ci-next', spared: false },
])('$name may be a generation of the family ci that the service has renamed: $spared', ({ name, spared }) => {
  const known = { ids: new Set<string>(), names: new Set<string>(), families: new Set(['ci']) };
  expect(findUndeclared({ ...rule, match: '*' }, indexTokens([token('id-1', name)]), known)).toHaveLength(
    spared ? 0 : 1,
  );
});

test('a pattern with many stars is matched quickly', () => {
  expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(1000))).toBe(false);
});

const rule: PruneRule = {
  kind: 'registry_token',
  scope: 'team-a',
  place: 'team-a',
  match: 'ci-*',
  idField: 'registry_token',
  connection: { sources: {}, folder: '/manifests', within: ['/manifests'] },
  source: { file: 'tokens.yaml', line: 9, column: 5 },
};

describe('a live token that a pattern covers is undeclared', () => {
  const live = [token('id-1', 'ci-one'), token('id-2', 'ci-two'), token('id-3', 'deploy')];
  const names = (...inputs: Parameters<typeof declaredTokensByScope>[0]): readonly string[] => {
    const declared = declaredTokensByScope(inputs)('registry-1', 'registry_token');
    return findUndeclared(rule, indexTokens(live), declared).map(({ name }) => name);
  };
  const failed = (wanted: Parameters<typeof entry>[0]) => ({
    desired: entry(wanted),
    problem: { code: 'API_UNAVAILABLE' as const, message: 'no answer' },
  });

  test.each([
    { why: 'no entry refers to any', inputs: [], left: ['ci-one', 'ci-two'] },
    {
      why: 'one is declared by name',
      inputs: [inputFor(entry({ name: 'ci-one' }), live)],
      left: ['ci-two'],
    },
    {
      why: 'one is declared by its ID, in capitals',
      inputs: [inputFor(entry({ state: 'update', existing: 'ID-1' }), live)],
      left: ['ci-two'],
    },
    {
      why: 'one is declared absent: that is for its own entry to say',
      inputs: [inputFor(entry({ state: 'absent', existing: 'ci-two' }), live)],
      left: ['ci-one'],
    },
    {
      why: 'one is what a replace of a declared token has left over',
      inputs: [
        inputFor(entry({ name: 'deploy' }), live, {
          record: () => ({
            entry: held(token('id-3', 'deploy'), {
              superseded: [{ id: 'id-1', name: 'ci-one', created: null }],
            }),
          }),
        }),
      ],
      left: ['ci-two'],
    },
    {
      why: 'one is to be replaced by a declared token whose secret still waits',
      inputs: [
        inputFor(entry({ name: 'deploy' }), live, {
          record: () => ({
            pendingSecret: {
              attempt: attempt({
                replaceOrder: 'create_first',
                replaces: { id: 'id-1', name: 'ci-one', created: null },
              }),
              id: 'id-3',
              respondedAt: now,
              encryptedOnly: false,
            },
          }),
        }),
      ],
      left: ['ci-two'],
    },
    {
      why: 'one is declared in another scope only',
      inputs: [
        inputFor(entry({ name: 'ci-one' }), [token('id-9', 'ci-one')], {
          scope: { id: 'registry-2', name: 'team-b' },
        }),
      ],
      left: ['ci-one', 'ci-two'],
    },
    {
      why: 'one is declared in a scope that is this one by another name: its ID tells',
      inputs: [inputFor(entry({ name: 'ci-one' }), live, { scope: { id: 'alias', name: 'alias' } })],
      left: ['ci-two'],
    },
    {
      why: 'one is declared, and its scope could not be looked at',
      inputs: [failed({ name: 'ci-one' })],
      left: ['ci-two'],
    },
  ])('$why', ({ inputs, left }) => {
    expect(names(...inputs)).toEqual(left);
  });

  test('unless the service generated it', () => {
    const own = { ...token('id-4', 'ci-own'), generated: true as const };
    const declared = declaredTokensByScope([])('registry-1', 'registry_token');
    expect(findUndeclared(rule, indexTokens([own]), declared)).toEqual([]);
  });
});

describe('if nothing can be pruned, the plan reports it at the rule', () => {
  const cause = (message: string): Problem => ({ code: 'API_UNAVAILABLE', message, httpStatus: 500 });
  const said = (causes: readonly Problem[]) =>
    createPlan([nothingPruned(rule, causes, new Set())]).changes[0];

  test('as an error, with each cause once', () => {
    const change = said([cause('team-b: 500'), cause('team-b: 500'), cause('team-c: 500')]);
    expect(change).toMatchObject({
      address: 'registry_token:team-a/ci-*',
      action: 'error',
      id: null,
      source: rule.source,
      error: {
        code: 'API_UNAVAILABLE',
        httpStatus: 500,
        message: expect.stringMatching(/^nothing is pruned in this run, .*: team-b: 500; team-c: 500$/),
      },
    });
  });

  test('with a bounded number of causes', () => {
    const change = said(Array.from({ length: 1000 }, (_, index) => cause(`team-${index}: 500`)));
    expect(change?.error?.message).toMatch(/team-2: 500; and 997 more$/);
  });

  test('at an address of its own', () => {
    const taken = new Set(['registry_token:team-a/ci-*']);
    expect(nothingPruned(rule, [cause('500')], taken).desired.address).toBe(
      'registry_token:team-a/ci-* (prune)',
    );
  });
});

test('an undeclared token becomes an absent entry by its ID', () => {
  expect(deleteEntryFor(rule, token('id-1', 'ci-one'))).toMatchObject({
    address: 'registry_token:team-a/ci-one',
    state: 'absent',
    id: 'id-1',
    prunedBy: 'ci-*',
    source: rule.source,
  });
});
