import { describe, expect, test } from 'vitest';
import { checkSchema, parsePointer } from '../../src/manifest/schema.ts';

const token = { kind: 'registry_token', registry: 'team-a', name: 'ci' };

test.each([
  { pointer: '', path: [] },
  { pointer: '/tokens/0/name', path: ['tokens', 0, 'name'] },
  { pointer: '/a~1b/~01', path: ['a/b', '~1'] },
])('the pointer "$pointer" is the path $path', ({ pointer, path }) => {
  expect(parsePointer(pointer)).toEqual(path);
});

describe('a manifest that breaks the schema', () => {
  test.each([
    { why: 'an unknown key', tokens: [{ ...token, nmae: 'x' }], path: ['tokens', 0, 'nmae'] },
    { why: 'a wrong type', tokens: [{ ...token, protected: 'yes' }], path: ['tokens', 0, 'protected'] },
    { why: 'a missing kind', tokens: [{ name: 'ci' }], path: ['tokens', 0] },
    {
      why: 'a late token of a long list',
      tokens: [...Array.from({ length: 250 }, () => token), { ...token, protected: 1 }],
      path: ['tokens', 250, 'protected'],
    },
  ])('has a violation at the place of $why', ({ tokens, path }) => {
    expect(checkSchema({ apiVersion: 'reconcile/v1', tokens })).toMatchObject([{ path }]);
  });

  test('shows no credential', () => {
    const found = checkSchema({
      apiVersion: 'reconcile/v1',
      tokens: [{ ...token, password: ['hunter2'], token: 5551234 }],
    });
    expect(found).toHaveLength(2);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|5551234/);
  });
});

test('a manifest that follows the schema has no violation', () => {
  expect(checkSchema({ apiVersion: 'reconcile/v1', tokens: [token] })).toEqual([]);
});
