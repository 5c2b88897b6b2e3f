import { describe, expect, test } from 'vitest';
import { aliasesFor, withAliases } from '../../src/app/account-alias.ts';
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
