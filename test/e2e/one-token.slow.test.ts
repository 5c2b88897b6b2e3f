import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { recordKey } from '../../src/core/model/custody-record.ts';
import { createEmulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const registry = '0a000000-0000-4000-8000-00000000000a';
const used = '11111111-1111-4111-8111-11111111111a';
const seed = `ionos: { registries: [{ id: ${registry}, name: team-a, tokens: [{ id: ${used}, name: ci }, { name: other }] }] }
docker_hub:
  users: [{ name: emulator, tokens: [{ uuid: ${used}, token_label: ci }] }]
  organizations: [{ name: acme, owners: [emulator], tokens: [{ id: ${used}, label: ci }] }]`;

/** Addresses that lead to the same service as the environment's. */
const spellings = (url: string): Readonly<Record<string, string>> => {
  const localhost = url.replace('127.0.0.1', 'localhost');
  return {
    'another host': localhost,
    'a path with a slash at its end': `${url}/containerregistries/`,
    'another path of the same meaning': `${url}/./containerregistries`,
    'capitals in scheme and host': localhost.replace('http://localhost', 'HTTP://LOCALHOST'),
    'another address of this machine': url.replace('127.0.0.1', '127.0.0.2'),
  };
};

interface Site {
  readonly emulator: ServedEmulator;
  run(...args: readonly string[]): ReturnType<typeof reconcile>;
}

async function site(manifest: (emulator: ServedEmulator) => string): Promise<Site> {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'tokens.yaml': `apiVersion: reconcile/v1\n${manifest(emulator)}` });
  const env = { ...emulator.env, ...emulator.hubEnv };
  return { emulator, run: (...args) => reconcile(args, { cwd, env }) };
}

const deletes = (emulator: ServedEmulator): readonly string[] =>
  writes(emulator).filter((request) => request.startsWith('DELETE'));

/** Neither plan nor apply takes these entries, and nothing is deleted, with --keep-going neither. */
async function expectKept({ emulator, run }: Site, options: readonly string[] = [], codes = [1, 3]) {
  const plan = await run('plan', '--format', 'json', ...options);
  expect(codes).toContain(plan.code);
  expect(codes).toContain((await run('apply', '--yes', ...options)).code);
  expect(codes).toContain((await run('apply', '--yes', '--keep-going', ...options)).code);
  expect(deletes(emulator)).toEqual([]);
  return JSON.parse(plan.stdout);
}

const protectedEntry = '{ kind: registry_token, registry: team-a, name: ci, protected: true }';

describe('a protected token is kept, however another entry leads to it', () => {
  test.each([
    'another host',
    'a path with a slash at its end',
    'another path of the same meaning',
    'capitals in scheme and host',
  ])('by %s', async (spelling) => {
    const plan = await expectKept(
      await site(
        ({ url }) => `tokens:
  - ${protectedEntry}
  - { kind: registry_token, registry: ${registry}, state: absent, registry_token: ci, api_url: "${spellings(url)[spelling]}" }
`,
      ),
    );
    const codes = plan.changes.map(({ error }: { error: { code: string } }) => error.code);
    expect(codes).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
  });

  test.each([
    {
      why: 'replaced by an update that renames it',
      other: (url: string) =>
        `{ kind: registry_token, registry: ${registry}, state: update, registry_token: ci, name: cd, allow_replace: true, secret: discard, api_url: "${url}" }`,
    },
    {
      why: 'by its ID in capitals',
      other: (url: string) =>
        `{ kind: registry_token, registry: ${registry.toUpperCase()}, state: absent, registry_token: ${used.toUpperCase()}, api_url: "${url}" }`,
    },
    {
      why: 'with a user name and a password in place of a token',
      other: () =>
        `{ kind: registry_token, registry: ${registry}, state: absent, registry_token: ci, username: emulator, password: "\${env:DOCKER_HUB_PASSWORD}" }`,
    },
    {
      why: 'as a generation of a family',
      other: (url: string) =>
        `{ kind: registry_token, registry: ${registry}, name: ci, rotate: { every: 2d, lifetime: 9d }, secret: discard, api_url: "${url}" }`,
    },
  ])('$why', async ({ other }) => {
    await expectKept(
      await site(
        ({ url }) => `tokens:
  - ${protectedEntry}
  - ${other(url.replace('127.0.0.1', 'localhost'))}
`,
      ),
    );
  });

  test('on Docker Hub, too: an account and an organization by two addresses', async () => {
    await expectKept(
      await site(
        ({ url }) => `tokens:
  - { kind: docker_hub_personal_token, token_label: ci, protected: true }
  - { kind: docker_hub_personal_token, uuid: ${used}, state: absent, api_url: "${url.replace('127.0.0.1', 'localhost')}" }
  - { kind: docker_hub_org_token, org: acme, label: ci, protected: true }
  - { kind: docker_hub_org_token, org: ACME, id: ${used}, state: absent, api_url: "${url.replace('127.0.0.1', 'localhost')}" }
`,
      ),
    );
  });
});

describe('what a run leaves aside keeps its tokens', () => {
  const gone = `{ kind: registry_token, registry: ${registry}, state: absent, registry_token: ci }`;

  test.each([
    { why: 'a protected one', keeping: protectedEntry },
    { why: 'any other', keeping: '{ kind: registry_token, registry: team-a, name: ci }' },
  ])('with --target: $why', async ({ keeping }) => {
    const kept = await site(() => `tokens: [${keeping}, ${gone}]\n`);
    await expectKept(kept, ['--target', `registry_token:${registry}/ci`]);
  });

  test('with --target, where the protecting entry can not be resolved', async () => {
    const keeping = protectedEntry.replace('team-a', 'team-aa');
    const kept = await site(() => `tokens: [${keeping}, ${gone}]\n`);
    await expectKept(kept, ['--target', `registry_token:${registry}/ci`], [3]);
  });

  test.each(['1/2', '2/2', '1/3', '2/3', '3/3'])(
    'with --shard %s, where it can not be resolved',
    async (shard) => {
      const keeping = protectedEntry.replace('team-a', 'team-aa');
      const { emulator, run } = await site(() => `tokens: [${keeping}, ${gone}]\n`);
      for (const more of [[], ['--keep-going']]) {
        await run('apply', '--yes', '--shard', shard, ...more);
      }
      expect(deletes(emulator)).toEqual([]);
    },
  );

  test('and no other: a target goes on without what it has nothing to do with', async () => {
    const { emulator, run } = await site(
      () => `tokens:
  - { kind: registry_token, registry: team-aa, name: another, protected: true }
  - { kind: docker_hub_personal_token, token_label: x, username: someone, password: "\${env:NOT_SET}" }
  - ${gone}
`,
    );
    const { code } = await run('apply', '--yes', '--target', `registry_token:${registry}/ci`);
    expect(code).toBe(0);
    expect(deletes(emulator)).toHaveLength(1);
  });
});

describe('prune leaves alone what an entry declares', () => {
  test.each(['another host', 'a path with a slash at its end'])('by %s', async (spelling) => {
    const { emulator, run } = await site(
      ({ url }) => `defaults: { registry_token: { api_url: "${spellings(url)[spelling]}" } }
prune: [{ kind: registry_token, registry: ${registry}, match: "*" }]
---
apiVersion: reconcile/v1
tokens: [{ kind: registry_token, registry: team-a, name: ci }]
`,
    );
    expect((await run('apply', '--yes', '--max-deletes', '1')).code).toBe(0);
    expect(emulator.tokens('team-a').map(({ name }) => name)).toEqual(['ci']);
  });

  test('and the old token of a replace until the new one is delivered, whatever address its record is kept under', async () => {
    const emulator = await servedEmulator(seed);
    const { env } = emulator;
    const entry = (registryAs: string, more = ''): string =>
      `tokens: [{ kind: registry_token, registry: ${registryAs}, name: new, scopes: [], secret: [{ file: { path: new.json } }]${more} }]\n`;
    const cwd = await folderWith({ 'tokens.yaml': `apiVersion: reconcile/v1\n${entry('team-a')}` });
    expect((await reconcile(['apply', '--yes'], { cwd, env })).code).toBe(0);
    const file = join(cwd, '.reconcile/custody.json');
    const ledger = JSON.parse(await readFile(file, 'utf8')) as {
      tokens: Record<string, { superseded: object[] }>;
    };
    const [record] = Object.values(ledger.tokens);
    const created = emulator.tokens('team-a').find(({ id }) => id === used)?.created ?? 0;
    record?.superseded.push({ id: used, name: 'ci', created: Math.floor(created / 1000) });
    await writeFile(file, JSON.stringify(ledger));
    await rm(join(cwd, 'new.json'));

    const localhost = emulator.url.replace('127.0.0.1', 'localhost');
    const rule = `prune: [{ kind: registry_token, registry: ${registry}, match: "*" }]\n`;
    await writeFile(
      join(cwd, 'tokens.yaml'),
      `apiVersion: reconcile/v1\n${rule}${entry(registry, `, api_url: "${localhost}"`)}`,
    );
    const { stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env });
    const { changes } = JSON.parse(stdout) as {
      readonly changes: readonly { action: string; address: string }[];
    };
    expect(changes.filter(({ action }) => action === 'delete').map(({ address }) => address)).toEqual([
      `registry_token:${registry}/other`,
    ]);
  });

  test('in an account that two logins lead to, one of which does not tell its name', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({
      'tokens.yaml': `apiVersion: reconcile/v1
defaults: { docker_hub_personal_token: { token: "\${env:BEARER}" } }
prune: [{ kind: docker_hub_personal_token, match: "*" }]
---
apiVersion: reconcile/v1
tokens: [{ kind: docker_hub_personal_token, token_label: ci, username: emulator, password: "\${env:PASSWORD}" }]
`,
    });
    const env = { DOCKER_HUB_API_URL: emulator.url, BEARER: 'emulator', PASSWORD: 'emulator' };
    const { code, stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).summary).toMatchObject({ noop: 1, delete: 0 });

    // Each shard sees one of the two alone.
    for (const shard of ['1/2', '2/2', '1/3', '2/3', '3/3']) {
      const apart = await reconcile(['plan', '--format', 'json', '--shard', shard], { cwd, env });
      expect(apart.code).toBe(1);
      expect(JSON.parse(apart.stdout).summary).toMatchObject({ delete: 0, error: 1 });
    }
  });
});

test('a token that takes the name of a protected one during the run is not replaced either', async () => {
  const emulator = createEmulator({
    seed: parseSeed(
      `docker_hub: { users: [{ name: emulator, tokens: [{ uuid: ${used}, token_label: ci, scopes: ["repo:read"] }] }] }`,
    ),
  });
  const made: string[] = [];
  const served = await serve(
    {
      fetch: async (request) => {
        if (request.method === 'PATCH' && made.length === 0) {
          const { personal } = emulator.hub;
          personal.deleteAs('emulator', used);
          const other = personal.createAs('emulator', {
            label: 'ci',
            scopes: ['repo:write'],
          });
          made.push(other.id);
        }
        return emulator.fetch(request);
      },
    },
    { port: 0 },
  );
  onTestFinished(() => served.close());
  const cwd = await folderWith({
    'tokens.yaml': `apiVersion: reconcile/v1
tokens:
  - { kind: docker_hub_personal_token, token_label: ci, scopes: ["repo:read"], is_active: false, allow_replace: true, protected: true, secret: discard }
`,
  });
  const env = {
    DOCKER_HUB_API_URL: served.url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
  };
  const { code, stdout } = await reconcile(['apply', '--yes', '--format', 'json'], { cwd, env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).results).toMatchObject([{ status: 'failed', error: { code: 'PLAN_UNSAFE' } }]);
  expect(emulator.hub.personalTokens('emulator').map(({ id }) => id)).toEqual(made);
});

test('a token that is held is not taken for what a lost answer left behind, although its record is kept under another address', async () => {
  const emulator = await servedEmulator(seed);
  const { env, url } = emulator;
  const entry = (more = ''): string =>
    `apiVersion: reconcile/v1\ntokens: [{ kind: registry_token, registry: team-a, name: new, scopes: [], secret: [{ command: { run: [cat] } }]${more} }]\n`;
  const localhost = url.replace('127.0.0.1', 'localhost');
  const cwd = await folderWith({ 'tokens.yaml': entry(`, api_url: "${localhost}"`) });
  expect((await reconcile(['apply', '--yes'], { cwd, env })).code).toBe(0);
  const made = emulator.tokens('team-a').find(({ name }) => name === 'new');

  // An answer was lost by the other address, about when the token was made.
  const file = join(cwd, '.reconcile/custody.json');
  const ledger = JSON.parse(await readFile(file, 'utf8')) as { tokens: Record<string, object> };
  const key = recordKey('registry_token', `${url}/containerregistries`, registry, 'new');
  const created = Math.floor((made?.created ?? 0) / 1000);
  const held = Object.values(ledger.tokens)[0];
  const attempt = {
    nonce: 'nonce',
    replaceOrder: null,
    key,
    kind: 'registry_token',
    address: 'registry_token:team-a/new',
    scope: { id: registry, name: 'team-a' },
    name: 'new',
    id: null,
    fields: { name: 'new', scopes: [] },
    sinks: [],
    knownIds: [],
    listedAt: created - 1,
    deadline: created + 5,
    replaces: null,
    resolvedAt: null,
  };
  ledger.tokens[key] = { ...held, id: null, created: null, delivered: {}, unresolved: [attempt] };
  await writeFile(file, JSON.stringify(ledger));
  await writeFile(join(cwd, 'tokens.yaml'), entry());
  const { code, stdout } = await reconcile(['apply', '--yes', '--grace', '0', '--format', 'json'], {
    cwd,
    env,
  });
  expect(JSON.parse(stdout).results).toMatchObject([{ action: 'noop', id: made?.id }]);
  expect(code).toBe(0);
  expect(deletes(emulator)).toEqual([]);
});

test('two entries by two addresses would make one token twice: neither does', async () => {
  const { emulator, run } = await site(
    ({ url }) => `tokens:
  - { kind: registry_token, registry: team-a, name: new, scopes: [], secret: discard }
  - { kind: registry_token, registry: ${registry}, name: new, scopes: [], secret: discard, api_url: "${url.replace('127.0.0.1', 'localhost')}" }
`,
  );
  expect((await run('apply', '--yes', '--keep-going')).code).toBe(1);
  expect(writes(emulator)).toEqual([]);
});
