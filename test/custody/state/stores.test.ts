import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createFolderStore } from '../../../src/custody/state/folder/folder-store.ts';
import { systemClock } from '../../../src/system/system-clock.ts';
import { systemMachine } from '../../../src/system/system-machine.ts';
import { folderWith } from '../../support/folder.ts';
import { MemoryRemote, memoryBranch } from '../../support/memory-branch.ts';
import { branchPlace, branchTraits } from './git/store-fixtures.ts';
import { checkStore, opening } from './store-contract.ts';

checkStore({
  name: 'a store in a folder',
  place: async () => {
    const folder = join(await folderWith({}), '.reconcile');
    const tools = { clock: systemClock, machine: systemMachine(process) };
    return {
      open: opening(async () => createFolderStore(folder, tools)),
      replaceFile: (name, text) => writeFile(join(folder, name), text),
    };
  },
  lockedMessage: new RegExp(`process ${process.pid} on .* holds`),
  setsAside: true,
});

checkStore({
  name: 'a store in a branch in memory',
  place: async () => {
    const remote = new MemoryRemote();
    return branchPlace(async () => memoryBranch(remote));
  },
  ...branchTraits,
});
