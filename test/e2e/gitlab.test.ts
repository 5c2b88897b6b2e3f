import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import { type Finished, reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const gitlab = {
  groups: [{ path: 'team' }],
  projects: [{ path: 'team/app' }, { path: 'team/off', registry: false }],
};
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const toFile = (path: string) => [{ file: { path } }];
const deploy = {
  kind: 'gitlab_deploy_token',
  project: 'team/app',
  name: 'ci',
  username: 'ci',
  scopes: ['read_registry'],
  expires_at: `${inDays(100)}T08:00:00Z`,
  secret: toFile('ci.json'),
};
const access = {
  kind: 'gitlab_access_token',
  group: 'team',
  name: 'renovate',
  description: 'updates',
  scopes: ['read_api'],
  access_level: 'reporter',
  expires_at: inDays(100),
  secret: toFile('renovate.json'),
};

/** A folder with a manifest, and a GitLab with a group and two projects. */
async function createFixture(
  tokens: readonly object[],
  { seed = gitlab, ...options }: Omit<EmulatorOptions, 'seed'> & { readonly seed?: object } = {},
) {
  const emulator = await servedEmulator(JSON.stringify({ gitlab: seed }), options);
  const manifest = (list: readonly object[]): string =>
    JSON.stringify({ apiVersion: 'reconcile/v1', tokens: list });
  const cwd = await folderWith({ 'tokens.yaml': manifest(tokens) });
  let env = emulator.gitlabEnv;
  const run = (...args: readonly string[]): Promise<Finished> => reconcile(args, { cwd, env });
  const plan = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const { stdout, stderr } = await run('plan', '--format', 'json');
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout).changes;
  };
  return {
    emulator,
    run,
    plan,
    apply: async (...args: readonly string[]) => {
      expect(await run('apply', '-y', ...args)).toMatchObject({ code: 0 });
    },
    expectNothingToDo: async () => {
      expect(await plan()).toEqual(
        tokens.map(() => expect.objectContaining({ action: 'noop', warnings: [] })),
      );
    },
    declare: (...list: readonly object[]) => writeFile(join(cwd, 'tokens.yaml'), manifest(list)),
    sink: async (path: string) => JSON.parse(await readFile(join(cwd, path), 'utf8')),
    signInWith: (token: string) => {
      env = { ...env, GITLAB_TOKEN: token };
    },
  };
}

test('tokens of both kinds are created, and then are as declared', async () => {
  const { apply, sink, emulator, expectNothingToDo } = await createFixture([access, deploy]);
  await apply();
  const [deployed] = emulator.gitlab.deployTokens('project', 'team/app');
  const [accessing] = emulator.gitlab.accessTokens('group', 'team');
  const { host: registry } = new URL(emulator.url);
  expect(await sink('ci.json')).toMatchObject({ username: 'ci', password: deployed?.secret, registry });
  expect(await sink('renovate.json')).toMatchObject({
    username: 'renovate',
    password: accessing?.secret,
    registry,
  });
  expect(accessing?.description).toMatch(/^updates \[reconcile\/\S+ \(\S+\)\]$/);
  await expectNothingToDo();
});

test('a change replaces the token, which keeps its user name', async () => {
  const { username: _, ...without } = deploy;
  const fixture = await createFixture([without]);
  await fixture.apply();
  const before = await fixture.sink('ci.json');
  await fixture.declare({ ...without, scopes: ['read_registry', 'write_registry'], allow_replace: true });
  await fixture.apply();
  const after = await fixture.sink('ci.json');
  expect(after).toMatchObject({ username: before.username });
  expect(after.password).not.toBe(before.password);
  expect(fixture.emulator.gitlab.deployTokens('project', 'team/app')).toMatchObject([
    { id: after.id, secret: after.password, scopes: ['read_registry', 'write_registry'] },
  ]);
  expect(writes(fixture.emulator).map((what) => what.split(' ')[0])).toEqual(['POST', 'POST', 'DELETE']);
});

test('a rotation keeps the user name, and both generations for a while', async () => {
  const { expires_at: _, ...rotating } = deploy;
  const rotate = { every: '30d', lifetime: '45d', overlap: '24h' };
  const { apply, run, sink, emulator } = await createFixture([{ ...rotating, rotate }]);
  await apply();
  const first = await sink('ci.json');
  expect(await run('rotate', '-y', 'gitlab_deploy_token:team/app/ci')).toMatchObject({ code: 0 });
  const second = await sink('ci.json');
  expect(second).toMatchObject({ username: 'ci' });
  expect(emulator.gitlab.deployTokens('project', 'team/app').map(({ id }) => id)).toEqual([
    first.id,
    second.id,
  ]);
});

test('an end that the installation requires is no reason for another replace', async () => {
  const { apply, plan } = await createFixture([{ ...access, expires_at: 'never' }]);
  await apply();
  expect(await plan()).toMatchObject([
    { action: 'noop', warnings: [expect.stringContaining('the service granted')] },
  ]);
});

describe('the registry', () => {
  test('that is disabled is an error for tokens of the registry only', async () => {
    const off = { ...deploy, project: 'team/off' };
    const git = { ...off, name: 'git', scopes: ['read_repository'], secret: 'discard' };
    const { plan } = await createFixture([off, git]);
    expect(await plan()).toMatchObject([
      { error: { message: expect.stringContaining('registry of project team/off is disabled') } },
      { action: 'create' },
    ]);
  });

  test('can be named in the manifest', async () => {
    const { apply, sink } = await createFixture([{ ...deploy, registry_host: 'Registry.example.com:5050' }], {
      gitlabQuirks: { registryHost: 'registry.internal' },
    });
    await apply();
    expect(await sink('ci.json')).toMatchObject({ registry: 'registry.example.com:5050' });
  });
});

describe('the signed-in token', () => {
  test('that soon ends is a warning of the plan, once', async () => {
    const users = [{ name: 'max', roles: { team: 'owner' }, tokens: [{ name: 'max', expires_in: '5d' }] }];
    const fixture = await createFixture([access, deploy], { seed: { ...gitlab, users } });
    fixture.signInWith('glpat-max');
    const { stderr, stdout, code } = await fixture.run('plan');
    expect(code).toBe(0);
    expect(stderr.match(/the token that signs in to GitLab ends on/g)).toHaveLength(1);
    expect(stdout + stderr).not.toContain('glpat-max');
    const doctor = await fixture.run('doctor');
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringContaining('signs in to GitLab ends on') });
  });

  test('that is an access token creates deploy tokens only', async () => {
    const fixture = await createFixture([{ ...access, project: 'team/app', group: undefined }, deploy]);
    const { gitlab: actor } = fixture.emulator;
    fixture.signInWith(actor.createAccessToken('project', 'team/app', { name: 'bot' }).secret);
    expect(await fixture.plan()).toMatchObject([
      { error: { code: 'AUTH', message: expect.stringContaining("can't create tokens") } },
      { action: 'create' },
    ]);
  });

  test('is never shown, and no password is accepted beside it', async () => {
    const { run } = await createFixture([{ ...deploy, password: 'hunter2' }]);
    const { code, stderr } = await run('plan', '--log-level', 'debug');
    expect(code).toBe(1);
    expect(stderr).toContain('GitLab accepts no password');
    expect(stderr).not.toContain('hunter2');
  });
});

test('a project that several services could have is listed where credentials are', async () => {
  const { apply, run } = await createFixture([deploy]);
  await apply();
  const { code, stdout } = await run('list', '--project', 'team/app', '--format', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).tokens).toMatchObject([
    { address: 'gitlab_deploy_token:team/app/ci', custody: 'held' },
  ]);
});

test('an export is a manifest that plans nothing', async () => {
  const { apply, run, emulator } = await createFixture([access, deploy]);
  await apply();
  const { stdout, code } = await run('export');
  expect(code).toBe(0);
  expect(stdout).toContain('description: updates\n');
  const cwd = await folderWith({ 'tokens.yaml': stdout });
  const planned = await reconcile(['plan', '--format', 'json'], { cwd, env: emulator.gitlabEnv });
  expect(JSON.parse(planned.stdout).changes).toMatchObject([{ action: 'noop' }, { action: 'noop' }]);
});
