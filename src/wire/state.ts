import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type Problem, problemOf } from '../core/errors.ts';
import type { Shard } from '../core/shard.ts';
import { type LockPatience, takeLock } from '../custody/lock.ts';
import { lockFile, makeStateFolder, openState, requireUsable, type State } from '../custody/state.ts';
import type { Runtime } from './runtime.ts';

const name = '.reconcile';

/**
 * Where a run's state directory is: as named, or the nearest `.reconcile` upwards from the first PATH, or else
 * beside it. A shard has a folder of its own in there: two of them never write the same ledger.
 *
 * @param named `--state-dir`
 */
export async function stateFolder(
  named: string | undefined,
  paths: readonly string[],
  runtime: Pick<Runtime, 'cwd' | 'env'>,
  shard?: Pick<Shard, 'index'>,
): Promise<string> {
  const folder = await sharedFolder(named, paths, runtime);
  return shard ? join(folder, `shard-${shard.index}`) : folder;
}

async function sharedFolder(
  named: string | undefined,
  paths: readonly string[],
  { cwd, env }: Pick<Runtime, 'cwd' | 'env'>,
): Promise<string> {
  const given = named ?? env['RECONCILE_STATE_DIR'];
  if (given) return resolve(cwd, given);
  const [first = '.'] = paths;
  const path = first === '-' ? cwd : resolve(cwd, first);
  const start = (await isFolder(path)) ? path : dirname(path);
  for (let folder = start; ; folder = dirname(folder)) {
    if (await isFolder(join(folder, name))) return join(folder, name);
    if (folder === dirname(folder)) break;
  }
  // Folders of one working directory share their state, whichever of them is named.
  const way = relative(cwd, start);
  const below = way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(cwd, way) === start;
  return join(below && start === path ? dirname(start) : start, name);
}

/** The state as it is, for who would write: a problem where that isn't possible. */
export async function tryState(folder: string): Promise<State | Problem> {
  try {
    await requireUsable(folder);
    return await readState(folder);
  } catch (error) {
    return problemOf(error);
  }
}

/** The state as it is, for who writes nothing. */
export function readState(folder: string): Promise<State> {
  return openState(folder, false);
}

/**
 * Takes the lock of a state directory, does some work with the state, and releases the lock. Throws where
 * another run holds it and the time is over.
 */
export async function withLockedState<T>(
  folder: string,
  runtime: Pick<Runtime, 'clock' | 'machine'>,
  options: Pick<LockPatience, 'signal' | 'waits'> & { readonly lockTimeoutSeconds: number },
  work: (state: State) => Promise<T>,
): Promise<T> {
  await makeStateFolder(folder);
  const release = await takeLock(lockFile(folder), runtime.machine, {
    now: () => runtime.clock.now(),
    sleep: (milliseconds, signal) => runtime.clock.sleep(milliseconds, signal),
    timeoutMilliseconds: options.lockTimeoutSeconds * 1000,
    signal: options.signal,
    ...(options.waits && { waits: options.waits }),
  });
  try {
    return await work(await openState(folder, true));
  } finally {
    await release();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
