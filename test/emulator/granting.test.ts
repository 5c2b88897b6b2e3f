import { describe, expect, test } from 'vitest';
import type { Granting } from '../../src/emulator/granting.ts';
import { dockerHub } from './docker-hub/fixtures.ts';
import { createTeamEmulator, start, type TokenBody } from './fixtures.ts';

const day = 86_400_000;
const written = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('.000Z', 'Z');

/** The bodies of IONOS's responses. */
function ionos(quirks: Partial<Granting>) {
  const { post, call } = createTeamEmulator({ quirks });
  const body = async <Body = TokenBody>(response: Promise<Response>): Promise<Body> =>
    (await (await response).json()) as Body;
  return {
    post,
    create: (name: string, more: object = {}) => body(post(name, more)),
    patch: (id: string, patch: object) => body(call('PATCH', `/${id}`, patch)),
    read: (id: string) => body(call('GET', `/${id}`)),
    list: () => body<{ readonly items: readonly TokenBody[] }>(call('GET')),
  };
}

describe('values that a service changes', () => {
  test.each([
    { why: 'a cap', quirks: { longestLife: 30 * day }, asked: 90, granted: 30 },
    { why: 'a cap that is further off', quirks: { longestLife: 300 * day }, asked: 90, granted: 90 },
    { why: 'the midnight before', quirks: { midnight: 'before' }, asked: 1.5, granted: 1 },
    { why: 'the midnight after', quirks: { midnight: 'after' }, asked: 1.5, granted: 2 },
  ] satisfies readonly { why: string; quirks: Partial<Granting>; asked: number; granted: number }[])(
    'an expiry: $why',
    async ({ quirks, asked, granted }) => {
      const { create, patch } = ionos(quirks);
      const expiryDate = written(start + asked * day);
      const made = await create('ci', { expiryDate });
      expect(made.properties.expiryDate).toBe(written(start + granted * day));
      expect((await patch(made.id, { expiryDate })).properties.expiryDate).toBe(made.properties.expiryDate);
      const hub = dockerHub({ hubQuirks: quirks });
      expect((await hub.create('ci', { expires_at: expiryDate })).expires_at).toBe(
        made.properties.expiryDate,
      );
    },
  );

  test('a life without end is capped as well', async () => {
    const { create } = ionos({ longestLife: 30 * day });
    expect((await create('ci')).properties.expiryDate).toBe(written(start + 30 * day));
  });

  test('a name is trimmed, put in lower case, and cut', async () => {
    const { create, call } = dockerHub({ hubQuirks: { trimNames: true, lowerNames: true, cutNames: 5 } });
    const made = await create(' CI Push ');
    expect(made.token_label).toBe('ci pu');
    const path = `/v2/access-tokens/${made.uuid}`;
    const { body } = await call('PATCH', path, { body: { token_label: ' Deploy' } });
    expect(body['token_label']).toBe('deplo');
  });

  test('a changed name that another token has is a conflict', async () => {
    const { create, post } = ionos({ lowerNames: true });
    await create('ci-push');
    expect((await post('CI-Push')).status).toBe(409);
  });
});

test.each([
  ['null', null],
  ['empty', ''],
  ['zero', 0],
  ['epoch', '1970-01-01T00:00:00Z'],
  ['first', '0001-01-01T00:00:00Z'],
] as const)('a token that never expires reads so: %s', async (noExpiry, shown) => {
  expect((await ionos({ noExpiry }).create('ci')).properties.expiryDate).toBe(shown);
});

test('fields may be lacking everywhere, in lists, or in the responses to writes', async () => {
  const { create, list, read } = ionos({
    hidden: ['status'],
    unlisted: ['scopes'],
    unanswered: ['expiryDate'],
  });
  const made = await create('ci');
  const [listed] = (await list()).items;
  const fields = (token: TokenBody | undefined): readonly string[] =>
    Object.keys(token?.properties ?? {}).sort();
  expect(fields(made)).toEqual(['credentials', 'name', 'scopes']);
  expect(fields(listed)).toEqual(['credentials', 'expiryDate', 'name']);
  expect(fields(await read(made.id))).toEqual(['credentials', 'expiryDate', 'name', 'scopes']);
});
