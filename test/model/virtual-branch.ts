import { ReconcileError } from '../../src/core/model/errors.ts';
import type { Branch, BranchCommit, PushOutcome } from '../../src/custody/state/git/branch.ts';
import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** An operation that reaches the remote. */
export type BranchOperation = 'fetch' | 'head' | 'push' | 'probe';

/** Any operation; a commit is made locally. */
export type BranchStep = BranchOperation | 'commit';

/**
 * The fault of an operation. A rejected or lost `fetch` or `head` throws. A push that is `late` has no answer and takes effect
 * so many milliseconds later; other operations with that fault have no answer either.
 */
export type BranchFault =
  | 'none'
  | 'slow'
  | 'rejected'
  | 'lost_before'
  | 'lost_after'
  | { readonly late: number };

/** A process that uses a branch. */
export interface BranchUser {
  readonly name: string;
  /** Called before an operation begins. Never resolves if the process is killed there. */
  begin(operation: BranchStep): Promise<void>;
  /** Called when the answer has arrived. Never resolves if the process is killed by then. */
  end(operation: BranchStep): Promise<void>;
  faultOf(operation: BranchOperation): BranchFault;
}

/** The branch from one moment on. */
export interface BranchVersion {
  /** `undefined` if the branch was deleted. */
  readonly commit: BranchCommit | undefined;
  /** The name of the process that has pushed it, or `a stranger`. */
  readonly by: string;
  /** The times at which it was accepted and at which its commit was made, in milliseconds since 1970. */
  readonly at: number;
  readonly madeAt: number;
}

/** The options of a remote branch. */
export interface RemoteBranchOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Maximum time that an operation takes each way, in milliseconds. */
  readonly latency: number;
  /** Adds a line to the trace. */
  readonly note?: (who: string, what: string) => void;
}

interface LocalCommit extends BranchCommit {
  readonly madeAt: number;
}

export const stranger = 'a stranger';
export const branchLabel = 'origin#reconcile-state';

const slowest = 20_000;
const longestHang = 60_000;

/** A branch of a remote repository in the simulation. Each process has a clone of its own. */
export class RemoteBranch {
  /** All versions, the latest last. */
  readonly history: BranchVersion[] = [];
  /** Called when the branch has changed. */
  onChange: (version: BranchVersion, before: BranchVersion | undefined) => void = () => undefined;
  readonly #options: RemoteBranchOptions;
  #commits = 0;

  constructor(options: RemoteBranchOptions) {
    this.#options = options;
  }

  get tip(): BranchCommit | undefined {
    return this.history.at(-1)?.commit;
  }

  /** Returns the branch as a process sees it. */
  openFor(user: BranchUser): Branch {
    const { clock } = this.#options;
    const local = new Map<string, LocalCommit>();
    const commitOf = (id: string): LocalCommit => {
      const commit = local.get(id);
      if (!commit) throw new Error(`${user.name} pushes ${id}, which it hasn't made`);
      return commit;
    };
    return {
      label: branchLabel,
      fetch: () => this.#read(user, 'fetch', () => this.tip),
      head: () => this.#read(user, 'head', () => this.tip?.id),
      commit: async (files) => {
        await user.begin('commit');
        const id = this.#newId();
        local.set(id, { id, files: new Map(files), madeAt: clock.now() });
        await user.end('commit');
        return id;
      },
      push: (id, expected) => {
        const commit = commitOf(id);
        return this.#ask(user, 'push', () => this.#replace(commit, expected, user.name));
      },
      probe: (expected) => this.#ask(user, 'probe', () => this.tip?.id === expected),
      close: async () => local.clear(),
    };
  }

  /** Lets a stranger change or add a file; `undefined` deletes it. Does nothing if there is no branch. */
  strangerWrites(path: string, text: string | undefined): void {
    if (!this.tip) return;
    const files = new Map(this.tip.files);
    if (text === undefined) files.delete(path);
    else files.set(path, text);
    this.#accept({ id: this.#newId(), files }, stranger);
  }

  /** Lets a stranger replace the commit by another one with the same files. */
  strangerCommitsAgain(): void {
    if (this.tip) this.#accept({ id: this.#newId(), files: this.tip.files }, stranger);
  }

  strangerDeletes(): void {
    if (this.tip) this.#accept(undefined, stranger);
  }

  /** Reads the branch, half-way through the time that this takes. */
  async #read<T>(user: BranchUser, operation: BranchOperation, read: () => T): Promise<T> {
    await user.begin(operation);
    const fault = user.faultOf(operation);
    await this.#travel(fault);
    const value = read();
    await this.#travel(fault);
    if (fault !== 'none' && fault !== 'slow') {
      await this.#hang(fault);
      this.#note(user.name, `${operation} → ${describe(fault)}`);
      await user.end(operation);
      throw new ReconcileError({
        code: 'STATE_UNAVAILABLE',
        message: `${branchLabel}: the remote didn't respond`,
      });
    }
    this.#note(user.name, `${operation} → ${short(this.tip?.id)}`);
    await user.end(operation);
    return value;
  }

  /** Asks the remote for something that it accepts or rejects. */
  async #ask(user: BranchUser, operation: BranchOperation, act: () => boolean): Promise<PushOutcome> {
    await user.begin(operation);
    const fault = user.faultOf(operation);
    const outcome = await this.#outcomeOf(fault, act);
    const effect = typeof fault === 'object' ? describe(fault) : fault;
    this.#note(user.name, `${operation} → ${outcome.kind}${fault === 'none' ? '' : ` (${effect})`}`);
    await user.end(operation);
    return outcome;
  }

  async #outcomeOf(fault: BranchFault, act: () => boolean): Promise<PushOutcome> {
    if (typeof fault === 'object') {
      // Whether the branch still has the expected commit is decided only then.
      this.#options.clock.after(fault.late, act);
      await this.#hang(fault);
      return outcome('unknown', 'no answer');
    }
    await this.#travel(fault);
    if (fault === 'lost_before') return outcome('unknown', 'the connection was reset');
    if (fault === 'rejected') return outcome('rejected', 'the remote is read-only for a moment');
    const isAccepted = act();
    await this.#travel(fault);
    if (fault === 'lost_after') return outcome('unknown', 'the connection was reset');
    return isAccepted ? { kind: 'accepted' } : outcome('rejected', 'stale info');
  }

  /** Replaces the commit if it is the expected one. Tells whether the branch has the new one. */
  #replace({ id, files, madeAt }: LocalCommit, expected: string | undefined, by: string): boolean {
    if (this.tip?.id === id) return true;
    if (this.tip?.id !== expected) {
      this.#note(by, `${short(id)} is not accepted in place of ${short(expected)}: ${short(this.tip?.id)}`);
      return false;
    }
    this.#accept({ id, files }, by, madeAt);
    return true;
  }

  #accept(commit: BranchCommit | undefined, by: string, madeAt = this.#options.clock.now()): void {
    const before = this.history.at(-1);
    const version = { commit, by, at: this.#options.clock.now(), madeAt };
    this.history.push(version);
    this.#note(by, `the branch is ${short(commit?.id)} [${[...(commit?.files.keys() ?? [])].join(', ')}]`);
    this.onChange(version, before);
  }

  #newId(): string {
    this.#commits += 1;
    return `${this.#commits.toString(16).padStart(4, '0')}${this.#options.random.hex(18)}`;
  }

  #travel(fault: BranchFault): Promise<void> {
    const { clock, random, latency } = this.#options;
    return clock.sleep(random.between(0, latency) + (fault === 'slow' ? random.between(0, slowest) : 0));
  }

  /** Waits until a program that gets no answer gives up. */
  #hang(fault: BranchFault): Promise<void> {
    const { clock, random } = this.#options;
    return clock.sleep(typeof fault === 'object' ? random.between(0, longestHang) : 0);
  }

  #note(who: string, what: string): void {
    this.#options.note?.(who, what);
  }
}

/** The options of `randomBranchFault`. */
export interface BranchFaultRates {
  /** The probability of any fault. */
  readonly rate: number;
  /** Maximum delay of a push that takes effect late, in milliseconds. */
  readonly latest: number;
}

/** Picks the fault of an operation at random. */
export function randomBranchFault(
  random: Random,
  operation: BranchOperation,
  { rate, latest }: BranchFaultRates,
): BranchFault {
  if (!random.chance(rate)) return 'none';
  if (operation !== 'push') return random.pick<BranchFault>(['slow', 'rejected', 'lost_after', { late: 0 }]);
  const late = random.between(0, random.pick([5_000, 30_000, latest]));
  return random.pick<BranchFault>([
    'slow',
    'rejected',
    'lost_before',
    'lost_before',
    'lost_after',
    'lost_after',
    { late },
    { late },
  ]);
}

function outcome(kind: 'rejected' | 'unknown', reason: string): PushOutcome {
  return { kind, reason, hint: 'try again' };
}

function describe(fault: BranchFault): string {
  return typeof fault === 'object' ? `no answer, to take effect ${fault.late} ms later` : fault;
}

function short(id: string | undefined): string {
  return id === undefined ? 'none' : id.slice(0, 4);
}
