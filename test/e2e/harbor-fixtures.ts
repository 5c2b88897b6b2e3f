import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { EmulatorOptions, Robot } from '../../src/emulator/index.ts';
import { type Finished, reconcile } from '../support/cli.ts';
import { type ServedEmulator, servedEmulator, writes } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const shiftClock = fileURLToPath(new URL('../support/shift-clock.mjs', import.meta.url));

/** A folder with a manifest, and a Harbor whose projects are `team-a` and `team-b`. */
export interface Fixture {
  readonly emulator: ServedEmulator;
  readonly cwd: string;
  /** Runs the built program. */
  run(...args: readonly string[]): Promise<Finished>;
  /** Applies without a question, as of which it has to succeed. */
  apply(...args: readonly string[]): Promise<Finished>;
  /** Returns the changes of a plan in JSON. */
  plan(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Expects a plan without changes, errors and warnings. */
  expectNothingToDo(): Promise<void>;
  declare(...robots: readonly object[]): Promise<void>;
  /** Returns the content of a JSON sink. */
  sink(path: string): Promise<Readonly<Record<string, unknown>>>;
  text(path: string): Promise<string>;
  /** The requests that changed something, since the last call. */
  changes(): readonly string[];
  /** Advances the clocks of the service and of all later runs. */
  passTime(seconds: number): void;
  /** Signs in as someone else from now on. */
  signInAs(user: string, password: string): void;
  /** Returns the only live robot of a scope with this stored name. */
  robot(name: string, project?: string): Robot;
}

/** Starts the emulator, and writes the manifest. */
export async function createFixture(
  robots: readonly object[],
  options: Omit<EmulatorOptions, 'seed' | 'now'> = {},
  seed: object = { projects: [{ name: 'team-a' }, { name: 'team-b' }] },
  quirks: object = {},
): Promise<Fixture> {
  let ahead = 0;
  let done = 0;
  const emulator = await servedEmulator(JSON.stringify({ harbor: seed, quirks }), {
    ...options,
    now: () => Date.now() + ahead * 1000,
  });
  let login: Readonly<Record<string, string>> = emulator.harborEnv;
  const manifest = (list: readonly object[]): string =>
    JSON.stringify({
      apiVersion: 'reconcile/v1',
      tokens: list.map((robot) => ({ kind: 'harbor_robot', ...robot })),
    });
  const cwd = await folderWith({ 'tokens.yaml': manifest(robots) });
  const run = (...args: readonly string[]): Promise<Finished> =>
    reconcile(args, {
      cwd,
      env: {
        ...login,
        ...(ahead > 0 && { NODE_OPTIONS: `--import ${shiftClock}`, RECONCILE_TEST_AHEAD: String(ahead) }),
      },
    });
  const text = (path: string): Promise<string> => readFile(join(cwd, path), 'utf8');
  return {
    emulator,
    cwd,
    run,
    async apply(...args) {
      const applied = await run('apply', '-y', '--grace', '1', ...args);
      expect(applied).toMatchObject({ code: 0 });
      return applied;
    },
    async plan() {
      return JSON.parse((await run('plan', '--format', 'json')).stdout).changes;
    },
    async expectNothingToDo() {
      const { code, stdout, stderr } = await run('plan', '--detailed-exitcode', '--format', 'json');
      const { changes } = JSON.parse(stdout);
      for (const change of changes)
        expect(change).toMatchObject({ action: 'noop', warnings: [], error: null });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
    declare: (...list) => writeFile(join(cwd, 'tokens.yaml'), manifest(list)),
    sink: async (path) => JSON.parse(await text(path)),
    text,
    changes: () => {
      const all = writes(emulator);
      const latest = all.slice(done).map((what) => what.replace('/api/v2.0', ''));
      done = all.length;
      return latest;
    },
    passTime: (seconds) => {
      ahead += seconds;
    },
    signInAs: (user, password) => {
      login = { ...login, HARBOR_USERNAME: user, HARBOR_PASSWORD: password };
    },
    robot: (name, project) => {
      const found = emulator.harbor.robots(project).filter((one) => one.name === name);
      const [robot] = found;
      if (!robot || found.length > 1) throw new Error(`there are ${found.length} robots ${name}`);
      return robot;
    },
  };
}

/** Returns a list of one sink. */
export function toFile(path: string, format = 'json'): readonly object[] {
  return [{ file: { path, format } }];
}

/** A robot of a project. */
export const ci = {
  project: 'team-a',
  name: 'ci',
  access: ['repository:pull', 'repository:push'],
  secret: toFile('ci.json'),
};

/** Expects the sink of `ci` to hold the valid secret of its only robot. */
export async function expectDelivered({ robot, sink }: Pick<Fixture, 'robot' | 'sink'>): Promise<void> {
  const { id, secret } = robot('team-a+ci', 'team-a');
  expect(await sink('ci.json')).toMatchObject({ id, username: 'robot$team-a+ci', password: secret });
}

/** Seconds of a day. */
export const day = 86_400;
