import { lstat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ReconcileError } from '../core/model/errors.ts';
import type { Shard } from '../core/model/shard.ts';
import { assertSafeState } from '../custody/state/folder/state-safety.ts';
import { shownAddress } from '../system/git/remote-address.ts';
import { workTreeRoot } from '../system/git-index.ts';
import type { Runtime } from './runtime.ts';

/** The name of a state directory that is found automatically. */
export const stateDirName = '.reconcile';

/** Location of a run's state, as the command line gives it. */
export interface StateChoice {
  /** `file:DIR`, or `git:REMOTE` with `#BRANCH`. */
  readonly state?: string;
  /** The option that gives it, for messages; `--state` by default. */
  readonly option?: string;
  /** The file with the key of the secrets in a branch. */
  readonly stateKey?: string;
  /** The given folder; found automatically if absent. */
  readonly stateDir?: string;
  /** Accepts a folder that holds files which Git tracks. */
  readonly allowTrackedState?: boolean;
  /** The shard, which has a subfolder of its own: two shards never write the same ledger. */
  readonly shard?: Pick<Shard, 'index'>;
}

/** The place of a run's state. */
export type StateLocation =
  | { readonly type: 'folder'; readonly folder: string }
  | { readonly type: 'branch'; readonly remote: string; readonly branch: string };

const defaultBranch = 'reconcile-state';

/**
 * Returns the location of a run's state: that of the options, else that of the environment, else a folder (see
 * `resolveStateDir`). Throws `USAGE` if it can't be understood, `STATE_UNSAFE` for a folder that a pull request could have
 * written.
 */
export async function resolveStateLocation(
  choice: StateChoice,
  runtime: Pick<Runtime, 'cwd' | 'env'>,
): Promise<StateLocation> {
  const stated = statedLocation(choice, runtime.env);
  const folder = (stateDir: string | undefined): Promise<StateLocation> =>
    resolveStateDir({ ...choice, ...(stateDir !== undefined && { stateDir }) }, runtime).then((found) => ({
      type: 'folder',
      folder: found,
    }));
  if (stated === undefined) return folder(undefined);
  const { text, from } = stated;
  const [, scheme, place = ''] = /^(file|git):(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || place === '') throw notALocation(text, from);
  if (scheme === 'file') return folder(place);
  const mark = place.lastIndexOf('#');
  const remote = mark < 0 ? place : place.slice(0, mark);
  const branch = mark < 0 ? defaultBranch : place.slice(mark + 1);
  if (remote === '' || branch === '') throw notALocation(text, from);
  const { shard } = choice;
  return { type: 'branch', remote, branch: shard ? `${branch}-shard-${shard.index}` : branch };
}

/** Returns the stated location with its source; `undefined` if a folder is stated, or nothing. */
function statedLocation(
  { state, stateDir, option = '--state' }: StateChoice,
  env: Runtime['env'],
): { readonly text: string; readonly from: string } | undefined {
  if (state !== undefined && stateDir !== undefined) throw statedTwice('--state', '--state-dir');
  if (state !== undefined) return { text: state, from: option };
  if (stateDir !== undefined) return undefined;
  const text = env['RECONCILE_STATE'];
  if (!text) return undefined;
  if (env['RECONCILE_STATE_DIR']) throw statedTwice('RECONCILE_STATE', 'RECONCILE_STATE_DIR');
  return { text, from: 'RECONCILE_STATE' };
}

function statedTwice(one: string, other: string): ReconcileError {
  return new ReconcileError({
    code: 'USAGE',
    message: `${one} and ${other} are both set, and each says where the state is`,
    hint: 'remove one of the two',
  });
}

function notALocation(text: string, from: string): ReconcileError {
  return new ReconcileError({
    code: 'USAGE',
    message: `${from}: ${shownAddress(text)} is not a location of state`,
    hint: 'use file:DIR, git:REMOTE or git:REMOTE#BRANCH, for example git:origin',
  });
}

/**
 * Returns a run's state directory: the given one, or the nearest `.reconcile` from the working directory upwards to
 * the root of the Git work tree (outside Git: in the working directory), or else that in the working directory. Never
 * looks below a PATH: a pull request can add files there. Throws `STATE_UNSAFE` for a folder that a pull request
 * could have written.
 */
async function resolveStateDir(
  choice: StateChoice,
  { cwd, env }: Pick<Runtime, 'cwd' | 'env'>,
): Promise<string> {
  const { stateDir, shard, allowTrackedState = false } = choice;
  const named = stateDir ?? env['RECONCILE_STATE_DIR'];
  const shared = named ? resolve(cwd, named) : await nearest(cwd);
  const folders = shard ? [shared, join(shared, `shard-${shard.index}`)] : [shared];
  for (const folder of folders) await assertSafeState(folder, { cwd, allowTracked: allowTrackedState });
  return folders.at(-1) ?? shared;
}

async function nearest(cwd: string): Promise<string> {
  const root = (await workTreeRoot(cwd)) ?? cwd;
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (await isThere(join(folder, stateDirName))) return join(folder, stateDirName);
    if (folder === root || folder === dirname(folder)) return join(cwd, stateDirName);
  }
}

/** Returns the unused `.reconcile` folders from PATHs up to the working directory, for a note. */
export async function ignoredStateFolders(
  paths: readonly string[],
  used: string,
  { cwd }: Pick<Runtime, 'cwd'>,
): Promise<readonly string[]> {
  const candidates = paths.flatMap((path) => {
    const steps = path === '-' ? [] : relative(cwd, resolve(cwd, path)).split(sep);
    if (steps[0] === '..' || steps[0] === '') return [];
    return steps.map((_, index) => join(cwd, ...steps.slice(0, index + 1), stateDirName));
  });
  const found: string[] = [];
  for (const folder of new Set(candidates)) {
    if (!used.startsWith(folder) && (await isThere(folder))) found.push(folder);
  }
  return found;
}

/** Tells whether there is a folder, or a link: a link is refused rather than passed over. */
async function isThere(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isDirectory() === true || status?.isSymbolicLink() === true;
}
