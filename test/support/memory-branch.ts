import { createHash, randomUUID } from 'node:crypto';
import type { Branch, BranchCommit, PushOutcome } from '../../src/custody/state/git/branch.ts';

/** A remote branch in memory. */
export class MemoryRemote {
  /** The commit that the branch points to. */
  commit: BranchCommit | undefined;
  /** All commits that the branch has pointed to. */
  readonly history: BranchCommit[] = [];
  fetches = 0;
  pushes = 0;

  /** Replaces the branch, whatever it points to. */
  set(commit: BranchCommit | undefined): void {
    this.commit = commit;
    if (commit) this.history.push(commit);
  }
}

/** The fate of the next push. */
export type PushFault = 'lost_before' | 'lost_after' | 'rejected' | (() => void);

/** Opens a branch in memory. Each push takes the next of the faults, if there are any. */
export function memoryBranch(remote: MemoryRemote, faults: PushFault[] = []): Branch {
  const local = new Map<string, BranchCommit>();
  const unknown: PushOutcome = { kind: 'unknown', reason: 'no response', hint: 'run again' };
  return {
    label: 'memory#state',
    async fetch() {
      remote.fetches += 1;
      return remote.commit;
    },
    head: async () => remote.commit?.id,
    async commit(files) {
      const id = createHash('sha1').update(randomUUID()).digest('hex');
      local.set(id, { id, files: new Map(files) });
      return id;
    },
    async push(id, expected) {
      remote.pushes += 1;
      const fault = faults.shift();
      if (typeof fault === 'function') fault();
      if (fault === 'lost_before') return unknown;
      if (fault === 'rejected')
        return { kind: 'rejected', reason: 'rejected by the remote', hint: 'allow it' };
      const isSame = remote.commit?.id === id;
      if (!isSame && remote.commit?.id !== expected) return { kind: 'rejected', reason: 'stale', hint: '' };
      if (!isSame) remote.set(local.get(id));
      return fault === 'lost_after' ? unknown : { kind: 'accepted' };
    },
    probe: async () => ({ kind: 'accepted' }),
    close: async () => undefined,
  };
}
