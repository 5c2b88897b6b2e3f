import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function personal(tokens: readonly object[]): string {
  return JSON.stringify({ docker_hub: { users: [{ name: 'emulator', tokens }] } });
}

function organization(tokens: readonly object[], limit = 100): string {
  return JSON.stringify({ docker_hub: { organizations: [{ name: 'acme', limit, tokens }] } });
}

function manifest(tokens: readonly object[]): Readonly<Record<string, string>> {
  return { 'tokens.yaml': JSON.stringify({ apiVersion: 'reconcile/v1', tokens }) };
}

const personalToken = (more: object) => ({ kind: 'docker_hub_personal_token', ...more });
const orgToken = (more: object) => ({ kind: 'docker_hub_org_token', org: 'acme', ...more });
const toFile = (path: string) => [{ file: { path } }];
const pulls = (path: string) => [{ type: 'TYPE_REPO', path, scopes: ['scope-image-pull'] }];

const gets = (emulator: ServedEmulator): readonly string[] =>
  emulator.requests.filter(({ method }) => method === 'GET').map(({ path }) => path);

/** The writes to tokens: a login is none. */
const changes = (emulator: ServedEmulator): readonly string[] =>
  writes(emulator).filter((what) => what !== 'POST /v2/auth/token');

async function run(cwd: string, emulator: ServedEmulator, ...args: readonly string[]) {
  const logins = emulator.hub.logins();
  const finished = await reconcile(args, { cwd, env: emulator.hubEnv });
  return { ...finished, logins: emulator.hub.logins() - logins };
}

test('120 personal tokens over 12 pages are made as declared, with one login a run', async () => {
  const tokens = Array.from({ length: 120 }, (_, index) => ({
    uuid: uuid(index),
    token_label: `token-${index}`,
    scopes: ['repo:write', 'repo:read'],
    created_at: '2026-01-01T00:00:00.123Z',
    secret: `secret-of-token-${index}`,
  }));
  const emulator = await servedEmulator(personal(tokens), { hubQuirks: { pageCap: 10, foreignLinks: true } });
  const cwd = await folderWith(
    manifest([
      personalToken({ token_label: 'new', scopes: ['repo:read'], secret: toFile('new.json') }),
      personalToken({ token_label: 'renamed', uuid: uuid(111) }),
      personalToken({ token_label: 'token-112', is_active: false }),
      personalToken({
        token_label: 'token-113',
        scopes: ['repo:admin'],
        allow_replace: true,
        secret: toFile('113.json'),
      }),
      personalToken({ token_label: 'token-114', state: 'absent' }),
      personalToken({ token_label: 'token-115', scopes: ['repo:write'] }),
    ]),
  );
  const applied = await run(cwd, emulator, 'apply', '-y', '--format', 'json');
  expect(applied).toMatchObject({ code: 0, logins: 1 });
  expect(JSON.parse(applied.stdout).summary).toMatchObject({ create: 1, patch: 2, replace: 1, delete: 1 });
  expect(gets(emulator).slice(0, 12)).toEqual(
    Array.from({ length: 12 }, (_, index) => `/v2/access-tokens?page=${index + 1}&page_size=100`),
  );

  const live = emulator.hub.personalTokens('emulator');
  const named = (label: string) => live.filter((token) => token.label === label);
  expect(live).toHaveLength(120);
  expect(named('renamed')).toMatchObject([{ id: uuid(111), active: true }]);
  expect(named('token-112')).toMatchObject([{ id: uuid(112), active: false, secret: 'secret-of-token-112' }]);
  expect(named('token-113')).toMatchObject([{ scopes: ['repo:admin'] }]);
  expect(named('token-113')[0]?.id).not.toBe(uuid(113));
  for (const [label, file] of [
    ['new', 'new.json'],
    ['token-113', '113.json'],
  ] as const) {
    const [token] = named(label);
    const text = await readFile(join(cwd, file), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      id: token?.id,
      username: 'emulator',
      password: token?.secret,
      registry: 'docker.io',
    });
    expect(applied.stdout + applied.stderr).not.toContain(token?.secret);
  }

  const again = await run(cwd, emulator, 'plan', '--detailed-exitcode', '--format', 'json');
  expect(again).toMatchObject({ code: 0, logins: 1 });
  expect(JSON.parse(again.stdout).summary).toMatchObject({ noop: 6 });
});

test('a replace by scopes makes the new token, stores its secret, and then deletes the old one', async () => {
  const emulator = await servedEmulator(
    personal([{ uuid: uuid(1), token_label: 'ci', scopes: ['repo:write'] }]),
  );
  const wanted = { token_label: 'ci', scopes: ['repo:read'], secret: toFile('ci.json') };
  const refused = await folderWith(manifest([personalToken(wanted)]));
  const plan = await run(refused, emulator, 'plan', '--format', 'json');
  expect(plan.code).toBe(1);
  expect(JSON.parse(plan.stdout).changes).toMatchObject([{ error: { code: 'IMMUTABLE' } }]);

  const cwd = await folderWith(manifest([personalToken({ ...wanted, allow_replace: true })]));
  expect((await run(cwd, emulator, 'apply', '-y')).code).toBe(0);
  expect(changes(emulator)).toEqual([
    'POST /v2/access-tokens',
    expect.stringMatching(`^DELETE .*${uuid(1)}$`),
  ]);
  const [token, ...others] = emulator.hub.personalTokens('emulator');
  expect(others).toEqual([]);
  expect(JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8'))).toMatchObject({ password: token?.secret });
});

test('an old token that could not be deleted is deleted by the next run, although both have one label', async () => {
  let deletions = 0;
  const emulator = await servedEmulator(
    personal([{ uuid: uuid(1), token_label: 'ci', scopes: ['repo:write'] }]),
    {
      fault: ({ method }) => {
        if (method !== 'DELETE') return 'none';
        deletions += 1;
        return deletions > 6 ? 'none' : 'error_before';
      },
    },
  );
  const cwd = await folderWith(
    manifest([
      personalToken({
        token_label: 'ci',
        scopes: ['repo:read'],
        allow_replace: true,
        secret: toFile('ci.json'),
      }),
    ]),
  );
  expect((await run(cwd, emulator, 'apply', '-y')).code).toBe(4);
  expect(emulator.hub.personalTokens('emulator')).toHaveLength(2);
  const plan = await run(cwd, emulator, 'plan', '--format', 'json');
  expect(JSON.parse(plan.stdout).summary).toMatchObject({ noop: 1, delete: 1, error: 0 });
  expect((await run(cwd, emulator, 'apply', '-y')).code).toBe(0);
  const [token, ...others] = emulator.hub.personalTokens('emulator');
  expect(others).toEqual([]);
  expect(JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8'))).toMatchObject({ password: token?.secret });
});

test('of two tokens with one label, only the UUID selects one', async () => {
  const emulator = await servedEmulator(
    personal([
      { uuid: uuid(1), token_label: 'ci', created_at: '2026-01-01T00:00:00Z' },
      {
        uuid: uuid(2),
        token_label: 'ci',
        created_at: '2026-02-02T00:00:00Z',
        last_used: '2026-03-03T00:00:00Z',
      },
      { uuid: uuid(3), token_label: 'ci', expires_at: '2026-01-31T00:00:00Z' },
      { uuid: uuid(4), token_label: 'ci', generated_by: 'desktop' },
    ]),
  );
  const cwd = await folderWith(manifest([personalToken({ token_label: 'ci', is_active: false })]));
  const ambiguous = await run(cwd, emulator, 'apply', '-y', '--format', 'json');
  expect(ambiguous.code).toBe(1);
  const [{ error }] = JSON.parse(ambiguous.stdout).results;
  expect(error).toMatchObject({ code: 'AMBIGUOUS', hint: expect.stringContaining('uuid') });
  expect(error.message).toContain(`${uuid(1)} (created 2026-01-01T00:00:00Z, never used)`);
  expect(error.message).toContain(
    `${uuid(2)} (created 2026-02-02T00:00:00Z, last used 2026-03-03T00:00:00Z)`,
  );
  expect(error.message).not.toContain(uuid(3));
  expect(error.message).not.toContain(uuid(4));
  expect(changes(emulator)).toEqual([]);

  const told = await folderWith(
    manifest([personalToken({ token_label: 'ci', uuid: uuid(2), is_active: false })]),
  );
  expect((await run(told, emulator, 'apply', '-y')).code).toBe(0);
  const inactive = emulator.hub.personalTokens('emulator').filter(({ active }) => !active);
  expect(inactive.map(({ id }) => id)).toEqual([uuid(2)]);
});

test('what Docker has made for itself is never touched, and a token without scopes is never what is wanted', async () => {
  const emulator = await servedEmulator(
    personal([
      { uuid: uuid(1), token_label: 'Docker Desktop', generated_by: 'desktop', scopes: ['repo:admin'] },
      { uuid: uuid(2), token_label: 'old-client' },
    ]),
  );
  const cwd = await folderWith(
    manifest([
      personalToken({ uuid: uuid(1), is_active: false }),
      personalToken({ token_label: 'Docker Desktop', state: 'absent' }),
      personalToken({ token_label: 'old-client', scopes: ['repo:admin'] }),
    ]),
  );
  const plan = await run(cwd, emulator, 'plan', '--format', 'json');
  expect(JSON.parse(plan.stdout).changes).toMatchObject([
    {
      address: `docker_hub_personal_token:${uuid(1)}`,
      error: { message: expect.stringContaining('for its own use') },
    },
    { action: 'noop', reason: 'already absent' },
    { error: { code: 'IMMUTABLE', message: expect.stringContaining('unspecified → repo:admin') } },
  ]);
});

test('a UUID whose token a replace has taken the place of still leads to its successor', async () => {
  const emulator = await servedEmulator(
    personal([{ uuid: uuid(1), token_label: 'ci', scopes: ['repo:write'] }]),
  );
  const wanted = { token_label: 'ci', uuid: uuid(1), scopes: ['repo:read'], allow_replace: true };
  const cwd = await folderWith(manifest([personalToken({ ...wanted, secret: toFile('ci.json') })]));
  expect((await run(cwd, emulator, 'apply', '-y')).code).toBe(0);
  const [token] = emulator.hub.personalTokens('emulator');
  const plan = await run(cwd, emulator, 'plan', '--detailed-exitcode', '--format', 'json');
  expect(plan.code).toBe(0);
  expect(JSON.parse(plan.stdout).changes).toMatchObject([
    { action: 'noop', id: token?.id, warnings: [expect.stringContaining(token?.id ?? 'none')] },
  ]);
});

test('of 40 tokens of an organization only the 5 that are managed are asked for', async () => {
  const tokens = Array.from({ length: 40 }, (_, index) => ({
    id: uuid(index),
    label: `token-${index}`,
    resources: pulls('acme/app'),
  }));
  const emulator = await servedEmulator(organization(tokens));
  const managed = [3, 13, 23, 33, 39].map((index) =>
    orgToken({ label: `token-${index}`, resources: pulls('acme/app') }),
  );
  const cwd = await folderWith(manifest(managed));
  const plan = await run(cwd, emulator, 'plan', '--detailed-exitcode');
  expect(plan).toMatchObject({ code: 0, logins: 1 });
  const asked = gets(emulator);
  expect(asked[0]).toBe('/v2/orgs/acme/access-tokens?page=1&page_size=100');
  expect(asked.slice(1).sort()).toEqual(
    [3, 13, 23, 33, 39].map((index) => `/v2/orgs/acme/access-tokens/${uuid(index)}`),
  );
});

test('a token of an organization is changed in place, but for its expiry, and logs in as the organization', async () => {
  const emulator = await servedEmulator(
    organization([
      { id: uuid(1), label: 'deploy', resources: pulls('acme/app') },
      { id: uuid(2), label: 'build', resources: pulls('acme/app') },
    ]),
    { hubQuirks: { description: false } },
  );
  const cwd = await folderWith(
    manifest([
      orgToken({ label: 'deploy', is_active: false, resources: pulls('acme/*') }),
      orgToken({
        label: 'build',
        expires_at: '2099-01-01T00:00:00+02:00',
        allow_replace: true,
        secret: [{ file: { path: 'build.json', format: 'dockerconfigjson' } }],
      }),
    ]),
  );
  expect((await run(cwd, emulator, 'apply', '-y')).code).toBe(0);
  const [deploy, build] = emulator.hub.orgTokens('acme');
  expect(deploy).toMatchObject({ id: uuid(1), active: false, resources: pulls('acme/*') });
  expect(build).toMatchObject({ label: 'build', expiry: Date.parse('2098-12-31T22:00:00Z') });
  expect(JSON.parse(await readFile(join(cwd, 'build.json'), 'utf8'))).toMatchObject({
    auths: { 'https://index.docker.io/v1/': { username: 'acme', password: build?.secret } },
  });
  expect((await run(cwd, emulator, 'plan', '--detailed-exitcode')).code).toBe(0);
});

test('a replace that the limit of the organization has no room for needs an order', async () => {
  const tokens = Array.from({ length: 10 }, (_, index) => ({
    id: uuid(index),
    label: `token-${index}`,
    resources: pulls('acme/app'),
  }));
  const emulator = await servedEmulator(organization(tokens, 10));
  const wanted = { label: 'token-3', expires_at: '2099-01-01T00:00:00Z', allow_replace: true };
  const silent = await folderWith(manifest([orgToken({ ...wanted, secret: toFile('3.json') })]));
  const plan = await run(silent, emulator, 'plan', '--format', 'json');
  expect(plan.code).toBe(1);
  expect(JSON.parse(plan.stdout).changes).toMatchObject([
    {
      error: {
        message: expect.stringContaining('Docker Team'),
        hint: expect.stringContaining('replace_order: delete_first'),
      },
    },
  ]);
  const explicit = { ...wanted, replace_order: 'delete_first', secret: toFile('3.json') };
  const cwd = await folderWith(manifest([orgToken(explicit)]));
  expect((await run(cwd, emulator, 'apply', '-y')).code).toBe(0);
  expect(changes(emulator).map((what) => what.split(' ')[0])).toEqual(['DELETE', 'POST']);
  expect(emulator.hub.orgTokens('acme')).toHaveLength(10);
});

const anything = manifest([personalToken({ token_label: 'ci', scopes: ['repo:read'], secret: 'discard' })]);

test.each([
  ['DOCKER_HUB_PASSWORD', 'dckr_pat_0123456789', /DOCKER_HUB_PASSWORD.*personal access token/],
  ['DOCKER_HUB_TOKEN', 'dckr_oat_0123456789', /DOCKER_HUB_TOKEN.*organization access token/],
])('%s may not be an access token, which is told without a request', async (name, secret, why) => {
  const emulator = await servedEmulator('{}');
  const cwd = await folderWith(anything);
  const env = { ...emulator.hubEnv, [name]: secret };
  const { code, stderr, stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).errors).toMatchObject([{ code: 'AUTH', message: expect.stringMatching(why) }]);
  expect(stdout + stderr).not.toContain(secret);
  expect(emulator.requests).toEqual([]);
});

test.each([
  ['a password that is wrong', { DOCKER_HUB_PASSWORD: 'wrong-password' }],
  [
    'an account whose organization enforces single sign-on',
    { DOCKER_HUB_USERNAME: 'single-sign-on', DOCKER_HUB_PASSWORD: 'single-sign-on' },
  ],
  [
    'an account with two-factor authentication, without a code',
    { DOCKER_HUB_USERNAME: 'two-factor', DOCKER_HUB_PASSWORD: 'two-factor' },
  ],
])('%s is tried once, and told with the ways out', async (_, login) => {
  const emulator = await servedEmulator('{}');
  const cwd = await folderWith(anything);
  const env = { ...emulator.hubEnv, ...login };
  const { code, stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env });
  expect(code).toBe(1);
  const [{ hint, ...error }] = JSON.parse(stdout).errors;
  expect(error).toMatchObject({ code: 'AUTH', http_status: 401 });
  for (const way of ['single sign-on', 'two-factor', 'DOCKER_HUB_TOTP', 'DOCKER_HUB_TOKEN']) {
    expect(hint).toContain(way);
  }
  expect(writes(emulator)).toEqual(['POST /v2/auth/token']);
});

test('an account with two-factor authentication logs in with the code of the moment', async () => {
  const emulator = await servedEmulator('{}');
  const cwd = await folderWith(anything);
  const env = {
    DOCKER_HUB_API_URL: emulator.url,
    DOCKER_USERNAME: 'two-factor',
    DOCKER_PASSWORD: 'two-factor',
    DOCKER_HUB_TOTP: '123456',
  };
  expect((await reconcile(['apply', '-y'], { cwd, env })).code).toBe(0);
  expect(emulator.hub.personalTokens('two-factor')).toHaveLength(1);
  expect(emulator.hub.logins()).toBe(1);
});

test('both services are managed by one manifest, and only those that it names need credentials', async () => {
  const emulator = await servedEmulator('{ ionos: { registries: [{ name: team-a }] } }');
  const registryToken = {
    kind: 'registry_token',
    registry: 'team-a',
    name: 'ci-push',
    secret: toFile('ionos.json'),
  };
  const hubToken = personalToken({
    token_label: 'ci-push',
    scopes: ['repo:read'],
    secret: toFile('hub.json'),
  });
  const both = await folderWith(manifest([registryToken, hubToken]));
  const env = { ...emulator.env, ...emulator.hubEnv };
  expect((await reconcile(['apply', '-y'], { cwd: both, env })).code).toBe(0);
  expect((await reconcile(['plan', '--detailed-exitcode'], { cwd: both, env })).code).toBe(0);
  const listed = JSON.parse((await reconcile(['list', '--format', 'json'], { cwd: both, env })).stdout);
  expect(listed.tokens).toMatchObject([
    { address: 'docker_hub_personal_token:ci-push', custody: 'held' },
    { address: 'registry_token:team-a/ci-push', custody: 'held' },
  ]);

  const missing = await reconcile(['plan'], { cwd: both, env: emulator.env });
  expect(missing).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no credentials for Docker Hub'),
  });
  const alone = await folderWith(manifest([registryToken]));
  expect((await reconcile(['plan'], { cwd: alone, env: emulator.env })).code).toBe(0);
});

test('list shows when tokens were last used, and those of an organization that is named', async () => {
  const emulator = await servedEmulator(
    JSON.stringify({
      docker_hub: {
        users: [{ name: 'emulator', tokens: [{ token_label: 'ci', last_used: '2026-03-03T00:00:00Z' }] }],
        organizations: [{ name: 'acme', tokens: [{ label: 'deploy', resources: pulls('acme/app') }] }],
      },
    }),
  );
  const cwd = await folderWith({});
  const mine = await run(cwd, emulator, 'list');
  expect(mine.stdout).toMatch(/LAST USED[\s\S]*\nci .*unspecified .*2026-03-03 [\s\S]*1 token\n$/);
  const acme = await run(cwd, emulator, 'list', '--org', 'acme');
  expect(acme.stdout).toMatch(/ORG[\s\S]*acme +deploy .*never.*acme\/app: scope-image-pull[\s\S]*1 token\n$/);
  const none = await run(cwd, emulator, 'list', '--kind', 'docker_hub_org_token');
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('--org') });
});
