import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEmulator } from '../../../src/emulator/index.ts';
import { defaultHubQuirks } from '../../../src/emulator/quirks.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { start, tokensPath } from '../fixtures.ts';
import { dockerHub, resources, withOrgTokens, withTokens } from './fixtures.ts';

const example = readFileSync(new URL('../../../examples/emulator/seed.yaml', import.meta.url), 'utf8');
const day = 86_400_000;

describe('the example', () => {
  test('has tokens of both kinds', () => {
    const { hub } = createEmulator({ seed: parseSeed(example), now: () => start });
    expect(
      hub.personalTokens('emulator').map(({ label, generatedBy, expiry }) => [label, generatedBy, expiry]),
    ).toEqual([
      ['ci-push', 'manual', null],
      ['laptop', 'manual', null],
      ['trial', 'manual', Date.parse('2026-01-31T00:00:00Z')],
      ['Docker Desktop', 'desktop', null],
    ]);
    expect(hub.orgTokens('acme')).toMatchObject([
      { label: 'deploy', active: true, lastUsed: start - 600_000, createdBy: 'emulator' },
      { label: 'build', expiry: start + 20 * day },
      { label: 'audit', active: false, resources: [{ type: 'TYPE_ORG' }] },
    ]);
  });

  test('describes all quirks there are', () => {
    const uncommented = example.replace(/^[\s\S]*?(?=# quirks:)/, '').replace(/^# ?/gm, '');
    const { dockerHub: hub } = parseSeed(`${example}\n${uncommented}`);
    expect(Object.keys(hub?.quirks ?? {}).sort()).toEqual(Object.keys(defaultHubQuirks).sort());
    expect(hub?.quirks).toMatchObject({ listLag: 5_000, deleteStatus: 202, lockAfter: 5 });
    expect(hub?.lost).toHaveLength(1);
    expect(hub?.limited).toEqual([{ method: 'GET', nth: 1, header: 'epoch', waitMs: 2_000 }]);
    expect(hub?.secondActor).toMatchObject([
      { kind: 'personal', user: 'emulator', act: { create: { label: 'ci-push' } } },
      { kind: 'org', org: 'acme', act: { delete: 'deploy' } },
    ]);
  });

  test('is in force as it is without quirks', () => {
    expect(parseSeed(example).dockerHub).toMatchObject({
      quirks: {},
      lost: [],
      limited: [],
      secondActor: [],
    });
  });
});

describe('a seed', () => {
  test('gives tokens the dates, states and secrets that it says', () => {
    const { hub } = dockerHub({
      accounts: withTokens(`[
        { token_label: full, uuid: 00000000-0000-4000-8000-00000000000A, scopes: [repo:read],
          is_active: false, generated_by: desktop, creator_ua: tool/1, secret: dckr_pat_x,
          expires_at: 2031-01-01T00:00:00Z, created_at: 2029-01-01T00:00:00Z,
          last_used: 2029-06-01T00:00:00Z },
        { token_label: bare }
      ]`),
    });
    const [full, bare] = hub.personalTokens('emulator');
    expect(full).toEqual({
      id: '00000000-0000-4000-8000-00000000000a',
      label: 'full',
      scopes: ['repo:read'],
      active: false,
      generatedBy: 'desktop',
      creatorUa: 'tool/1',
      secret: 'dckr_pat_x',
      expiry: Date.parse('2031-01-01T00:00:00Z'),
      created: Date.parse('2029-01-01T00:00:00Z'),
      lastUsed: Date.parse('2029-06-01T00:00:00Z'),
    });
    expect(bare).toMatchObject({ active: true, generatedBy: 'manual', expiry: null, created: start });
    expect(bare).not.toHaveProperty('scopes');
  });

  test('gives the same IDs each time, and tokens of one label different ones', () => {
    const ids = () =>
      dockerHub({ accounts: withTokens('[{ token_label: ci }, { token_label: ci }]') })
        .hub.personalTokens('emulator')
        .map(({ id }) => id);
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(2);
  });

  test('adds to the accounts that are always there', async () => {
    const { login } = dockerHub({ accounts: '{ users: [{ name: ann, password: secret }, { name: bob }] }' });
    for (const [name = '', secret = ''] of [
      ['ann', 'secret'],
      ['bob', 'bob'],
      ['emulator', 'emulator'],
      ['other', 'other'],
    ]) {
      expect((await login(name, secret)).status).toBe(200);
    }
  });

  test.each([
    ['[]', 'docker_hub: expected a mapping'],
    ['{ tokens: [] }', 'docker_hub.tokens: unknown key; known keys: users, organizations'],
    ['{ users: [{}] }', 'docker_hub.users[0].name: expected a string'],
    ['{ users: [{ name: ann, totp: 123456 }] }', 'docker_hub.users[0].totp: expected a string'],
    ['{ users: [{ name: ann, sso: 1 }] }', 'docker_hub.users[0].sso: expected true or false'],
    [withTokens('[{ label: ci }]'), 'docker_hub.users[0].tokens[0].label: unknown key; known keys: uuid'],
    [withTokens('[{ uuid: a }]'), 'docker_hub.users[0].tokens[0].token_label: expected a string'],
    [
      withTokens('[{ token_label: ci, expires_in: 1y }]'),
      'tokens[0].expires_in: expected a duration such as 90d',
    ],
    [withTokens('[{ token_label: ci, expires_at: soon }]'), 'tokens[0].expires_at: not a date'],
    [
      withOrgTokens('[]', ', limit: 0'),
      'docker_hub.organizations[0].limit: expected a whole number of at least 1',
    ],
    [
      withOrgTokens('[{ label: ci, resources: [{ scopes: [] }] }]'),
      'docker_hub.organizations[0].tokens[0].resources[0].path: expected a string',
    ],
  ])('%s is refused: %s', (accounts, message) => {
    expect(() => dockerHub({ accounts })).toThrow(message);
  });

  test.each([
    ['{ date_style: millis }', 'quirks.docker_hub.date_style: unknown key; known keys: list_lag'],
    ['{ errors: old }', 'quirks.docker_hub.errors: expected one of newer, older, detail, html'],
    ['{ delete_status: 200 }', 'quirks.docker_hub.delete_status: expected 204 or 202'],
    ['{ lock_after: -1 }', 'quirks.docker_hub.lock_after: expected a whole number of at least 1'],
    [
      '{ rate_limited: [{ method: GET, nth: 1, header: x, wait: 1 }] }',
      'quirks.docker_hub.rate_limited[0].header: expected one of seconds, epoch',
    ],
    [
      '{ second_actor: [{ before: { method: POST, nth: 1 }, create: { token_label: ci } }] }',
      'quirks.docker_hub.second_actor[0].create: expected either user or org',
    ],
    [
      '{ second_actor: [{ before: { method: POST, nth: 1 }, delete: { org: acme, token_label: ci } }] }',
      'quirks.docker_hub.second_actor[0].delete.token_label: unknown key; known keys: label',
    ],
  ])('%s as quirks is refused: %s', (seedQuirks, message) => {
    expect(() => dockerHub({ seedQuirks })).toThrow(message);
  });
});

describe('quirks of a seed', () => {
  test('set faults and limits of Docker Hub only', async () => {
    const { call, create, emulator, labels } = dockerHub({
      seedQuirks: `{
        lost: [{ method: POST, nth: 2, fault: error_before }],
        rate_limited: [{ method: GET, nth: 1, header: reset, wait: 5 }]
      }`,
    });
    const ionos = new Request(`https://api.example${tokensPath}`, {
      headers: { authorization: 'Bearer emulator' },
    });
    expect((await emulator.fetch(ionos)).status).toBe(404);
    expect((await call('GET', '/v2/access-tokens')).status).toBe(429);
    await create('one');
    await expect(create('two')).rejects.toThrow('the status is not described');
    expect(await labels()).toEqual(['one']);
  });

  test('limit IONOS by themselves', async () => {
    const emulator = createEmulator({
      seed: parseSeed('quirks: { rate_limited: [{ method: GET, nth: 1, wait: 5 }] }'),
    });
    const get = async () =>
      (
        await emulator.fetch(
          new Request('https://api.example/containerregistries/locations', {
            headers: { authorization: 'Bearer emulator' },
          }),
        )
      ).status;
    expect([await get(), await get()]).toEqual([429, 200]);
  });

  test('let another user create a token just before ours, and delete one', async () => {
    const { create, createOrg, hub, labels } = dockerHub({
      accounts: `{ users: [{ name: emulator, tokens: [{ token_label: legacy }] }],
        organizations: [{ name: acme, tokens: [{ label: old }] }] }`,
      seedQuirks: `
        {
          second_actor: [
            { before: { method: POST, nth: 1 }, create: { user: emulator, token_label: ci, expires_in: 1d } },
            { before: { method: POST, nth: 1 }, delete: { user: emulator, token_label: legacy } },
            { before: { method: POST, nth: 2 }, create: { org: acme, label: deploy } },
            { before: { method: POST, nth: 2 }, delete: { org: acme, label: old } },
            { before: { method: POST, nth: 2 }, create: { user: nobody, token_label: ci } },
          ],
        }`,
    });
    await create('mine');
    expect(await labels()).toEqual(['ci', 'mine']);
    expect(hub.personalTokens('emulator')[0]).toMatchObject({ expiry: start + day });
    await createOrg('ours', { resources });
    expect(hub.orgTokens('acme')).toMatchObject([
      { label: 'deploy', createdBy: 'other' },
      { label: 'ours', createdBy: 'emulator' },
    ]);
  });
});
