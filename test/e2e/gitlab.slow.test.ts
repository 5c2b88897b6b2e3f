import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { systemMachine } from '../../src/system/system-machine.ts';
import type { Finished } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

const day = 86_400;
const inDays = (days: number): string => new Date(Date.now() + days * day * 1000).toISOString().slice(0, 10);
const toFile = (path: string): readonly object[] => [{ file: { path } }];

const deploy = {
  kind: 'gitlab_deploy_token',
  project: 'team/app',
  name: 'ci',
  username: 'ci',
  scopes: ['read_registry'],
  secret: toFile('deploy.json'),
};
const access = {
  kind: 'gitlab_access_token',
  project: 'team/app',
  name: 'bot',
  description: 'mirrors images',
  scopes: ['read_registry'],
  access_level: 'developer',
  secret: toFile('access.json'),
};
const ends = { expires_at: inDays(100) };
const endsAt = { expires_at: `${inDays(100)}T08:00:00Z` };

/** Runs the program in this process, which saves the time to start it; its clock is some seconds ahead. */
async function runHere(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  ahead = 0,
): Promise<Finished> {
  const printed = { stdout: '', stderr: '' };
  const output = (name: keyof typeof printed) => ({
    isTTY: false,
    columns: 100,
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const code = await run(args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdin: { isTTY: false, read: async () => Buffer.alloc(0) },
    stdout: output('stdout'),
    stderr: output('stderr'),
    ask: async () => undefined,
    interrupt: new AbortController().signal,
    interruptCode: () => undefined,
    clock: { ...systemClock, now: () => systemClock.now() + ahead * 1000 },
    machine: systemMachine(process),
    node: process.versions.node,
    examples,
  });
  return { code, ...printed };
}

type Change = Readonly<Record<string, unknown>>;

interface Extras {
  readonly prune?: readonly object[];
}

/** A folder with a manifest, and a GitLab with the group `team` and its project `team/app`. */
async function createFixture(
  tokens: readonly object[],
  seed: object = { groups: [{ path: 'team' }], projects: [{ path: 'team/app' }] },
  options: Omit<EmulatorOptions, 'seed' | 'now'> = {},
) {
  let ahead = 0;
  let done = 0;
  const emulator = await servedEmulator(JSON.stringify({ gitlab: seed }), {
    ...options,
    now: () => Date.now() + ahead * 1000,
  });
  const manifest = (list: readonly object[], extras: Extras = {}): string =>
    JSON.stringify({ apiVersion: 'reconcile/v1', tokens: list, ...extras });
  const cwd = await folderWith({ 'tokens.yaml': manifest(tokens) });
  let env = emulator.gitlabEnv;
  const run = (...args: readonly string[]): Promise<Finished> => runHere(args, cwd, env, ahead);
  const printed = async (...args: readonly string[]) => {
    const { stdout, stderr } = await run(...args, '--format', 'json');
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return {
    emulator,
    cwd,
    run,
    printed,
    plan: async (): Promise<readonly Change[]> => (await printed('plan')).changes,
    apply: async (...args: readonly string[]) => {
      expect(await run('apply', '-y', ...args)).toMatchObject({ code: 0 });
    },
    expectNothingToDo: async () => {
      const { changes, guards = [] } = await printed('plan');
      for (const change of changes)
        expect(change).toMatchObject({ action: 'noop', warnings: [], error: null });
      expect(guards).toEqual([]);
    },
    declare: (list: readonly object[], extras?: Extras) =>
      writeFile(join(cwd, 'tokens.yaml'), manifest(list, extras)),
    text: (path: string) => readFile(join(cwd, path), 'utf8'),
    sink: async (path: string) => JSON.parse(await readFile(join(cwd, path), 'utf8')),
    forgetState: () => rm(join(cwd, '.reconcile'), { recursive: true }),
    passTime: (seconds: number) => {
      ahead += seconds;
    },
    signInWith: (token: string) => {
      env = { ...env, GITLAB_TOKEN: token };
    },
    /** The methods of the requests that changed something, since the last call. */
    changes: (): readonly string[] => {
      const all = writes(emulator);
      const latest = all.slice(done).map((what) => what.split(' ')[0] ?? '');
      done = all.length;
      return latest;
    },
    /** The live tokens of the project. */
    live: () => ({
      deploy: emulator.gitlab.deployTokens('project', 'team/app').filter(({ revoked }) => !revoked),
      access: emulator.gitlab.accessTokens('project', 'team/app').filter(({ revoked }) => !revoked),
    }),
  };
}

describe('the life of a token', () => {
  test('is create, replace and delete, each with nothing left to do', async () => {
    const declared = [
      { ...deploy, ...endsAt },
      { ...access, ...ends },
    ];
    const fixture = await createFixture(declared);
    await fixture.apply();
    expect(fixture.changes()).toEqual(['POST', 'POST']);
    await fixture.expectNothingToDo();

    const scopes = ['read_registry', 'write_registry'];
    await fixture.declare(declared.map((token) => ({ ...token, scopes })));
    for (const change of await fixture.plan()) {
      expect(change).toMatchObject({
        action: 'error',
        error: { message: expect.stringContaining('scopes') },
      });
    }
    await fixture.declare(declared.map((token) => ({ ...token, scopes, allow_replace: true })));
    expect(await fixture.plan()).toMatchObject([
      { action: 'replace', order: 'create_first' },
      { action: 'replace', order: 'create_first' },
    ]);
    await fixture.apply();
    expect(fixture.changes().toSorted()).toEqual(['DELETE', 'DELETE', 'POST', 'POST']);
    const { deploy: deployed, access: accessing } = fixture.live();
    expect(deployed).toMatchObject([{ username: 'ci', scopes }]);
    expect(accessing).toMatchObject([{ scopes }]);
    expect(await fixture.sink('deploy.json')).toMatchObject({ password: deployed[0]?.secret });
    expect(await fixture.sink('access.json')).toMatchObject({ password: accessing[0]?.secret });
    await fixture.expectNothingToDo();

    await fixture.declare(
      declared.map(({ kind, project, name }) => ({ kind, project, name, state: 'absent' })),
    );
    await fixture.apply('--max-deletes', '2');
    expect(fixture.live()).toEqual({ deploy: [], access: [] });
    await fixture.expectNothingToDo();
  });

  test('is rotation with an overlap; the user name of a deploy token stays', async () => {
    const rotate = { every: '30d', lifetime: '45d', overlap: '24h' };
    const fixture = await createFixture([
      { ...deploy, rotate },
      { ...access, rotate },
    ]);
    await fixture.apply();
    await fixture.expectNothingToDo();
    const before = await fixture.sink('deploy.json');
    fixture.passTime(31 * day);
    await fixture.apply();
    const { deploy: deployed, access: accessing } = fixture.live();
    expect([deployed.length, accessing.length]).toEqual([2, 2]);
    const after = await fixture.sink('deploy.json');
    expect(after).toMatchObject({ username: before.username, password: deployed[1]?.secret });
    expect(after.password).not.toBe(before.password);
    await fixture.expectNothingToDo();
    fixture.passTime(2 * day);
    await fixture.apply();
    expect(fixture.live()).toMatchObject({ deploy: [{ id: after.id }], access: [{ id: accessing[1]?.id }] });
    await fixture.expectNothingToDo();
  });
});

describe('identity', () => {
  const named = (name: string, count: number) => Array.from({ length: count }, () => ({ name }));

  test('without a state is the name, if exactly one live token bears it', async () => {
    const fixture = await createFixture([
      { ...deploy, ...endsAt },
      { ...access, ...ends },
    ]);
    await fixture.apply();
    await fixture.forgetState();
    await fixture.expectNothingToDo();
    fixture.changes();
    await fixture.apply();
    expect(fixture.changes()).toEqual([]);

    await fixture.forgetState();
    fixture.emulator.gitlab.createDeployToken('project', 'team/app', { name: 'ci' });
    fixture.emulator.gitlab.createAccessToken('project', 'team/app', { name: 'bot' });
    expect(await fixture.plan()).toMatchObject([
      { action: 'error', error: { code: 'AMBIGUOUS' } },
      { action: 'error', error: { code: 'AMBIGUOUS' } },
    ]);
    expect((await fixture.run('apply', '-y')).code).toBe(1);
    expect(fixture.changes()).toEqual([]);
  });

  test('leaves out revoked and expired tokens of the name, which are listed', async () => {
    const dead = (name: string) => [
      { name, revoked: true },
      { name, expires_in: '-2d' },
    ];
    const fixture = await createFixture([], {
      projects: [
        {
          path: 'team/app',
          deploy_tokens: [...dead('ci'), ...named('ci', 1), ...dead('gone')],
          access_tokens: [...dead('bot'), ...named('bot', 1), ...dead('gone')],
        },
      ],
    });
    const { tokens } = await fixture.printed('list');
    expect(tokens).toMatchObject([
      { address: 'gitlab_access_token:team/app/bot' },
      { address: 'gitlab_deploy_token:team/app/ci' },
    ]);
    const absent = { project: 'team/app', state: 'absent' };
    await fixture.declare([
      { ...absent, kind: 'gitlab_deploy_token', name: 'gone' },
      { ...absent, kind: 'gitlab_access_token', name: 'gone' },
      { kind: 'gitlab_deploy_token', project: 'team/app', name: 'ci' },
      { kind: 'gitlab_access_token', project: 'team/app', name: 'bot' },
    ]);
    await fixture.expectNothingToDo();
  });

  test('stays when the project moves', async () => {
    const fixture = await createFixture([
      { ...deploy, ...endsAt },
      { ...access, ...ends },
    ]);
    await fixture.apply();
    const { gitlab } = fixture.emulator;
    gitlab.move('project', 'team/app', 'other/app');
    await fixture.expectNothingToDo();
    await fixture.declare(
      [
        { ...deploy, ...endsAt },
        { ...access, ...ends },
      ].map((token) => ({ ...token, project: 'other/app' })),
    );
    await fixture.expectNothingToDo();
    fixture.changes();
    await fixture.apply();
    expect(fixture.changes()).toEqual([]);
  });
});

describe('lists', () => {
  test.each([true, false])('of 250 tokens have three pages (with their length: %s)', async (totals) => {
    const many = Array.from({ length: 250 }, (_, index) => ({ name: `t${index}` }));
    const project = {
      path: 'team/app',
      deploy_tokens: many,
      access_tokens: many.map((token) => ({ ...token, revoked: token.name === 't7' })),
    };
    const fixture = await createFixture([], { projects: [project] }, { gitlabQuirks: { totals } });
    const exported = await fixture.run('export');
    expect(exported.code).toBe(0);
    const pages = fixture.emulator.requests
      .map(({ path }) => /_tokens\?.*\bpage=(\d+)/.exec(path)?.[1])
      .filter((page) => page !== undefined);
    expect(pages.toSorted()).toEqual(['1', '1', '2', '2', '3', '3']);
    await writeFile(join(fixture.cwd, 'tokens.yaml'), exported.stdout);
    const { summary } = await fixture.printed('plan');
    expect(summary).toMatchObject({ noop: 499, create: 0, replace: 0, error: 0 });
  });

  test('of one project or group have its own tokens only', async () => {
    const tokens = (name: string) => ({
      deploy_tokens: [{ name: `d-${name}` }],
      access_tokens: [{ name: `a-${name}` }],
    });
    const fixture = await createFixture([], {
      groups: [{ path: 'team', ...tokens('team') }],
      projects: [
        { path: 'team/app', ...tokens('app') },
        { path: 'team/lib', ...tokens('lib') },
      ],
    });
    const listed = async (...args: readonly string[]) =>
      (await fixture.printed('list', ...args)).tokens.map(({ address }: Change) => address);
    expect(await listed('--group', 'team')).toEqual([
      'gitlab_access_token:team/a-team',
      'gitlab_deploy_token:team/d-team',
    ]);
    expect(await listed('--project', 'team/lib', '--kind', 'gitlab_deploy_token')).toEqual([
      'gitlab_deploy_token:team/lib/d-lib',
    ]);
    expect(await listed()).toHaveLength(6);
    const { code, stderr } = await fixture.run('list', '--group', 'nope');
    expect(code).toBe(1);
    expect(stderr.match(/the group nope was not found/g)).toHaveLength(1);
  });
});

describe('the registry', () => {
  test('of a group without projects has to be named', async () => {
    const grouped = { ...deploy, project: undefined, group: 'team', ...endsAt };
    const fixture = await createFixture([grouped], { groups: [{ path: 'team' }] });
    expect(await fixture.plan()).toMatchObject([
      { error: { code: 'SINK_FAILED', hint: expect.stringContaining('registry_host') } },
    ]);
    await fixture.declare([{ ...grouped, registry_host: 'registry.example.com' }]);
    await fixture.apply();
    expect(await fixture.sink('deploy.json')).toMatchObject({ registry: 'registry.example.com' });
    await fixture.expectNothingToDo();
  });

  test('of a group is that of a project below it', async () => {
    const grouped = { ...deploy, project: undefined, group: 'team', ...endsAt };
    const fixture = await createFixture([grouped], undefined, {
      gitlabQuirks: { registryHost: 'registry.internal:5050' },
    });
    await fixture.apply();
    expect(await fixture.sink('deploy.json')).toMatchObject({ registry: 'registry.internal:5050' });
  });
});

describe('an end', () => {
  test('is none for `never`, if the installation requires none', async () => {
    const never = { expires_at: 'never' };
    const fixture = await createFixture(
      [
        { ...deploy, ...never },
        { ...access, ...never },
      ],
      undefined,
      { gitlabQuirks: { expiryRequired: false } },
    );
    await fixture.apply();
    expect(fixture.live()).toMatchObject({ deploy: [{ expiresAt: null }], access: [{ expiresOn: null }] });
    await fixture.expectNothingToDo();
  });

  test('that the installation requires for `never` is kept when another field changes', async () => {
    const never = { ...access, expires_at: 'never', allow_replace: true };
    const fixture = await createFixture([never]);
    await fixture.apply();
    fixture.changes();
    await fixture.declare([{ ...never, description: 'another' }]);
    await fixture.apply();
    expect(fixture.changes()).toEqual(['POST', 'DELETE']);
    expect(await fixture.plan()).toMatchObject([
      { action: 'noop', warnings: [expect.stringContaining('for never')] },
    ]);
  });

  test('is refused in the plan if it is today, and reported with its field if it is too late', async () => {
    const fixture = await createFixture([{ ...access, expires_at: inDays(0) }]);
    expect(await fixture.plan()).toMatchObject([
      { action: 'error', error: { message: expect.stringContaining('in the past') } },
    ]);
    await fixture.declare([{ ...access, expires_at: inDays(500) }]);
    const { results } = await fixture.printed('apply', '-y');
    expect(results).toMatchObject([
      {
        status: 'failed',
        error: { code: 'API_REJECTED', http_status: 400, message: expect.stringContaining('expires_at') },
      },
    ]);
    expect(fixture.live().access).toEqual([]);
  });
});

describe('prune', () => {
  const tokens = (...names: readonly string[]) => names.map((name) => ({ name }));

  test('deletes undeclared tokens of the project or of the group', async () => {
    const kept = { name: 'ci' };
    const seed = {
      groups: [{ path: 'team', deploy_tokens: [kept, ...tokens('old-1', 'other')] }],
      projects: [{ path: 'team/app', access_tokens: [kept, ...tokens('old-2', 'other')] }],
    };
    const fixture = await createFixture([], seed);
    const declared = [
      { kind: 'gitlab_deploy_token', group: 'team', ...kept },
      { kind: 'gitlab_access_token', project: 'team/app', ...kept },
    ];
    const prune = [
      { kind: 'gitlab_deploy_token', group: 'team', match: 'old-*' },
      { kind: 'gitlab_access_token', project: 'team/app', match: 'old-*' },
    ];
    await fixture.declare(declared, { prune });
    await fixture.apply('--max-deletes', '1');
    const left = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
    expect(left(fixture.emulator.gitlab.deployTokens('group', 'team'))).toEqual(['ci', 'other']);
    expect(left(fixture.live().access)).toEqual(['ci', 'other']);
    await fixture.expectNothingToDo();
  });

  test('and `absent` spare the token that the run is signed in with', async () => {
    const fixture = await createFixture([]);
    const own = fixture.emulator.gitlab.createAccessToken('project', 'team/app', { name: 'robot' });
    const declared = fixture.emulator.gitlab.createAccessToken('project', 'team/app', { name: 'bot' });
    fixture.signInWith(own.secret);
    const entry = { kind: 'gitlab_access_token', project: 'team/app' };
    await fixture.declare([{ ...entry, name: 'bot' }], {
      prune: [{ ...entry, match: '*' }],
    });
    await fixture.expectNothingToDo();
    await fixture.declare([{ ...entry, name: 'robot', state: 'absent' }]);
    expect((await fixture.run('apply', '-y', '--max-deletes', '5')).code).toBe(3);
    expect(fixture.live().access.map(({ id }) => id)).toEqual([own.id, declared.id]);
  });
});

test('printed tokens lack their secret, and the addresses that used them', async () => {
  const fixture = await createFixture([{ ...access, ...ends }]);
  const { results } = await fixture.printed('apply', '-y');
  const [created] = fixture.live().access;
  const { tokens } = await fixture.printed('list');
  for (const { gitlab_access_token: token } of [results[0], tokens[0]]) {
    expect(token).toMatchObject({ id: Number(created?.id), name: 'bot', access_level: 30 });
    expect(Object.keys(token)).not.toContain('token');
    expect(Object.keys(token)).not.toContain('last_used_ips');
  }
});

test('audit reports broad, endless and undeclared tokens, and many that end together', async () => {
  const expires_at = `${inDays(200)}T00:00:00Z`;
  const fleet = Array.from({ length: 5 }, (_, index) => ({ name: `fleet-${index}`, expires_at }));
  const fixture = await createFixture([], {
    projects: [
      {
        path: 'team/app',
        deploy_tokens: [...fleet, { name: 'endless' }],
        access_tokens: [
          { name: 'api', scopes: ['api'], access_level: 'developer', expires_in: '90d' },
          { name: 'boss', scopes: ['read_registry'], access_level: 'owner', expires_in: '90d' },
          { name: 'puller', scopes: ['read_registry'], access_level: 'reporter', expires_in: '90d' },
        ],
      },
    ],
  });
  const { findings } = await fixture.printed('audit');
  const found = findings.map(({ rule, address }: Change) => `${rule} ${address}`);
  const rulesOf = (rule: string) => found.filter((one: string) => one.startsWith(`${rule} `));
  expect(rulesOf('over_broad')).toEqual([
    'over_broad gitlab_access_token:team/app/api',
    'over_broad gitlab_access_token:team/app/boss',
  ]);
  expect(rulesOf('no_expiry')).toEqual(['no_expiry gitlab_deploy_token:team/app/endless']);
  expect(rulesOf('undeclared')).toHaveLength(9);
  expect(rulesOf('same_end')).not.toEqual([]);
});

test('doctor counts the tokens of both kinds in a project', async () => {
  const fixture = await createFixture([
    { ...deploy, ...endsAt },
    { ...access, ...ends },
  ]);
  await fixture.apply();
  const { code, stdout } = await fixture.run('doctor');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('2 scopes, 2 tokens in project:team/app;'),
  });
});

test('completion knows projects, groups, addresses and fields', async () => {
  const fixture = await createFixture([deploy, { ...access, project: undefined, group: 'team' }]);
  const completed = async (...words: readonly string[]) =>
    (await fixture.run('__complete', '--', ...words)).stdout.trim().split('\n');
  expect(await completed('list', '--project', '')).toEqual(['team/app']);
  expect(await completed('list', '--group', '')).toEqual(['team']);
  expect(await completed('plan', '--target', 'gitlab_a')).toEqual(['gitlab_access_token:team/bot']);
  expect(await completed('explain', 'gitlab_deploy_token.us')).toEqual(['gitlab_deploy_token.username']);
});

test('explain describes each field of both kinds', async () => {
  const fixture = await createFixture([]);
  const fields = ['project', 'group', 'name', 'id', 'scopes', 'expires_at', 'registry_host'];
  for (const field of [
    ...['username', ...fields].map((name) => `gitlab_deploy_token.${name}`),
    ...['description', 'access_level', ...fields].map((name) => `gitlab_access_token.${name}`),
  ]) {
    const { code, stdout } = await fixture.run('explain', field);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\S+ {2}<.+>\n\n {2}[A-Z]/) });
  }
});

test('validate reports all faults of an entry at once', async () => {
  const secret = 'discard';
  const fixture = await createFixture([
    { kind: 'gitlab_deploy_token', project: 'app', name: 'a', scopes: ['read_registry'], secret },
    { ...deploy, group: 'team', secret },
    { ...access, description: 'd'.repeat(181), secret },
    { ...access, name: 'past', expires_at: '2020-01-01', secret },
    { ...deploy, name: 'gitlab-deploy-token', secret },
  ]);
  const { errors, warnings } = await fixture.printed('validate');
  const messages = (list: readonly { readonly message: string }[]) => list.map(({ message }) => message);
  expect(messages(errors)).toEqual([
    expect.stringContaining('invalid project: "app"'),
    expect.stringContaining('expected either project or group'),
    expect.stringContaining('expected at most 180 characters; found 181'),
  ]);
  expect(messages(warnings)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('2020-01-01T00:00:00Z is in the past'),
      expect.stringContaining('to every CI job of the project'),
    ]),
  );
});

test('the examples can be applied, and then there is nothing to do', async () => {
  const emulator = await servedEmulator(await readFile(join(examples, 'emulator/seed.yaml'), 'utf8'));
  const cwd = await folderWith({});
  for (const service of ['harbor', 'gitlab'])
    await cp(join(examples, service), join(cwd, service), { recursive: true });
  const env = { ...emulator.harborEnv, ...emulator.gitlabEnv };
  expect(await runHere(['apply', '-y'], cwd, env)).toMatchObject({ code: 0 });
  expect(await runHere(['plan', '--detailed-exitcode'], cwd, env)).toMatchObject({ code: 0 });
});
