import { describe, expect, test } from 'vitest';
import type { Change, Plan } from '../../../src/core/model/plan.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import type { PlanInput } from '../../../src/core/plan/input.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { entryOf, type FixtureOptions, inputFor, token } from '../fixtures.ts';

const actions = ({ changes }: Plan): readonly Change['action'][] => changes.map(({ action }) => action);

describe('accounts of one name are one account if they share a token', () => {
  const org = { id: 'acme', name: 'acme' };
  const at = (host: string): FixtureOptions => ({
    scope: org,
    scopeKey: `docker_hub_org_token ${host} acme`,
  });
  const wants = (host: string, tokens: readonly Observed[]): PlanInput =>
    inputFor(
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
