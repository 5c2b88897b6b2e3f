import { unwrapped } from './checks.ts';
import { type SpoolFile, spoolIn, unresolvedIn } from './records.ts';
import type { ActualToken, Process, Simulation } from './simulation.ts';
import { short } from './simulation.ts';
import type { BranchVersion, RemoteBranch } from './virtual-branch.ts';

/** A lease as `lock.json` states it. */
export interface Lease {
  readonly holder: string;
  /** The expiry by the clock of the holder, in milliseconds since 1970. */
  readonly expiry: number;
}

/**
 * How much of the lease is to be left when a create leaves or a secret is delivered, in milliseconds. Times in files are
 * rounded to seconds.
 */
const reserve = 30_000;
const rounding = 1_000;

/** Returns the lease among the files of a state; `undefined` if it is free. */
export function leaseIn(files: ReadonlyMap<string, string> | undefined): Lease | undefined {
  const text = files?.get('lock.json');
  if (text === undefined) return undefined;
  const { holder, expiry } = JSON.parse(text) as { holder?: string | null; expiry?: string | null };
  return holder && expiry ? { holder, expiry: Date.parse(expiry) } : undefined;
}

/** The holders of the lease on a branch, and checks that processes do only what their lease permits. */
export class LeaseWatch {
  readonly #simulation: Simulation;
  readonly #branch: RemoteBranch;
  /** The processes by the names of holders. */
  readonly #holders = new Map<string, Process>();

  constructor(simulation: Simulation) {
    if (!simulation.branch) throw new Error('no branch');
    this.#simulation = simulation;
    this.#branch = simulation.branch;
    this.#branch.onChange = (version, before) => this.#checkVersion(version, before);
    simulation.onRequest = (process, method, path) => this.#checkRequest(process, method, path);
    simulation.disk.onWrite = (path, content) => this.#checkWrite(path, content);
  }

  /** Returns the process that holds the lease by the latest commit, whether or not it has expired. */
  get holder(): Process | undefined {
    const lease = leaseIn(this.#branch.tip?.files);
    return lease && this.#holders.get(lease.holder);
  }

  /** Returns the end of the lease by the clock of the simulation. */
  get end(): number {
    const lease = leaseIn(this.#branch.tip?.files);
    return lease ? endOf(lease, this.#holders.get(lease.holder)) : 0;
  }

  #checkVersion({ commit, by, at }: BranchVersion, before: BranchVersion | undefined): void {
    const lease = leaseIn(commit?.files);
    const previous = leaseIn(before?.commit?.files);
    const process = this.#simulation.processes.find(({ name }) => name === by);
    if (lease && process && !this.#holders.has(lease.holder)) this.#holders.set(lease.holder, process);
    if (previous && lease && previous.holder !== lease.holder) {
      const early = endOf(previous, this.#holders.get(previous.holder)) - at;
      if (early > rounding) this.#report(`${by} has taken the lease ${early} ms before its end`);
    }
    for (const [path, text] of commit?.files ?? []) {
      const shown = this.#tokens.find(({ password }) => password !== '' && text.includes(password));
      if (shown) this.#report(`${by} has pushed the secret of ${describe(shown)} in the clear: ${path}`);
    }
  }

  #checkRequest(process: Process, method: string, path: string): void {
    if (method === 'GET' || !path.startsWith('/tokens')) return;
    const what = `${process.name} sends ${method} ${path}`;
    const { tip } = this.#branch;
    // A run can't know yet that a stranger has deleted the branch.
    if (!tip && [...this.#holders.values()].includes(process)) return;
    const { holder } = this;
    if (holder !== process) {
      const own = this.#tokens.find(({ id }) => path.includes(id) && method === 'DELETE');
      const isGivenUp =
        own?.process === process.name && unresolvedIn(tip?.files ?? new Map()).includes(own.nonce);
      if (!isGivenUp) this.#report(`${what}, and the lease is that of ${holder?.name ?? 'no run'}`);
      return;
    }
    const left = this.end - this.#simulation.clock.now();
    const isCreate = method === 'POST' || (method === 'PUT' && !this.#simulation.service.changeMethod);
    if (isCreate && left < reserve - rounding) this.#report(`${what} with ${left} ms of the lease left`);
  }

  /** Checks a write to a sink: its secret is on the branch, and the lease is still the writer's. */
  #checkWrite(path: string, content: string): void {
    if (!path.includes('/secrets/')) return;
    const text = unwrapped(content);
    const written = this.#tokens.filter(({ password }) => password !== '' && text.includes(password));
    const process = this.#simulation.running;
    for (const token of written) {
      const what = `${process?.name} delivers the secret of ${describe(token)}`;
      if (!this.#isOnBranch(token)) this.#report(`${what}, and no commit with it was accepted`);
      if (this.#branch.tip && this.holder !== process)
        this.#report(`${what}, and the lease is that of ${this.holder?.name ?? 'no run'}`);
      const left = this.end - this.#simulation.clock.now();
      if (this.#branch.tip && left < reserve - rounding)
        this.#report(`${what} with ${left} ms of the lease left`);
    }
  }

  /** Tells whether any accepted commit has had the secret of a token. */
  #isOnBranch({ nonce, id }: ActualToken): boolean {
    const isOf = ({ attempt, made }: SpoolFile): boolean =>
      (made?.id === id && (made.secret ?? made.content ?? null) !== null) ||
      (attempt.nonce === nonce && attempt.chosenSecret !== undefined);
    return this.#branch.history.some(({ commit }) => spoolIn(commit?.files ?? new Map()).some(isOf));
  }

  get #tokens(): readonly ActualToken[] {
    return [...this.#simulation.actualTokens.values()];
  }

  #report(what: string): void {
    this.#simulation.reportViolation(what);
  }
}

function endOf({ expiry }: Lease, holder: Process | undefined): number {
  return expiry - (holder?.skew ?? 0);
}

function describe({ name, id }: ActualToken): string {
  return `${name} ${short(id)}`;
}
