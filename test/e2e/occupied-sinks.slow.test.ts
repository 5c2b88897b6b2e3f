import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const idOf = (index: number): string => `00000000-0000-4000-8000-00000000000${index}`;

const seed = `{ ionos: { registries: [
  { id: ${idOf(1)}, name: team-a, hostname: team-a.cr.example.com },
  { id: ${idOf(2)}, name: team-b, hostname: team-b.cr.example.com },
  { id: ${idOf(3)}, name: mirror, hostname: team-a.cr.example.com },
] } }`;

const hub = (label: string, secret: string): string =>
  `{ kind: docker_hub_personal_token, token_label: ${label}, scopes: [repo:read], secret: ${secret} }`;

/** A token of a registry whose secret goes there. */
const token = (name: string, secret: string, registry = 'team-a', more = ''): string =>
  `{ kind: registry_token, registry: ${registry}, name: ${name}, scopes: [{ type: repository, name: app, actions: [pull] }], secret: ${secret}${more} }`;

const absent = (name: string): string =>
  `{ kind: registry_token, registry: team-a, state: absent, registry_token: ${name} }`;

const manifest = (...tokens: readonly string[]): string =>
  `apiVersion: reconcile/v1\ntokens:\n${tokens.map((each) => `  - ${each}\n`).join('')}`;

const toFile = '[{ file: { path: out } }]';

/** A folder with two manifests, of which the first was applied. */
async function site(first: string, second: string) {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({ 'first.yaml': first, 'second.yaml': second });
  await mkdir(join(cwd, 'docker'));
  const env = { ...emulator.env, ...emulator.hubEnv };
  const run = (...args: readonly string[]) => reconcile([...args, '--format', 'json'], { cwd, env });
  expect((await run('apply', '-y', 'first.yaml')).code).toBe(0);
  return { emulator, cwd, run };
}

/** The plan of the second manifest is an error that names the first's token, and applying it writes nothing. */
async function expectRefused(
  {
    emulator,
    run,
  }: {
    readonly emulator: ServedEmulator;
    readonly run: (...args: readonly string[]) => Promise<{ code: number | null; stdout: string }>;
  },
  words: string,
): Promise<void> {
  const changes = () => writes(emulator).filter((write) => !write.startsWith('POST /v2/auth'));
  const before = changes();
  const { code, stdout } = await run('plan', 'second.yaml');
  expect(code).toBe(1);
  const [error] = JSON.parse(stdout).changes.flatMap(({ error: found }: { error: unknown }) => found ?? []);
  expect(error).toMatchObject({ code: 'MANIFEST_CONFLICT', message: expect.stringContaining(words) });
  expect((await run('apply', '-y', 'second.yaml')).code).toBe(1);
  expect(changes()).toEqual(before);
}

// The secret that is there is nowhere else: the token would live on, and could never be used again.
describe("a place that holds another live token's secret is an error in the plan", () => {
  const rows: readonly (readonly [why: string, first: string, second: string, words: string])[] = [
    [
      'a file, from a second manifest',
      manifest(token('ci-one', toFile)),
      manifest(token('ci-two', toFile)),
      'the file out holds the secret of another live token, registry_token:team-a/ci-one',
    ],
    [
      'a file that tells nothing, by the ledger',
      manifest(token('ci-one', '[{ file: { path: out, format: raw } }]')),
      manifest(token('ci-two', '[{ file: { path: ./out, format: json } }]')),
      'holds the secret of another live token, registry_token:team-a/ci-one',
    ],
    [
      'a file of a token in another registry',
      manifest(token('ci', toFile, 'team-b')),
      manifest(token('ci', toFile)),
      'another live token, registry_token:team-b/ci',
    ],
    [
      "a file of another service's token",
      manifest(hub('ci', toFile)),
      manifest(token('ci', toFile)),
      'another live token, docker_hub_personal_token:ci',
    ],
    [
      'the docker login for one host',
      manifest(token('ci-one', '[{ docker: { config: docker } }]')),
      manifest(token('ci-two', '[{ docker: { config: docker/../docker } }]')),
      'the docker login for team-a.cr.example.com in docker/../docker holds',
    ],
    [
      'the docker login for one host, from another registry',
      manifest(token('ci', '[{ docker: { config: docker } }]', 'mirror')),
      manifest(token('ci', '[{ docker: { config: docker } }]')),
      'another live token, registry_token:mirror/ci',
    ],
    [
      'the login of Docker Hub',
      manifest(hub('ci one', '[{ docker: { config: docker } }]')),
      manifest(hub('ci two', '[{ docker: { config: docker } }]')),
      'the docker login for docker.io in docker holds',
    ],
    [
      'a file that is a docker configuration with its login',
      manifest(token('ci-one', '[{ docker: { config: docker } }]')),
      manifest(token('ci-two', '[{ file: { path: docker/config.json, format: dockerconfigjson } }]')),
      'the file docker/config.json holds the secret of another live token, registry_token:team-a/ci-one',
    ],
    [
      'the same for the login of another host',
      manifest(token('ci', '[{ docker: { config: docker } }]', 'team-b')),
      manifest(token('ci', '[{ file: { path: ./docker/../docker/config.json, format: raw } }]')),
      'another live token, registry_token:team-b/ci',
    ],
    [
      'a docker configuration that is the file of its secret',
      manifest(token('ci-one', '[{ file: { path: docker/config.json, format: dockerconfigjson } }]')),
      manifest(token('ci', '[{ docker: { config: docker } }]', 'team-b')),
      'another live token, registry_token:team-a/ci-one',
    ],
    [
      'a Secret of Kubernetes, by the names that are made of labels',
      manifest(hub('"CI Push (eu)"', '[{ file: { path: one.yaml, format: kubernetes } }]')),
      manifest(hub('ci push eu', '[{ file: { path: two.yaml, format: kubernetes } }]')),
      'the Kubernetes Secret ci-push-eu holds',
    ],
  ];
  test.each(rows)('%s', async (_, first, second, words) => {
    await expectRefused(await site(first, second), words);
  });

  test('a file, by what it says, where the ledger is lost', async () => {
    const made = await site(manifest(token('ci-one', toFile)), manifest(token('ci-two', toFile)));
    await rm(join(made.cwd, '.reconcile'), { recursive: true });
    await expectRefused(
      made,
      'the file out holds the secret of another live token, registry_token:team-a/ci-one',
    );
  });

  test('a file of another registry, by what it says, where the ledger is lost', async () => {
    const made = await site(manifest(token('ci', toFile, 'team-b')), manifest(token('ci', toFile)));
    await rm(join(made.cwd, '.reconcile'), { recursive: true });
    await expectRefused(made, 'another live token, registry_token:team-b/ci');
  });

  test('a file, where the name of its entry was edited', async () => {
    const made = await site(manifest(token('ci', toFile)), manifest(token('ci-edited', toFile)));
    await expectRefused(made, 'another live token, registry_token:team-a/ci');
  });

  test('a file that tells nothing, by a ledger of an earlier version, once it was applied', async () => {
    const raw = '[{ file: { path: out, format: raw } }]';
    const made = await site(manifest(token('ci-one', raw)), manifest(token('ci-two', raw)));
    const ledger = join(made.cwd, '.reconcile/custody.json');
    const { tokens, ...rest } = JSON.parse(await readFile(ledger, 'utf8'));
    for (const entry of Object.values<Record<string, unknown>>(tokens))
      Reflect.deleteProperty(entry, 'places');
    await writeFile(ledger, JSON.stringify({ ...rest, tokens }));
    expect((await made.run('apply', '-y', 'first.yaml')).code).toBe(0);
    await expectRefused(made, 'another live token, registry_token:team-a/ci-one');
  });

  test('a file that was added to an entry whose secret is elsewhere', async () => {
    const both = '[{ file: { path: own } }, { file: { path: out, format: raw } }]';
    const made = await site(
      manifest(
        token('ci-one', '[{ file: { path: out, format: raw } }]'),
        token('ci-two', '[{ file: { path: own } }]'),
      ),
      manifest(token('ci-two', both)),
    );
    await expectRefused(made, 'the file out holds the secret of another live token');
  });
});

describe('a place is free', () => {
  test('once what it holds is moved away', async () => {
    const { cwd, run } = await site(
      manifest(token('ci-one', '[{ file: { path: out, format: raw } }, { docker: { config: docker } }]')),
      manifest(token('ci-two', '[{ file: { path: out } }, { docker: { config: docker } }]')),
    );
    await rm(join(cwd, 'out'));
    expect((await run('plan', 'second.yaml')).code).toBe(1);
    await writeFile(join(cwd, 'docker/config.json'), '{"auths":{}}');
    expect((await run('apply', '-y', 'second.yaml')).code).toBe(0);
  });

  test.each([
    ['that is gone', ''],
    ['that is gone, without a ledger', '.reconcile'],
  ])('of a token %s', async (_, lost) => {
    const { emulator, cwd, run } = await site(
      manifest(token('ci-one', toFile)),
      manifest(token('ci-two', toFile)),
    );
    for (const { id } of emulator.tokens('team-a')) emulator.deleteAs('team-a', id);
    if (lost !== '') await rm(join(cwd, lost), { recursive: true });
    expect((await run('apply', '-y', 'second.yaml')).code).toBe(0);
    expect(await readFile(join(cwd, 'out'), 'utf8')).toContain(emulator.tokens('team-a')[0]?.password);
  });

  test('of a token that the same plan deletes, or replaces by way of a rename', async () => {
    const { emulator, cwd, run } = await site(
      manifest(token('ci-one', toFile), token('ci-old', '[{ file: { path: other } }]')),
      manifest(
        absent('ci-one'),
        token('ci-two', toFile),
        token(
          'ci-new',
          '[{ file: { path: other } }]',
          'team-a',
          ', state: update, registry_token: ci-old, allow_replace: true',
        ),
      ),
    );
    expect((await run('apply', '-y', 'second.yaml')).code).toBe(0);
    expect(
      emulator
        .tokens('team-a')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ci-new', 'ci-two']);
    for (const [path, name] of [
      ['out', 'ci-two'],
      ['other', 'ci-new'],
    ] as const) {
      const password = emulator.tokens('team-a').find((each) => each.name === name)?.password;
      expect(JSON.parse(await readFile(join(cwd, path), 'utf8')).password).toBe(password);
    }
    expect((await run('plan', 'second.yaml', '--detailed-exitcode')).code).toBe(0);
  });

  test('of its own token, whatever becomes of that: a replace, a rotation, a lost ledger', async () => {
    const secret = '[{ file: { path: out } }, { docker: { config: docker } }]';
    const rotating = token('ci', secret, 'team-a', ', rotate: { every: 30d, lifetime: 60d }');
    const { emulator, cwd, run } = await site(manifest(token('ci', secret)), manifest(rotating));
    const address = 'registry_token:team-a/ci';
    expect((await run('apply', '-y', 'first.yaml', '--replace', address)).code).toBe(0);
    await rm(join(cwd, '.reconcile'), { recursive: true });
    expect((await run('apply', '-y', 'first.yaml', '--replace', address)).code).toBe(0);
    expect((await run('apply', '-y', 'second.yaml')).code).toBe(0);
    expect((await run('rotate', '-y', address, '-f', 'second.yaml')).code).toBe(0);
    const held = JSON.parse(await readFile(join(cwd, 'out'), 'utf8'));
    expect(emulator.tokens('team-a').map(({ password }) => password)).toContain(held.password);
    expect((await run('plan', 'second.yaml', '--detailed-exitcode')).code).toBe(0);
  });
});

describe('two tokens of a run that turn out to have one docker login are an error', () => {
  test('where one registry is written by its ID, and once by its name', async () => {
    const emulator = await servedEmulator(seed);
    const docker = '[{ docker: { config: docker } }]';
    const cwd = await folderWith({
      'tokens.yaml': manifest(token('ci-one', docker), token('ci-two', docker, idOf(1))),
    });
    const { code, stdout } = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).summary).toMatchObject({ error: 2, create: 0 });
  });

  test('where two registries have one host', async () => {
    const emulator = await servedEmulator(seed);
    const docker = '[{ docker: { config: docker } }]';
    const cwd = await folderWith({
      'tokens.yaml': manifest(
        token('ci', docker),
        token('ci', docker, 'mirror'),
        token('ci', docker, 'team-b'),
      ),
    });
    const { code, stdout } = await reconcile(['apply', '-y', '--format', 'json'], { cwd, env: emulator.env });
    expect(code).toBe(1);
    const failed = JSON.parse(stdout).results.filter(({ status }: { status: string }) => status === 'failed');
    expect(failed.map(({ address }: { address: string }) => address)).toEqual([
      'registry_token:mirror/ci',
      'registry_token:team-a/ci',
    ]);
    expect(writes(emulator)).toEqual([]);
  });
});

test('a secret that waits in the spool is not delivered over that of another token', async () => {
  const failing = '[{ file: { path: out, format: raw } }, { command: { run: ["false"] } }]';
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({
    'first.yaml': manifest(token('ci-one', failing)),
    'second.yaml': manifest(token('ci-two', '[{ file: { path: out, format: raw } }]')),
  });
  const run = (...args: readonly string[]) => reconcile(args, { cwd, env: emulator.env });
  expect((await run('apply', '-y', 'first.yaml')).code).toBe(4);
  await rm(join(cwd, 'out'));
  expect((await run('apply', '-y', 'second.yaml')).code).toBe(4);
  const held = await readFile(join(cwd, 'out'), 'utf8');
  const { code, stderr } = await run('spool', 'deliver');
  expect(code).toBe(1);
  expect(stderr).toContain('the file out holds the secret of registry_token:team-a/ci-two');
  expect(await readFile(join(cwd, 'out'), 'utf8')).toBe(held);
  expect(held).toBe(emulator.tokens('team-a').find(({ name }) => name === 'ci-two')?.password);
});

describe('a file sink on a docker configuration', () => {
  const file = (format: string): string => `[{ file: { path: docker/config.json, format: ${format} } }]`;
  test.each([
    ['a login that docker made', '{"auths":{"ghcr.io":{"auth":"YTpi"}}}'],
    ['a login that docker made for this host', '{"auths":{"team-a.cr.example.com":{"auth":"YTpi"}}}'],
    ['a credential helper', '{"credHelpers":{"ghcr.io":"pass"}}'],
    ['a credential store', '{"credsStore":"desktop"}'],
  ])('is refused before the first write if that holds %s', async (_, config) => {
    for (const format of ['dockerconfigjson', 'json', 'raw']) {
      const emulator = await servedEmulator(seed);
      const cwd = await folderWith({ 'tokens.yaml': manifest(token('ci', file(format))) });
      await mkdir(join(cwd, 'docker'));
      await writeFile(join(cwd, 'docker/config.json'), config);
      const applied = await reconcile(['apply', '-y'], { cwd, env: emulator.env });
      expect(applied.code).toBe(1);
      expect((applied.stdout + applied.stderr).replace(/\s+/g, ' ')).toContain('logins of others');
      expect(writes(emulator)).toEqual([]);
      expect(await readFile(join(cwd, 'docker/config.json'), 'utf8')).toBe(config);
    }
  });

  test('is written again where it is its own file of before, in any format', async () => {
    const emulator = await servedEmulator(seed);
    const cwd = await folderWith({});
    await mkdir(join(cwd, 'docker'));
    for (const format of ['dockerconfigjson', 'dockerconfigjson', 'raw', 'dockerconfigjson', 'json']) {
      await writeFile(join(cwd, 'tokens.yaml'), manifest(token('ci', file(format))));
      const args = ['apply', '-y', '--replace', 'registry_token:team-a/ci'];
      expect((await reconcile(args, { cwd, env: emulator.env })).code).toBe(0);
    }
  });
});
