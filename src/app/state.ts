import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { type Problem, ReconcileError, toProblem } from '../core/model/errors.ts';
import { Secret } from '../core/model/secret.ts';
import { longestTimeoutSeconds } from '../core/model/sink.ts';
import { describeReadError } from '../core/util/file-error.ts';
import { createFolderStore } from '../custody/state/folder/folder-store.ts';
import type { GitStore } from '../custody/state/git/git-store.ts';
import { createSealing, type KeyText } from '../custody/state/sealing.ts';
import { openState, type State } from '../custody/state/state.ts';
import type { Store, WaitOptions } from '../custody/state/store.ts';
import { workTreeRoot } from '../system/git-index.ts';
import { readBoundedFile } from '../system/read-file.ts';
import type { Runtime } from './runtime.ts';
import {
  resolveStateLocation,
  type StateChoice,
  type StateLocation,
  stateDirName,
} from './state-location.ts';

/** The variable that holds the key of the secrets in a branch. */
export const keyVariable = 'RECONCILE_STATE_KEY';
const keyPrefix = 'AGE-SECRET-KEY-';

/** The parts of a runtime that a store needs. */
export type StoreRuntime = Pick<
  Runtime,
  'cwd' | 'env' | 'clock' | 'machine' | 'random' | 'masker' | 'interrupt' | 'openBranch'
>;

/** The choice of a run's state, with the times that the lease on a branch depends on. */
export interface StoreChoice extends StateChoice {
  /** The time limit of one request, and of each run of Git, in seconds. */
  readonly timeout?: number;
  /** The time within which a lost request may still take effect, in seconds. */
  readonly grace?: number;
}

/** Opens the place of a run's state. The caller closes it. */
export async function openStore(choice: StoreChoice, runtime: StoreRuntime): Promise<Store> {
  return openLocation(await resolveStateLocation(choice, runtime), choice, runtime);
}

/** Opens a place of state. The caller closes it. */
export async function openLocation(
  location: StateLocation,
  choice: Pick<StoreChoice, 'stateKey' | 'timeout' | 'grace'>,
  runtime: StoreRuntime,
): Promise<Store> {
  const { clock, machine } = runtime;
  if (location.type === 'folder') return createFolderStore(location.folder, { clock, machine });
  return openGitStore(location, choice, runtime);
}

async function openGitStore(
  { remote, branch }: Extract<StateLocation, { type: 'branch' }>,
  { stateKey, timeout = 30, grace = 30 }: Pick<StoreChoice, 'stateKey' | 'timeout' | 'grace'>,
  runtime: StoreRuntime,
): Promise<GitStore> {
  const { cwd, env, clock, machine, random, masker, interrupt } = runtime;
  const { GitStore } = await import('../custody/state/git/git-store.ts');
  const sealing = await createSealing(await readStateKey(stateKey, runtime));
  const openBranch =
    runtime.openBranch ?? (await import('../custody/state/git/program-branch.ts')).openBranch;
  const opened = await openBranch({
    remote,
    branch,
    cwd,
    env,
    clock,
    timeoutSeconds: timeout,
    ...(interrupt && { signal: interrupt }),
    mask: (secret) => {
      masker.add(new Secret(secret));
    },
  });
  const root = (await workTreeRoot(cwd)) ?? cwd;
  return new GitStore({
    branch: opened,
    clock,
    random,
    holder: `${machine.pid}-${randomUUID()}`,
    host: machine.host,
    // The same paths as in the ledger of a state directory, which can so be moved.
    base: join(root, stateDirName),
    times: { timeoutSeconds: timeout, graceSeconds: grace },
    sealing,
  });
}

/** Reads the key of the secrets in a branch, from a file or the environment; `undefined` if there is none. */
async function readStateKey(
  file: string | undefined,
  { cwd, env, masker }: StoreRuntime,
): Promise<KeyText | undefined> {
  const text = file === undefined ? env[keyVariable] : await readKeyFile(resolve(cwd, file), file);
  if (!text) return undefined;
  for (const word of text.split(/\s+/)) if (word.startsWith(keyPrefix)) masker.add(new Secret(word));
  return { text, from: file === undefined ? keyVariable : file };
}

async function readKeyFile(path: string, shown: string): Promise<string> {
  const text = await readBoundedFile(path).catch((error: NodeJS.ErrnoException) => error);
  if (typeof text === 'string') return text;
  throw new ReconcileError({
    code: 'STATE_KEY',
    message: `--state-key ${shown}: ${text === undefined ? 'no such file' : describeReadError(text)}`,
    hint: 'reconcile state key creates a key',
  });
}

/** Works with the state as it is now, without the right to write. */
export async function withState<T>(
  choice: StoreChoice,
  runtime: StoreRuntime,
  work: (state: State) => Promise<T>,
): Promise<T> {
  const store = await openStore(choice, runtime);
  try {
    return await work(await openState(store));
  } finally {
    await store.close();
  }
}

/** Works with the state if it can be read and written, else with the reason. Writes nothing. */
export async function withUsableState<T>(
  choice: StoreChoice,
  runtime: StoreRuntime,
  work: (state: State | Problem) => Promise<T>,
): Promise<T> {
  let store: Store | undefined;
  let state: State | Problem;
  try {
    store = await openStore(choice, runtime);
    await store.assertWritable();
    state = await openState(store);
  } catch (error) {
    state = toProblem(error);
  }
  try {
    return await work(state);
  } finally {
    await store?.close();
  }
}

/** Works with the state, and with the right to write. Throws if another run holds it until the wait is over. */
export async function withHeldState<T>(
  store: Store,
  wait: WaitOptions,
  work: (state: State) => Promise<T>,
): Promise<T> {
  for (;;) {
    const state = await openState(store, wait);
    const sinks = state.spool.entries().flatMap(({ attempt }) => attempt.sinks);
    const result = await store.hold({ ...wait, sinkTimeoutSeconds: longestTimeoutSeconds(sinks) });
    if (result === 'expired') await store.takeOver();
    if (result !== 'held') continue;
    const done = await work(state);
    await store.release();
    return done;
  }
}
