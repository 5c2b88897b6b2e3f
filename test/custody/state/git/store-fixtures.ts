import { generateIdentity } from 'age-encryption';
import { expect } from 'vitest';
import type { Branch } from '../../../../src/custody/state/git/branch.ts';
import { GitStore, type GitStoreOptions } from '../../../../src/custody/state/git/git-store.ts';
import { createSealing } from '../../../../src/custody/state/sealing.ts';
import { systemClock } from '../../../../src/system/system-clock.ts';
import { opening, type StorePlace } from '../store-contract.ts';

/** A key of secrets, and the encryption with it. */
export const identity = await generateIdentity();
export const sealing = await createSealing({ text: identity, from: 'RECONCILE_STATE_KEY' });

let count = 0;

/** Creates a store in a branch. Each has another holder. */
export function gitStore(options: Partial<GitStoreOptions> & Pick<GitStoreOptions, 'branch'>): GitStore {
  count += 1;
  return new GitStore({
    clock: systemClock,
    random: () => 0,
    holder: `run-${count}`,
    host: `host-${count}`,
    base: '/checkout/.reconcile',
    times: { timeoutSeconds: 30, graceSeconds: 30 },
    sealing,
    ...options,
  });
}

/** Makes a place for stores in a branch. */
export function branchPlace(openBranch: () => Promise<Branch>): StorePlace {
  return {
    open: opening(async () => gitStore({ branch: await openBranch() })),
    async replaceFile(name, text) {
      const branch = await openBranch();
      const commit = await branch.fetch();
      const id = await branch.commit(new Map([...(commit?.files ?? []), [name, text]]));
      expect(await branch.push(id, commit?.id)).toEqual({ kind: 'accepted' });
    },
  };
}

/** The traits of all stores in a branch. */
export const branchTraits = { lockedMessage: /run-\d+ on host-\d+ holds/, setsAside: false };
