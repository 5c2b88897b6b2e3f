import { type Problem, toProblem } from '../core/model/errors.ts';
import { longestTimeoutSeconds } from '../core/model/sink.ts';
import { createFolderStore } from '../custody/state/folder/folder-store.ts';
import { openState, type State } from '../custody/state/state.ts';
import type { Store, WaitOptions } from '../custody/state/store.ts';
import type { Runtime } from './runtime.ts';
import { resolveStateDir, type StateChoice } from './state-location.ts';

/** The parts of a runtime that a store needs. */
type StoreRuntime = Pick<Runtime, 'cwd' | 'env' | 'clock' | 'machine'>;

/** Opens the place of a run's state. The caller closes it. */
export async function openStore(choice: StateChoice, runtime: StoreRuntime): Promise<Store> {
  const { clock, machine } = runtime;
  return createFolderStore(await resolveStateDir(choice, runtime), { clock, machine });
}

/** Works with the state as it is now, without the right to write. */
export async function withState<T>(
  choice: StateChoice,
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
  choice: StateChoice,
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
