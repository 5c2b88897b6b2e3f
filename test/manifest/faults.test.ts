import { expect, test } from 'vitest';
import { createFaultCheck } from '../../src/manifest/faults.ts';
import { tokenKinds } from '../../src/providers/registry.ts';

const token = { kind: 'registry_token', registry: 'team-a', name: 'ci' };

function faultsOf(...tokens: readonly unknown[]): readonly boolean[] {
  const isFaulty = createFaultCheck(tokenKinds);
  return tokens.map(isFaulty);
}

test.each([
  { why: 'is not a mapping', given: 'ci' },
  { why: 'has no known kind', given: { ...token, kind: 'x' } },
  { why: 'breaks the schema', given: { ...token, protected: 'yes' } },
])('a token is faulty if it $why', ({ given }) => {
  expect(faultsOf(given)).toEqual([true]);
});

test('the second of two tokens with one identity is faulty', () => {
  expect(faultsOf(token, { ...token, protected: true }, { ...token, name: 'other' })).toEqual([
    false,
    true,
    false,
  ]);
});

test('tokens of different services are different', () => {
  expect(faultsOf(token, { ...token, api_url: 'https://ionos.example.com' })).toEqual([false, false]);
});

test('a token whose variables decide over it is not judged yet', () => {
  const variable = '${env:RECONCILE_VAR_TEAM}';
  expect(faultsOf({ ...token, name: variable }, { ...token, name: variable })).toEqual([false, false]);
});
