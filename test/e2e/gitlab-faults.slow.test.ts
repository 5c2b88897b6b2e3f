import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/emulator/index.ts';
import { type Finished, reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const shiftClock = fileURLToPath(new URL('../support/shift-clock.mjs', import.meta.url));

/** The faults of the requests of one run, by their method, in their order. */
type Faults = Partial<Readonly<Record<string, readonly Fault[]>>>;

const date = new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10);
const secret = [{ file: { path: 'ci.json' } }];
const kinds = {
  'deploy token': {
    kind: 'gitlab_deploy_token',
    project: 'team/app',
    name: 'ci',
    username: 'pipeline',
    scopes: ['read_registry'],
    expires_at: `${date}T08:00:00Z`,
    secret,
  },
  'access token': {
    kind: 'gitlab_access_token',
    project: 'team/app',
    name: 'ci',
    description: 'for the pipeline',
    access_level: 'developer',
    scopes: ['read_registry'],
    expires_at: date,
    secret,
  },
};
type Kind = keyof typeof kinds;
const rotate = { every: '30d', lifetime: '45d', overlap: '24h' };

/** A live token of either kind. */
interface Live {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly scopes: readonly string[];
}

/** Creates a folder with a manifest of one token, and a GitLab whose requests of the next run have faults. */
async function createFixture(kind: Kind, token: object = kinds[kind], seed: object = {}) {
  let next: Record<string, Fault[]> = {};
  let ahead = 0;
  const { gitlab, url, ...emulator } = await servedEmulator(
    JSON.stringify({ gitlab: { projects: [{ path: 'team/app' }] }, quirks: { gitlab: seed } }),
    {
      fault: ({ method }) => next[method]?.shift() ?? 'none',
      gitlabQuirks: { lateCommit: 500 },
      now: () => Date.now() + ahead * 1000,
    },
  );
  const manifest = (one: object): string => JSON.stringify({ apiVersion: 'reconcile/v1', tokens: [one] });
  const cwd = await folderWith({ 'tokens.yaml': manifest(token) });
  const run = (...args: readonly string[]): Promise<Finished> =>
    reconcile(args, {
      cwd,
      env: {
        ...emulator.gitlabEnv,
        ...(ahead > 0 && { NODE_OPTIONS: `--import ${shiftClock}`, RECONCILE_TEST_AHEAD: String(ahead) }),
      },
    });
  const apply = (...args: readonly string[]): Promise<Finished> =>
    run('apply', '-y', '--grace', '1', ...args);
  return {
    run,
    apply,
    startFaults: (faults: Faults): void => {
      next = Object.fromEntries(Object.entries(faults).map(([method, list = []]) => [method, [...list]]));
    },
    /** Applies once with faults, and then once more without. */
    async applyWith(faults: Faults): Promise<void> {
      this.startFaults(faults);
      await apply();
      this.startFaults({});
      expect(await apply()).toMatchObject({ code: 0 });
    },
    declare: (one: object) => writeFile(join(cwd, 'tokens.yaml'), manifest(one)),
    passTime: (seconds: number): void => {
      ahead += seconds;
    },
    live: (): readonly Live[] =>
      kind === 'deploy token'
        ? gitlab.deployTokens('project', 'team/app')
        : gitlab.accessTokens('project', 'team/app').filter(({ revoked }) => !revoked),
    sink: async () => JSON.parse(await readFile(join(cwd, 'ci.json'), 'utf8')),
    deletes: () => writes({ ...emulator, gitlab }).filter((what) => what.startsWith('DELETE')),
  };
}

type Fixture = Awaited<ReturnType<typeof createFixture>>;

/** Expects so many live tokens, the last of which has its secret in the sink, and nothing left to do. */
async function expectSettled({ live, sink, run }: Fixture, count = 1): Promise<void> {
  expect(live()).toHaveLength(count);
  const newest = live().at(-1);
  expect(await sink()).toMatchObject({ id: newest?.id, password: newest?.secret });
  const { stdout, code } = await run('plan', '--detailed-exitcode', '--format', 'json');
  expect(JSON.parse(stdout).changes).toMatchObject([{ action: 'noop', custody: 'held', warnings: [] }]);
  expect(code).toBe(0);
}

/** The faults of creates. Each of them is met by one of the kinds; those whose evidence differs by both. */
const lostCreates: Readonly<Record<Kind, readonly Faults[]>> = {
  'deploy token': [
    { POST: ['drop_before'] },
    { POST: ['drop_after'] },
    { POST: ['late', 'drop_after'] },
    { POST: ['no_secret'] },
    { POST: ['drop_after'], DELETE: ['drop_after'] },
    { POST: ['drop_after'], DELETE: Array.from({ length: 5 }, () => 'error_before' as const) },
  ],
  'access token': [
    { POST: ['drop_after'] },
    { POST: ['late'] },
    { POST: ['error_after'] },
    { GET: ['none', 'drop_after', 'error_after', 'truncate'], POST: ['truncate'] },
  ],
};

/** The faults of replaces. */
const lostReplaces: Readonly<Record<Kind, readonly Faults[]>> = {
  'deploy token': [
    { POST: ['late'] },
    { DELETE: ['drop_before'] },
    { POST: ['drop_after'], DELETE: ['drop_after', 'drop_after'] },
  ],
  'access token': [{ POST: ['drop_before'] }, { DELETE: ['error_after', 'drop_after'] }],
};

/** The fault of a rotation. */
const lostRotations: Readonly<Record<Kind, Faults>> = {
  'deploy token': { POST: ['late'] },
  'access token': { POST: ['drop_after'] },
};

describe.each(Object.keys(kinds) as Kind[])('of an %s, with faults at its requests,', (kind) => {
  describe('a create leaves one token, whose secret is in the sink', () => {
    test.each(lostCreates[kind])('%o', async (faults) => {
      const fixture = await createFixture(kind);
      await fixture.applyWith(faults);
      await expectSettled(fixture);
    });
  });

  describe('a replace by other scopes leaves the new one', () => {
    const changed = { ...kinds[kind], scopes: ['read_registry', 'read_repository'], allow_replace: true };
    test.each(lostReplaces[kind])('%o', async (faults) => {
      const fixture = await createFixture(kind);
      await fixture.applyWith({});
      const [old] = fixture.live();
      await fixture.declare(changed);
      await fixture.applyWith(faults);
      await expectSettled(fixture);
      expect(fixture.live()[0]?.id).not.toBe(old?.id);
      expect([...(fixture.live()[0]?.scopes ?? [])].sort()).toEqual(['read_registry', 'read_repository']);
    });
  });

  describe('a rotation leaves the last generation beside the next one, and then alone', () => {
    const { expires_at: _, ...rotating } = { ...kinds[kind], rotate };
    test.each([lostRotations[kind]])('%o', async (faults) => {
      const fixture = await createFixture(kind, rotating);
      await fixture.applyWith({});
      const [old] = fixture.live();
      const { username } = await fixture.sink();
      fixture.passTime(31 * 86_400);
      await fixture.applyWith(faults);
      await expectSettled(fixture, 2);
      expect(fixture.live()[0]).toEqual(old);
      if (kind === 'deploy token') expect(await fixture.sink()).toMatchObject({ username });
      fixture.passTime(2 * 86_400);
      await fixture.applyWith({ DELETE: ['drop_after'] });
      await expectSettled(fixture);
    });
  });

  test('a create under --strict-outcome is of unknown outcome without proof, and then nothing is deleted', async () => {
    const fixture = await createFixture(kind);
    fixture.startFaults({ POST: ['drop_after'] });
    const { code, stdout } = await fixture.apply('--strict-outcome', '--format', 'json');
    if (kind === 'access token') {
      expect(code).toBe(0);
      await expectSettled(fixture);
      return;
    }
    expect(code).toBe(1);
    expect(JSON.parse(stdout).results).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(fixture.live()).toHaveLength(1);
    expect(fixture.deletes()).toEqual([]);
  });
});

describe('a lost answer to a create that another user has sent as well', () => {
  const twinOf = ({ scopes }: { readonly scopes: readonly string[] }, more: object): object => ({
    second_actor: [
      { before: { method: 'POST', nth: 1 }, create: { project: 'team/app', name: 'ci', scopes, ...more } },
    ],
  });

  test.each<Fault>(['drop_after', 'truncate'])(
    'deploy tokens: the two are alike, so nothing is deleted (%s)',
    async (fault) => {
      const { username, scopes } = kinds['deploy token'];
      const seed = twinOf({ scopes }, { kind: 'deploy_token', username, expires_at: `${date}T08:00:00Z` });
      const fixture = await createFixture('deploy token', undefined, seed);
      fixture.startFaults({ POST: [fault] });
      const { code, stdout } = await fixture.apply('--format', 'json');
      expect(code).toBe(1);
      expect(JSON.parse(stdout).results).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
      expect(await fixture.apply()).toMatchObject({ code: 1 });
      expect(fixture.live()).toHaveLength(2);
      expect(fixture.deletes()).toEqual([]);
    },
  );

  test('an access token: ours is known by its mark, and theirs stays', async () => {
    const { description, scopes } = kinds['access token'];
    const seed = twinOf(
      { scopes },
      { kind: 'access_token', description, access_level: 'developer', expires_at: `${date}T00:00:00Z` },
    );
    const fixture = await createFixture('access token', undefined, seed);
    fixture.startFaults({ POST: ['drop_after'] });
    expect(await fixture.apply()).toMatchObject({ code: 0 });
    expect(fixture.deletes()).toHaveLength(1);
    const [theirs, ours, ...more] = fixture.live();
    expect([theirs, more]).toMatchObject([{ name: 'ci', description }, []]);
    expect(await fixture.sink()).toMatchObject({ id: ours?.id, password: ours?.secret });
    // Two live tokens of the name: the entry has to state its ID from now on.
    expect((await fixture.run('plan')).stdout).toContain('AMBIGUOUS');
  });
});
