import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Finished, reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const later = fileURLToPath(new URL('../support/shift-clock.mjs', import.meta.url));
const hour = 3600;
const day = 24 * hour;
const address = 'registry_token:team-a/ci-push';

const manifest = `apiVersion: reconcile/v1
tokens:
  - kind: registry_token
    registry: team-a
    name: ci-push
    rotate: { every: 30d, lifetime: 45d, before_expiry: 7d, overlap: 24h }
    secret: [{ file: { path: secrets/ci-push.json } }]
`;

/** A world whose time a test moves: that of the service and that of the program alike. */
interface World {
  readonly emulator: ServedEmulator;
  readonly cwd: string;
  run(...args: readonly string[]): Promise<Finished>;
  pass(seconds: number): void;
}

async function world(tokens = '', text = manifest): Promise<World> {
  let ahead = 0;
  const emulator = await servedEmulator(
    `ionos: { registries: [{ name: team-a, tokens: [${tokens}] }] }\ndocker_hub: { users: [{ name: emulator }] }`,
    { now: () => Date.now() + ahead * 1000 },
  );
  const cwd = await folderWith({ 'tokens.yaml': text });
  await mkdir(join(cwd, 'secrets'));
  return {
    emulator,
    cwd,
    run: (...args) =>
      reconcile(args, {
        cwd,
        env: {
          ...emulator.env,
          ...emulator.hubEnv,
          NODE_OPTIONS: `--import ${later}`,
          RECONCILE_TEST_AHEAD: String(ahead),
        },
      }),
    pass: (seconds) => {
      ahead += seconds;
    },
  };
}

const secretIn = async ({ cwd }: World): Promise<{ readonly id: string; readonly username: string }> =>
  JSON.parse(await readFile(join(cwd, 'secrets/ci-push.json'), 'utf8'));

const namesIn = ({ emulator }: World): readonly string[] => emulator.tokens('team-a').map(({ name }) => name);

const resultsOf = ({ stdout }: Finished): readonly Record<string, unknown>[] => JSON.parse(stdout).results;

test('a generation is made, handed over, and takes the place of the old one after the overlap', async () => {
  const here = await world();
  expect((await here.run('apply', '-y')).code).toBe(0);
  const [first = ''] = namesIn(here);
  expect(first).toMatch(/^ci-push-\d{12}$/);
  expect(await secretIn(here)).toMatchObject({ username: first });
  expect((await here.run('plan', '--detailed-exitcode')).code).toBe(0);

  here.pass(30 * day);
  expect((await here.run('plan', '--detailed-exitcode')).code).toBe(2);
  expect((await here.run('apply', '-y')).code).toBe(0);
  const [, second = ''] = namesIn(here);
  expect(namesIn(here)).toEqual([first, second]);
  expect(await secretIn(here)).toMatchObject({ username: second });

  here.pass(day - hour);
  expect((await here.run('plan', '--detailed-exitcode')).code).toBe(0);
  here.pass(hour);
  expect((await here.run('apply', '-y')).code).toBe(0);
  expect(namesIn(here)).toEqual([second]);
  expect(writes(here.emulator).map((write) => write.split(' ')[0])).toEqual(['POST', 'POST', 'DELETE']);
});

test('the secret is in the sink before the old generation is deleted, also where that is revoked', async () => {
  const here = await world();
  await here.run('apply', '-y');
  const before = await secretIn(here);
  const { code, stdout } = await here.run('rotate', '-y', address, '--revoke-old', '--format', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).summary).toMatchObject({ create: 1, delete: 1, failed: 0 });
  const after = await secretIn(here);
  expect(here.emulator.tokens('team-a').map(({ id }) => id)).toEqual([after.id]);
  const seen = writes(here.emulator);
  expect(seen.at(-1)).toMatch(new RegExp(`^DELETE .*${before.id}$`));
});

test('nothing is revoked where the new generation can’t be handed over', async () => {
  const here = await world();
  await here.run('apply', '-y');
  await rm(join(here.cwd, 'secrets'), { recursive: true });
  const { code } = await here.run('rotate', '-y', address, '--revoke-old');
  expect(code).toBe(1);
  expect(namesIn(here)).toHaveLength(1);
  expect(writes(here.emulator)).toHaveLength(1);
});

test('a token of the plain name is adopted without an outage', async () => {
  const here = await world('{ name: ci-push, scopes: [{ type: repository, name: app, actions: [pull] }] }');
  expect((await here.run('apply', '-y')).code).toBe(0);
  expect(namesIn(here)).toEqual(['ci-push', expect.stringMatching(/^ci-push-/)]);
  expect(here.emulator.tokens('team-a')[1]?.scopes).toEqual([
    { type: 'repository', name: 'app', actions: ['pull'] },
  ]);
  here.pass(day);
  expect((await here.run('apply', '-y')).code).toBe(0);
  expect(namesIn(here)).toEqual([expect.stringMatching(/^ci-push-/)]);
});

test('a token that has expired while nothing ran has a successor at the next run', async () => {
  const here = await world();
  await here.run('apply', '-y');
  here.pass(75 * day);
  expect((await here.run('apply', '-y')).code).toBe(0);
  expect(await secretIn(here)).toMatchObject({ username: namesIn(here).at(-1) });
  here.pass(day);
  await here.run('apply', '-y');
  expect(namesIn(here)).toHaveLength(1);
});

test('list shows the family: how old its generations are, and what comes next', async () => {
  const here = await world();
  await here.run('apply', '-y');
  here.pass(30 * day);
  await here.run('apply', '-y');
  const { stdout } = await here.run('list', '--format', 'json');
  expect(JSON.parse(stdout).tokens.map(({ family }: { family: object }) => family)).toMatchObject([
    { address, due: null, until: expect.stringMatching(/T.*Z$/) },
    { address, due: expect.stringMatching(/T.*Z$/), until: null },
  ]);
  expect((await here.run('list')).stdout).toMatch(/ROTATION[\s\S]*30d old, until 20[\s\S]*0d old, next 20/);
});

test('the future can be planned', async () => {
  const here = await world();
  await here.run('apply', '-y');
  const at = new Date(Date.now() + 31 * day * 1000).toISOString();
  const { stdout } = await here.run('plan', '--now', at, '--format', 'json');
  expect(JSON.parse(stdout).changes).toMatchObject([
    { action: 'create', family: { kept: [{ until: null }] } },
  ]);
  expect((await here.run('plan', '--now', 'soon')).stderr).toContain('expected an instant');
  expect((await here.run('plan', '--now', at, '--out', 'x.plan')).stderr).toContain(
    '--now plans for another time',
  );
});

test('a plan that was saved makes the generation of the minute in which it is carried out', async () => {
  const here = await world();
  expect((await here.run('plan', '--out', 'x.plan')).code).toBe(0);
  here.pass(5 * 60);
  expect((await here.run('apply', '--plan', 'x.plan')).code).toBe(0);
  expect(namesIn(here)).toHaveLength(1);
});

test('without the state directory nothing is made again and again', async () => {
  const here = await world(
    '',
    manifest.replace('path: secrets/ci-push.json', 'path: secrets/ci-push.txt, format: raw'),
  );
  await here.run('apply', '-y');
  await rm(join(here.cwd, '.reconcile'), { recursive: true });
  here.pass(11 * 60);
  const refused = await here.run('apply', '-y');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('keep it between runs');
  expect(namesIn(here)).toHaveLength(1);
  expect((await here.run('rotate', '-y', address)).code).toBe(0);
  expect((await here.run('plan', '--detailed-exitcode')).code).toBe(0);
});

test('two runs of two machines at the same minute make one family, and lose no secret', async () => {
  const here = await world();
  const there = await folderWith({ 'tokens.yaml': manifest });
  await mkdir(join(there, 'secrets'));
  const [one, other] = await Promise.all([
    here.run('apply', '-y', '--format', 'json'),
    reconcile(['apply', '-y', '--format', 'json'], { cwd: there, env: here.emulator.env }),
  ]);
  expect([one.code, other.code]).toEqual([0, 0]);
  const statuses = [one, other].map((run) => resultsOf(run)[0]?.['status']).sort();
  expect(statuses).toEqual(['applied', 'unchanged']);
  expect(namesIn(here)).toHaveLength(1);
});

test.each([
  { given: 'registry_token:team-a/other', says: 'no manifest declares it' },
  { given: 'registry_token:team-a/plain', says: 'its entry has no rotate' },
])('rotate refuses $given', async ({ given, says }) => {
  const here = await world('', `${manifest}  - { kind: registry_token, registry: team-a, name: plain }\n`);
  const { code, stderr } = await here.run('rotate', '-y', given);
  expect(code).toBe(1);
  expect(stderr).toContain(says);
  expect(writes(here.emulator)).toEqual([]);
});
