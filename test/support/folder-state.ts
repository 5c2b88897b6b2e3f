import { neverAborted } from '../../src/core/util/never-aborted.ts';
import { createFolderStore } from '../../src/custody/state/folder/folder-store.ts';
import { openState, type State } from '../../src/custody/state/state.ts';

/** Opens the state in a folder that nothing else uses. */
export function folderState(folder: string, willWrite: boolean): Promise<State> {
  const wait = { lockTimeoutSeconds: 0, signal: neverAborted };
  return openState(createFolderStore(folder), willWrite ? wait : undefined);
}
