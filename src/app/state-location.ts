import { lstat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Shard } from '../core/model/shard.ts';
import { assertSafeState } from '../custody/state/folder/state-safety.ts';
import { workTreeRoot } from '../system/git-index.ts';
import type { Runtime } from './runtime.ts';

const name = '.reconcile';

/** Location of a run's state, as the command line gives it. */
export interface StateChoice {
  /** The given folder; found automatically if absent. */
  readonly stateDir?: string;
  /** Accepts a folder that holds files which Git tracks. */
  readonly allowTrackedState?: boolean;
  /** The shard, which has a subfolder of its own: two shards never write the same ledger. */
  readonly shard?: Pick<Shard, 'index'>;
}

/**
 * Returns a run's state directory: the given one, or the nearest `.reconcile` from the working directory upwards to
 * the root of the Git work tree (outside Git: in the working directory), or else that in the working directory. Never
 * looks below a PATH: a pull request can add files there. Throws `STATE_UNSAFE` for a folder that a pull request
 * could have written.
 */
export async function resolveStateDir(
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
    if (await isThere(join(folder, name))) return join(folder, name);
    if (folder === root || folder === dirname(folder)) return join(cwd, name);
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
    return steps.map((_, index) => join(cwd, ...steps.slice(0, index + 1), name));
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
