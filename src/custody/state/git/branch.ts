/** A commit of a branch, with the content of its files by their paths. */
export interface BranchCommit {
  readonly id: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The outcome of a push. `rejected`: this push surely had no effect. An earlier push of the same commit with an unknown
 * outcome may still have one. `unknown`: no clear response arrived, and it may have been accepted.
 */
export type PushOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected' | 'unknown'; readonly reason: string; readonly hint: string };

/** One branch of a remote Git repository, of which only the latest commit counts. */
export interface Branch {
  /** The location for messages, without credentials, for example `origin#reconcile-state`. */
  readonly label: string;
  /** Fetches the branch; `undefined` if it doesn't exist. Throws `STATE_UNAVAILABLE`. */
  fetch(): Promise<BranchCommit | undefined>;
  /** Returns the ID of the remote branch's commit without fetching it; `undefined` if the branch doesn't exist. */
  head(): Promise<string | undefined>;
  /** Makes a local commit without parents that has exactly these files. No two commits have the same ID. */
  commit(files: ReadonlyMap<string, string>): Promise<string>;
  /**
   * Replaces the commit of the remote branch by a local one if it is still the expected one; `undefined` if the branch must
   * not exist. Pushing the same commit again is harmless. Never throws for a response or a fault of the remote.
   */
  push(id: string, expected: string | undefined): Promise<PushOutcome>;
  /** Tells, without writing, whether the remote would accept a push as far as it says. */
  probe(expected: string | undefined): Promise<PushOutcome>;
  /** Removes everything local. */
  close(): Promise<void>;
}
