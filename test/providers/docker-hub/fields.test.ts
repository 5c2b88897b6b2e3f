import { describe, expect, test } from 'vitest';
import { valueProblem } from '../../../src/core/model/field-rules.ts';
import { parseInstant } from '../../../src/core/util/instant.ts';
import {
  canonicalResources,
  organizationTokenRules,
  personalTokenRules,
  type ResourceScopes,
} from '../../../src/providers/docker-hub/fields.ts';
import {
  organizationChains,
  personalChains,
  reduceScopes,
  redundantScopes,
  unknownScopes,
} from '../../../src/providers/docker-hub/scope-hierarchy.ts';
import { fc } from '../../support/property.ts';

const kinds = [
  { kind: 'personal', chains: personalChains },
  { kind: 'organization', chains: organizationChains },
] as const;

/** What a list of scopes allows in all: each scope, and all that it implies. */
function allowed(scopes: readonly string[], chains: readonly (readonly string[])[]): ReadonlySet<string> {
  const implied = (scope: string): readonly string[] => {
    const chain = chains.find((links) => links.includes(scope)) ?? [];
    return chain.slice(0, chain.indexOf(scope));
  };
  return new Set(scopes.flatMap((scope) => [scope, ...implied(scope)]));
}

describe.each(kinds)('scopes of $kind tokens', ({ chains }) => {
  const scope = fc.constantFrom(...chains.flat(), 'cloud:sandbox', 'scope-of-tomorrow');
  const scopes = fc.array(scope, { maxLength: 12 });
  const reduced = (list: readonly string[]) => reduceScopes(list, chains);

  test('are equal when they allow the same, and only then', () => {
    fc.assert(
      fc.property(scopes, scopes, (a, b) => {
        const same = allowed(a, chains);
        expect(allowed(reduced(a), chains)).toEqual(same);
        const equal = JSON.stringify(reduced(a)) === JSON.stringify(reduced(b));
        expect(equal).toBe(
          JSON.stringify([...same].sort()) === JSON.stringify([...allowed(b, chains)].sort()),
        );
      }),
    );
  });

  test('may stand in any order and be repeated', () => {
    fc.assert(
      fc.property(
        scopes.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }),
          ),
        ),
        ([list, shuffled]) => {
          expect(reduced(shuffled)).toEqual(reduced(list));
        },
      ),
    );
  });

  test('that are reduced stay as they are', () => {
    fc.assert(
      fc.property(scopes, (list) => {
        expect(reduced(reduced(list))).toEqual(reduced(list));
        expect(redundantScopes(reduced(list), chains)).toEqual([]);
      }),
    );
  });

  test('are either needed or redundant', () => {
    fc.assert(
      fc.property(scopes, (list) => {
        const both = [...reduced(list), ...redundantScopes(list, chains)];
        expect(both.sort()).toEqual([...new Set(list)].sort());
      }),
    );
  });

  test('are known where they stand in a chain, and others are passed on', () => {
    expect(unknownScopes([...chains.flat(), 'cloud:sandbox', 'cloud:sandbox'], chains)).toEqual([
      'cloud:sandbox',
    ]);
    expect(reduced(['cloud:sandbox'])).toEqual(['cloud:sandbox']);
  });

  test('stand in one chain each', () => {
    expect(new Set(chains.flat()).size).toBe(chains.flat().length);
  });
});

test.each([
  [personalChains, ['repo:admin', 'repo:write', 'repo:read', 'repo:public_read'], ['repo:admin']],
  [personalChains, ['repo:read', 'repo:public_read'], ['repo:read']],
  [organizationChains, ['scope-image-pull', 'scope-image-delete'], ['scope-image-delete']],
  [
    organizationChains,
    ['scope-repository-read', 'scope-repository-settings-admin'],
    ['scope-repository-read', 'scope-repository-settings-admin'],
  ],
  [organizationChains, ['scope-ram-write', 'scope-ram-read'], ['scope-ram-write']],
])('of the scopes %#, %j, no more is needed than %j', (chains, scopes, needed) => {
  expect(reduceScopes(scopes, chains)).toEqual(needed);
});

describe('resources', () => {
  const resource: fc.Arbitrary<ResourceScopes> = fc.record({
    type: fc.constantFrom('TYPE_REPO', 'TYPE_ORG'),
    path: fc.constantFrom('acme/app', 'acme/*', 'acme'),
    scopes: fc.array(fc.constantFrom('scope-image-pull', 'scope-image-push', 'scope-tag-read'), {
      minLength: 1,
      maxLength: 4,
    }),
  });
  const resources = fc.array(resource, { maxLength: 6 });

  test('may stand in any order', () => {
    fc.assert(
      fc.property(
        resources.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(canonicalResources(shuffled)).toEqual(canonicalResources(list));
        },
      ),
    );
  });

  test('may say of one thing in one entry or in several', () => {
    fc.assert(
      fc.property(resources, (list) => {
        const single = list.flatMap(({ scopes, ...thing }) =>
          scopes.map((one) => ({ ...thing, scopes: [one] })),
        );
        expect(canonicalResources(single)).toEqual(canonicalResources(list));
      }),
    );
  });

  test('that are canonical stay as they are', () => {
    fc.assert(
      fc.property(resources, (list) => {
        const once = canonicalResources(list);
        expect(canonicalResources(once as readonly ResourceScopes[])).toEqual(once);
      }),
    );
  });

  test('of different type or path are different things', () => {
    const scopes = ['scope-image-pull'];
    const list = [
      { type: 'TYPE_REPO', path: 'acme', scopes },
      { type: 'TYPE_ORG', path: 'acme', scopes },
      { type: 'TYPE_REPO', path: 'acme/app', scopes },
    ];
    expect(canonicalResources(list)).toHaveLength(3);
  });
});

describe.each([
  ['personal', personalTokenRules.expires_at],
  ['organization', organizationTokenRules.expires_at],
])('the expiry of %s tokens', (_, rule) => {
  test.each([
    ['2027-06-30T00:00:00Z', '2027-06-30T00:00:00Z'],
    ['2027-06-30T02:00:00.123456+02:00', '2027-06-30T00:00:00Z'],
    ['2027-06-30T00:00:00', '2027-06-30T00:00:00Z'],
    ['never', 'never'],
    ['in a spelling of tomorrow', 'in a spelling of tomorrow'],
  ])('%s is compared as %s', (text, canonical) => {
    expect(rule.canonical(text)).toBe(canonical);
  });

  const expiry = '2027-06-30T00:00:00Z';
  const ends = parseInstant(expiry, 'refuse') ?? 0;

  test.each([
    { why: 'a second ahead', text: expiry, now: ends - 1, refused: undefined },
    { why: 'now', text: expiry, now: ends, refused: `${expiry} is in the past` },
    { why: 'in the past', text: expiry, now: ends + 1, refused: `${expiry} is in the past` },
    { why: 'never', text: 'never', now: ends, refused: undefined },
  ])('$why can be written: rejected as $refused', ({ text, now, refused }) => {
    expect(valueProblem(rule, text, now)).toBe(refused);
  });

  test('never changes', () => {
    expect(rule.change).toBe('replace');
  });
});

test('scopes that a token does not show are told from an empty list of them', () => {
  const { canonical } = personalTokenRules.scopes;
  expect(canonical(null)).toBeNull();
  expect(canonical([])).toEqual([]);
});
