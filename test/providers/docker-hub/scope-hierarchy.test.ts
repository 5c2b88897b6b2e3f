import { expect, test } from 'vitest';
import {
  organizationChains,
  personalChains,
  reduceScopes,
  redundantScopes,
  unknownScopes,
} from '../../../src/providers/docker-hub/scope-hierarchy.ts';

test.each([
  { scopes: ['repo:write', 'repo:read', 'repo:public_read'], reduced: ['repo:write'] },
  { scopes: ['repo:read', 'repo:read'], reduced: ['repo:read'] },
  { scopes: ['repo:read', 'other', 'a'], reduced: ['a', 'other', 'repo:read'] },
  { scopes: [], reduced: [] },
])('$scopes of an account are the same as $reduced', ({ scopes, reduced }) => {
  expect(reduceScopes(scopes, personalChains)).toEqual(reduced);
});

test('scopes of different chains do not imply each other', () => {
  const scopes = ['scope-image-pull', 'scope-tag-admin', 'scope-tag-read', 'scope-image-delete'];
  expect(reduceScopes(scopes, organizationChains)).toEqual(['scope-image-delete', 'scope-tag-admin']);
  expect(redundantScopes(scopes, organizationChains)).toEqual(['scope-image-pull', 'scope-tag-read']);
});

test('a scope in no chain is unknown', () => {
  expect(unknownScopes(['repo:read', 'x', 'x'], personalChains)).toEqual(['x']);
  expect(unknownScopes(['repo:read'], organizationChains)).toEqual(['repo:read']);
});
