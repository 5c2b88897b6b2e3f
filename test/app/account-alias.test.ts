import { describe, expect, test } from 'vitest';
import { aliasesFor, withAliases } from '../../src/app/account-alias.ts';
import { decodeToken } from '../../src/providers/ionos/decode.ts';
import type { Client } from '../../src/providers/provider.ts';
import { token } from '../core/fixtures.ts';

const aliasOf = aliasesFor(['Hidden-User'], 'https://hub.example.com');

describe('the alias of a hidden user name', () => {
  test('is the same in every run and case, and does not show the name', () => {
    const alias = aliasOf('hidden-user');
    expect(alias).toMatch(/^account [0-9a-f]{12}$/);
    expect(aliasesFor(['HIDDEN-USER'], 'https://hub.example.com')('Hidden-User')).toBe(alias);
  });

  test('differs between services', () => {
    expect(aliasesFor(['hidden-user'], 'https://other.example.com')('hidden-user')).not.toBe(
      aliasOf('hidden-user'),
    );
  });

  test.each(['', 'other', 'hidden-user-2'])('is none for %j', (name) => {
    expect(aliasOf(name)).toBeUndefined();
  });
});

test('a token that is decoded when it is needed keeps its fields', async () => {
  const scope = { id: 'id', name: 'team-a' };
  const body = { id: 'id-1', properties: { name: 'ci', scopes: [], status: 'enabled' }, metadata: {} };
  const decoded = decodeToken(body);
  const client = withAliases({ read: async () => decoded } as unknown as Client, aliasOf);
  const shown = await client.read(scope, 'id-1', new AbortController().signal);
  expect(shown?.fields).toEqual(decoded.fields);
  expect(shown?.assumed).toEqual(decoded.assumed);
});

test('a client shows the alias in scopes, creators and objects of tokens', async () => {
  const live = {
    ...token('id-1', 'ci', {}, { createdBy: 'hidden-user' }),
    object: { by: ['hidden-user', 'me'] },
  };
  const client = withAliases(
    {
      resolve: async () => ({ id: 'hidden-user', name: 'hidden-user' }),
      read: async () => live,
    } as unknown as Client,
    aliasOf,
  );
  const alias = aliasOf('hidden-user');
  const { signal } = new AbortController();
  expect(await client.resolve('', signal)).toMatchObject({ name: 'hidden-user', alias });
  const read = await client.read({ id: '', name: '' }, 'id-1', signal);
  expect(read).toMatchObject({ name: 'ci', origin: { createdBy: alias }, object: { by: [alias, 'me'] } });
});
