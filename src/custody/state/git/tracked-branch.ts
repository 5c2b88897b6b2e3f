import type { Clock } from '../../../core/util/clock.ts';
import { type Moment, mayTakeOver, momentNow, secondsLeft } from '../lease-rules.ts';
import type { Branch, BranchCommit } from './branch.ts';
import { assertIsState, hasSameFiles, lockOf, stateFiles } from './branch-files.ts';
import { lost } from './holder.ts';
import type { LockFile } from './lock-file.ts';
import { type Patience, pushUntilKnown } from './push.ts';

/** A branch, and the clock and the random numbers for pushing to it. */
export interface TrackedBranchOptions {
  readonly branch: Branch;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The branch as this run knows it: the commit that was read, or accepted, last. A push replaces that commit only. */
export class TrackedBranch {
  readonly #options: TrackedBranchOptions;
  #latest: BranchCommit | undefined;
  /** The moment when the branch was first seen as it is. */
  #seenAt: Moment | undefined;

  constructor(options: TrackedBranchOptions) {
    this.#options = options;
  }

  /** The ID of the last known commit; `undefined` if the branch doesn't exist, or wasn't read yet. */
  get id(): string | undefined {
    return this.#latest?.id;
  }

  /** The files of the state in the last known commit; none without a commit. */
  get files(): ReadonlyMap<string, string> {
    return this.#latest ? stateFiles(this.#latest) : new Map();
  }

  /** The lease that the last known commit states. */
  get lock(): LockFile | 'unreadable' | undefined {
    return lockOf(this.#latest);
  }

  /** Reads the branch. Throws `STATE_UNSAFE` if it is not a state. */
  async fetch(): Promise<void> {
    const { branch, clock } = this.#options;
    const commit = await branch.fetch();
    if (commit) assertIsState(commit, branch.label);
    if (this.#seenAt === undefined || commit?.id !== this.id) this.#seenAt = momentNow(clock);
    this.#latest = commit;
  }

  /** Tells whether the remote branch still has the last known commit. */
  async isCurrent(): Promise<boolean> {
    return (await this.#options.branch.head()) === this.id;
  }

  /** Tells whether the lease of another run may be taken over. One without a length counts as long as that of this run. */
  isExpired(lock: LockFile | 'unreadable', ownLengthSeconds: number): boolean {
    const now = momentNow(this.#options.clock);
    const { expiryMs = Number.POSITIVE_INFINITY, lengthSeconds = ownLengthSeconds } =
      lock === 'unreadable' ? {} : lock;
    const unchangedSeconds = -secondsLeft(0, this.#seenAt ?? now, now);
    return mayTakeOver({ expiryMs, lengthSeconds }, now.wall, unchangedSeconds);
  }

  /** Pushes a commit over the last known one. Returns `changed` if the remote branch has another one. */
  push(id: string, patience: Patience): Promise<'accepted' | 'changed'> {
    return this.#pushOver(this.id, id, patience);
  }

  /**
   * Pushes a commit over the last one of this run, even if someone has committed the same content again. Throws `STATE_LOST`
   * if the branch has other content.
   */
  async replaceOwn(commit: BranchCommit, patience: Patience): Promise<void> {
    const { branch } = this.#options;
    let expected = this.id;
    while ((await this.#pushOver(expected, commit.id, patience)) === 'changed') {
      const found = await branch.fetch();
      const isOurs = [this.#latest, commit].some((own) => found && own && hasSameFiles(found, own));
      if (!found || !isOurs || patience.giveUp()) throw lost(branch.label, lockOf(found));
      expected = found.id;
    }
  }

  /** Records that the remote has accepted a commit of this run. */
  accept({ id, files }: BranchCommit): void {
    this.#latest = { id, files };
  }

  #pushOver(expected: string | undefined, id: string, patience: Patience): Promise<'accepted' | 'changed'> {
    const { branch, clock, random } = this.#options;
    return pushUntilKnown(branch, id, expected, { clock, random, ...patience });
  }
}
