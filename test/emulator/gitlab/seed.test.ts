import { describe, expect, test } from 'vitest';
import { emulated } from '../../../src/emulator/index.ts';
import { defaultGitlabQuirks } from '../../../src/emulator/quirks.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { accessTokens, gitlab } from './fixtures.ts';

test('the variables of a client lead to the emulator', () => {
  const found = emulated.find(({ title }) => title === 'GitLab');
  expect(found?.environment('http://127.0.0.1:8080')).toEqual({
    GITLAB_URL: 'http://127.0.0.1:8080',
    GITLAB_TOKEN: 'emulator',
  });
});

describe('a seed', () => {
  test('sets the fields of access tokens', async () => {
    const { read } = gitlab({
      seed: `{ projects: [{ path: team-a/app, access_tokens: [
        { name: ci, id: 9, description: builds, scopes: [read_registry], access_level: developer, user_id: 77,
          created_ago: 10d, last_used_ago: 1d, expires_at: 2030-02-01 },
        { name: old, revoked_ago: 2d, expires_at: null },
        { name: plain },
      ] }] }`,
    });
    expect(await read(accessTokens)).toMatchObject([
      {
        id: 9,
        name: 'ci',
        description: 'builds',
        scopes: ['read_registry'],
        access_level: 30,
        user_id: 77,
        created_at: '2029-12-22T00:00:00.000Z',
        last_used_at: '2029-12-31T00:00:00.000Z',
        expires_at: '2030-02-01',
        active: true,
      },
      { id: 3, name: 'plain', access_level: 40, scopes: ['api'], expires_at: '2031-01-01' },
      { id: 2, name: 'old', revoked: true, active: false, expires_at: null },
    ]);
  });

  test('has tokens at once, whatever lags, and new ones get the next ID', async () => {
    const { names, createAccessToken } = gitlab({
      seed: '{ projects: [{ path: team-a/app, access_tokens: [{ name: one, id: 7 }] }] }',
      seedQuirks: '{ list_lag: 5, read_lag: 5 }',
    });
    expect(await names(accessTokens)).toEqual(['one']);
    expect(await createAccessToken({ name: 'two', scopes: ['api'] })).toMatchObject({ id: 8, user_id: 1008 });
  });

  test('gives users their tokens and roles, and replaces built-in ones', async () => {
    const { call } = gitlab({
      seed: `{ projects: [{ path: team-a/app }], users: [
        { name: emulator, tokens: [{ name: mine, token: secret, scopes: [read_api], expires_at: 2031-01-01 }] },
      ] }`,
    });
    const self = '/api/v4/personal_access_tokens/self';
    expect((await call('GET', self)).status).toBe(401);
    expect((await call('GET', self, { as: 'secret' })).body).toMatchObject({
      name: 'mine',
      scopes: ['read_api'],
      expires_at: '2031-01-01',
    });
    expect((await call('GET', accessTokens, { as: 'secret' })).status).toBe(404);
    expect((await call('GET', accessTokens, { as: 'glpat-other' })).status).toBe(200);
  });

  test('has a version, which a quirk overrides', () => {
    const text = '{ gitlab: { version: "16.0" }, quirks: { gitlab: { version: "17.2" } } }';
    expect(parseSeed(text).gitlab?.quirks).toEqual({ version: '17.2' });
  });

  test.each([
    ['{ version: "15.0" }', 'gitlab.version: expected one of 16.0, 17.2, 17.9, 18.3'],
    ['{ project: [] }', 'gitlab.project: unknown key; known keys: version, users, groups, projects'],
    ['{ projects: [{}] }', 'gitlab.projects[0].path: expected a string'],
    ['{ groups: [{ path: a, registry: true }] }', 'gitlab.groups[0].registry: unknown key'],
    [
      '{ groups: [{ path: a, deploy_tokens: [{ name: x, access_level: owner }] }] }',
      'gitlab.groups[0].deploy_tokens[0].access_level: unknown key',
    ],
    [
      '{ groups: [{ path: a, access_tokens: [{ name: x, access_level: boss }] }] }',
      'gitlab.groups[0].access_tokens[0].access_level: expected one of guest',
    ],
    ['{ users: [{ name: ada, roles: { a: boss } }] }', 'gitlab.users[0].roles.a: expected one of guest'],
    [
      '{ users: [{ name: ada, tokens: [{ name: x, expires_in: soon }] }] }',
      'gitlab.users[0].tokens[0].expires_in: expected a duration',
    ],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseSeed(`{ gitlab: ${text} }`)).toThrow(message);
  });
});

describe('quirks', () => {
  test('can all be set', () => {
    const quirks = parseSeed(`{ quirks: { gitlab: {
      list_lag: 5, read_lag: 5, status_lag: 5, late_commit: 5, version: "17.2", access_tokens_allowed: false, expiry_required: false,
      max_lifetime_days: 400, retention_days: 0, token_prefix: corp-, deploy_token_prefix: corp-,
      revoked_delete: not_found, reuse: family, registry: false, registry_host: "registry.example:5050",
      totals: false, next_page: false, moving_totals: 1, link_origin: "https://other.example",
      rate_limit_headers: false, max_login_failures: 300, errors: proxy,
    } } }`).gitlab?.quirks;
    expect(Object.keys(quirks ?? {}).sort()).toEqual(Object.keys(defaultGitlabQuirks).sort());
    for (const [name, value] of Object.entries(defaultGitlabQuirks))
      if (name !== 'lateCommit') expect(quirks).not.toMatchObject({ [name]: value });
  });

  test.each([
    ['{ reuse: maybe }', 'quirks.gitlab.reuse: expected one of release, reject, caller, family'],
    ['{ cookies: true }', 'quirks.gitlab.cookies: unknown key; known keys: list_lag'],
    [
      '{ second_actor: [{ before: { method: GET, nth: 1 }, create: { kind: deploy_token, name: x } }] }',
      'quirks.gitlab.second_actor[0].create: expected either project or group',
    ],
    [
      '{ second_actor: [{ before: { method: GET, nth: 1 }, delete: { kind: robot, project: a, name: x } }] }',
      'quirks.gitlab.second_actor[0].delete.kind: expected one of deploy_token, access_token',
    ],
  ])('%s are refused: %s', (quirks, message) => {
    expect(() => parseSeed(`{ quirks: { gitlab: ${quirks} } }`)).toThrow(message);
  });
});
