import pLimit from 'p-limit';
import type { CreateAttempt } from '../../../core/model/custody-record.ts';
import { ReconcileError } from '../../../core/model/errors.ts';
import type { Lease } from '../lease.ts';
import {
  type LeaseTimes,
  leaseLength,
  type Moment,
  momentNow,
  secondsLeft,
  secondsToRenewal,
} from '../lease-rules.ts';
import type { Sealing } from '../sealing.ts';
import { type FileChange, type HoldOptions, type HoldResult, ledgerFile, type Store } from '../store.ts';
import type { BranchCommit } from './branch.ts';
import { filesOfCommit, isUnresolvedIn } from './branch-files.ts';
import { createLease } from './git-lease.ts';
import { heldByOther, holderName, holderOf } from './holder.ts';
import { notPushed, type Patience, patienceOf } from './push.ts';
import { TrackedBranch, type TrackedBranchOptions } from './tracked-branch.ts';

/** The surroundings of a store in a branch. */
export interface GitStoreOptions extends TrackedBranchOptions {
  /** A text that no other run has, and the name of this machine. */
  readonly holder: string;
  readonly host: string;
  /** The folder that recorded paths are relative to, absolute. */
  readonly base: string;
  readonly times: Omit<LeaseTimes, 'sinkTimeoutSeconds'>;
  readonly sealing: Sealing;
}

/** The right to write, as the last accepted commit states it. */
interface Held {
  readonly times: LeaseTimes;
  readonly lengthSeconds: number;
  /** The moment when that commit was made. */
  readonly madeAt: Moment;
}

/** A commit that was made and not pushed yet. */
interface NewCommit extends BranchCommit {
  readonly madeAt: Moment;
  /** The changes in it. */
  readonly changes: ReadonlyMap<string, FileChange>;
}

/** Time for which a push waits for more changes, in milliseconds. */
const gatherMilliseconds = 10;
/** Interval of looking at the branch while another run holds it, in milliseconds. */
const pollMilliseconds = 2000;
/** Time after which a push that no lease depends on is given up, in milliseconds. */
const patienceMilliseconds = 60_000;
/** Time after which a push that the remote rejects is given up while the lease lasts, in milliseconds. */
const rejectedMilliseconds = 20_000;

/**
 * A store in a branch of a Git repository: docs/state.md. Each commit replaces the whole branch, by compare-and-swap on the
 * commit that was read or written last. Changes that arrive during a push go with the next one.
 */
export class GitStore implements Store {
  readonly folder = undefined;
  readonly base: string;
  readonly label: string;
  readonly lease: Lease;
  readonly sealing: Sealing;
  readonly #options: GitStoreOptions;
  readonly #tracked: TrackedBranch;
  readonly #staged = new Map<string, FileChange>();
  readonly #queue = pLimit(1);
  #waiting: Promise<void> | undefined;
  /** The lease that a takeover will have. */
  #wanted: LeaseTimes | undefined;
  /** The moment from which the wait for other runs counts, by the monotonic clock. */
  #waitingSince: number | undefined;
  #held: Held | undefined;
  #renewals = new AbortController();
  /** The reason for which this run must not write any more. */
  #lost: ReconcileError | undefined;

  constructor(options: GitStoreOptions) {
    this.#options = options;
    this.#tracked = new TrackedBranch(options);
    this.base = options.base;
    this.label = options.branch.label;
    this.sealing = options.sealing;
    this.lease = createLease({
      clock: options.clock,
      left: () => this.#left(),
      times: () => this.#heldLease().times,
      assertHeld: () => this.#assertHeld(),
      isHeld: () => this.#held !== undefined && !this.#lost,
      renew: () => this.#pushSoon(),
      isMarkedUnresolved: (attempt) => this.#isMarkedUnresolved(attempt),
    });
  }

  read = async (): Promise<ReadonlyMap<string, string>> => {
    if (!this.#held) {
      this.#staged.clear();
      await this.#tracked.fetch();
    }
    return this.#tracked.files;
  };

  hold = async (options: HoldOptions): Promise<HoldResult> => {
    if (this.#held) return 'held';
    const { clock, times } = this.#options;
    const wanted = { ...times, sinkTimeoutSeconds: options.sinkTimeoutSeconds };
    this.#waitingSince ??= clock.monotonic();
    const end = this.#waitingSince + options.lockTimeoutSeconds * 1000;
    const planned = this.#tracked.id;
    let isReported = false;
    for (;;) {
      options.signal.throwIfAborted();
      const { lock, id } = this.#tracked;
      const isUnchanged = id === planned;
      if (!lock) return isUnchanged && (await this.#acquire(wanted)) ? 'held' : 'changed';
      if (this.#tracked.isExpired(lock, leaseLength(wanted))) {
        if (!isUnchanged) return 'changed';
        this.#wanted = wanted;
        options.onTakeOver?.(holderName(lock));
        return 'expired';
      }
      // The lock may have been read long ago, before an approval.
      if (!(await this.#tracked.isCurrent())) {
        await this.#tracked.fetch();
        continue;
      }
      const left = end - clock.monotonic();
      if (left <= 0) throw heldByOther(this.label, lock);
      if (!isReported) options.onWait?.(holderName(lock));
      isReported = true;
      await clock.sleep(Math.min(pollMilliseconds, left), options.signal);
    }
  };

  takeOver = async (): Promise<void> => {
    if (!this.#wanted) throw new TypeError('there is nothing to take over');
    // If another run was faster, the next read shows it.
    await this.#acquire(this.#wanted);
  };

  write = async (changes: readonly FileChange[], urgency: 'now' | 'deferred'): Promise<void> => {
    for (const change of changes) this.#staged.set(change.name, change);
    if (urgency === 'now') await this.#pushSoon();
  };

  flush = async (): Promise<void> => {
    if (this.#staged.size > 0) await this.#pushSoon();
  };

  assertWritable = async (): Promise<void> => {
    const { branch } = this.#options;
    const outcome = await branch.probe(await branch.head());
    if (outcome.kind !== 'accepted') throw notPushed(branch, outcome.reason, outcome.hint);
  };

  setAside = async (name: string, what: string): Promise<string> => {
    throw new ReconcileError({
      code: 'STATE_BROKEN',
      message: `${name} in the branch ${this.label} ${what}; nothing was written`,
      hint: 'it may contain a secret: restore the branch from a commit that you know, or remove that file from the branch',
    });
  };

  release = async (): Promise<void> => {
    if (this.#lost) throw this.#lost;
    if (!this.#held) return;
    this.#renewals.abort();
    await this.#queue(() => this.#push({ keepsLease: false }));
    this.#held = undefined;
  };

  close = async (): Promise<void> => {
    await this.release().catch(() => undefined);
    this.#renewals.abort();
    await this.#options.branch.close();
  };

  holder = async (): Promise<string | undefined> => {
    await this.#tracked.fetch();
    return this.#holder();
  };

  unlock = async (holder: string): Promise<boolean> => {
    await this.#tracked.fetch();
    if (this.#tracked.id === undefined || this.#holder() !== holder) return false;
    const { branch, clock } = this.#options;
    const id = await branch.commit(filesOfCommit(this.#tracked.files, [], undefined));
    return (await this.#tracked.push(id, patienceOf(clock, patienceMilliseconds))) === 'accepted';
  };

  #holder(): string | undefined {
    const { lock } = this.#tracked;
    return lock && holderOf(lock);
  }

  /** Takes the lease with a push. Returns false if the branch was changed. */
  async #acquire(times: LeaseTimes): Promise<boolean> {
    const lengthSeconds = leaseLength(times);
    const commit = await this.#makeCommit(lengthSeconds);
    const patience = patienceOf(this.#options.clock, patienceMilliseconds);
    const outcome = await this.#tracked.push(commit.id, patience);
    if (outcome === 'changed') return false;
    this.#accept(commit);
    this.#waitingSince = undefined;
    this.#held = { times, lengthSeconds, madeAt: commit.madeAt };
    this.#renewals = new AbortController();
    void this.#renewInTime();
    return true;
  }

  /** Pushes the staged changes, with those that arrive until the push begins. */
  #pushSoon(): Promise<void> {
    this.#waiting ??= this.#queue(async () => {
      await this.#options.clock.sleep(gatherMilliseconds);
      this.#waiting = undefined;
      return this.#push({ keepsLease: true });
    });
    return this.#waiting;
  }

  async #push({ keepsLease }: { readonly keepsLease: boolean }): Promise<void> {
    this.#assertHeld();
    const held = this.#heldLease();
    const commit = await this.#makeCommit(keepsLease ? held.lengthSeconds : undefined);
    const { clock } = this.#options;
    const { giveUp: isOver } = patienceOf(clock, patienceMilliseconds);
    const patience: Patience = {
      giveUp: () => this.#left() <= 0 || (!keepsLease && isOver()),
      // A rejection can be passing, and giving up would lose the secrets of all creates in flight.
      giveUpRejected: patienceOf(clock, rejectedMilliseconds).giveUp,
    };
    try {
      await this.#tracked.replaceOwn(commit, patience);
    } catch (error) {
      if (error instanceof ReconcileError) this.#lost ??= error;
      throw error;
    }
    this.#accept(commit);
    this.#held = { ...held, madeAt: commit.madeAt };
  }

  /** @param lengthSeconds the length of the lease that the commit states; without one it states none */
  async #makeCommit(lengthSeconds: number | undefined): Promise<NewCommit> {
    const { branch, holder, host } = this.#options;
    const changes = new Map(this.#staged);
    const madeAt = this.#now();
    const lock =
      lengthSeconds === undefined
        ? undefined
        : { holder, host, expiryMs: madeAt.wall + lengthSeconds * 1000, lengthSeconds };
    const files = filesOfCommit(this.#tracked.files, changes.values(), lock);
    return { id: await branch.commit(files), files, madeAt, changes };
  }

  #accept(commit: NewCommit): void {
    this.#tracked.accept(commit);
    for (const [name, change] of commit.changes) {
      if (this.#staged.get(name) === change) this.#staged.delete(name);
    }
  }

  /** Renews the lease each time that a third of it is over. */
  async #renewInTime(): Promise<void> {
    const { signal } = this.#renewals;
    while (this.#held && !this.#lost && !signal.aborted) {
      const seconds = secondsToRenewal(this.#held.lengthSeconds, this.#left());
      try {
        if (seconds > 0) await this.#options.clock.sleep(seconds * 1000, signal);
        else await this.#pushSoon();
      } catch {
        return; // the next step of the run reports it
      }
    }
  }

  async #isMarkedUnresolved({ key, nonce }: CreateAttempt): Promise<boolean> {
    try {
      const commit = await this.#options.branch.fetch();
      return commit !== undefined && isUnresolvedIn(commit.files.get(ledgerFile) ?? '', key, nonce);
    } catch (error) {
      if (error instanceof ReconcileError) return false;
      throw error;
    }
  }

  #now(): Moment {
    return momentNow(this.#options.clock);
  }

  #left(): number {
    const { lengthSeconds, madeAt } = this.#heldLease();
    return secondsLeft(lengthSeconds, madeAt, this.#now());
  }

  #heldLease(): Held {
    if (!this.#held) throw new TypeError(`the state in ${this.label} is not held`);
    return this.#held;
  }

  #assertHeld(): void {
    if (this.#lost) throw this.#lost;
    this.#heldLease();
  }
}
