import { AsyncLocalStorage } from 'node:async_hooks';
import { ReconcileError } from '../../src/core/model/errors.ts';
import type { Branch } from '../../src/custody/state/git/branch.ts';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import type { HubQuirks } from '../../src/emulator/quirks.ts';
import type { Lags } from '../../src/emulator/timing.ts';
import type { FetchInit } from '../../src/http/client.ts';
import { loadClients, tokenKinds } from '../../src/providers/registry.ts';
import type { ProgramResult, ProgramRun } from '../../src/system/run-program.ts';
import { useDisk } from './fs-promises.ts';
import type { Random } from './random.ts';
import { seedRegistry } from './services/ionos.ts';
import { seedOrganization } from './services/organization.ts';
import {
  idIn,
  type MadeToken,
  type PersonsToken,
  type Service,
  type ServiceIn,
  type ShownToken,
} from './services/service.ts';
import {
  type BranchFault,
  type BranchOperation,
  type BranchUser,
  RemoteBranch,
  randomBranchFault,
} from './virtual-branch.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
import { Disk, type DiskStep, failure } from './virtual-disk.ts';
import { useProgram } from './virtual-program.ts';

// Loaded beforehand, as that takes real time.
await Promise.all([
  ...tokenKinds.map(({ kind }) => loadClients(kind)),
  import('../../src/custody/state/git/git-store.ts'),
]);

/** The faults of a request; `late` and `hang` take effect later. */
export type Fault =
  | 'answer'
  | 'rate_limit'
  | 'error_before'
  | 'error_after'
  | 'truncate'
  | 'no_secret'
  | 'refused'
  | 'drop_before'
  | 'drop_after'
  | 'late'
  | 'slow'
  | 'hang'
  | { /** 429, with these headers. */ readonly limited: Readonly<Record<string, string>> }
  | { /** No answer ever comes, and it takes effect so many milliseconds later. */ readonly hang: number };

/** The faults of a process. Its steps are writes to the disk, requests, operations on the branch, and responses. */
export interface Faults {
  /** The step at which it is killed. A write may be half done by then. */
  readonly dieAt: number;
  /** The same by the text of the step, as in the trace. */
  readonly dieWhen?: (where: string) => boolean;
  /** Maximum lifetime in milliseconds. It may be waiting when it is killed. */
  readonly lifetime: number;
  /** Whether the power fails with it, which loses unflushed writes. */
  readonly powerCut: boolean;
  /** The step at which it gets a signal. */
  readonly interruptAt: number;
  /** The probability that a request has a fault. */
  readonly answer: number;
  /** The probability that a write to a sink fails; below, to the state directory. */
  readonly sink: number;
  readonly state: number;
  /** The probability that an operation on the branch has a fault. */
  readonly branch: number;
  /** The probability that it is paused when it goes on after a wait, for up to `longestPause` milliseconds. */
  readonly pause: number;
  readonly longestPause: number;
  /** Chooses a pause by the text of the step, in milliseconds. */
  readonly pauseWhen?: (where: string) => number | undefined;
  /** Chooses the fault of an operation on the branch instead of a random one. */
  readonly branchFault?: (operation: BranchOperation) => BranchFault | undefined;
}

/** Tells whether a request with this fault has certainly had no effect. */
function isHarmless(fault: Fault): boolean {
  return typeof fault === 'object' ? 'limited' in fault : ['refused', 'rate_limit'].includes(fault);
}

/** The absence of faults. */
export const noFaults: Faults = {
  dieAt: Number.POSITIVE_INFINITY,
  lifetime: Number.POSITIVE_INFINITY,
  powerCut: false,
  interruptAt: Number.POSITIVE_INFINITY,
  answer: 0,
  sink: 0,
  state: 0,
  branch: 0,
  pause: 0,
  longestPause: 0,
};

/** A computer that runs reconcile, with a disk of its own: the folder of its name. */
export interface Machine {
  readonly name: string;
  /** The name of those that share its state; its own if it has one for itself. */
  readonly owner: string;
  process: Process | undefined;
  runs: number;
  /**
   * The IDs of foreign tokens that its manifest or `--replace` gives up, as the runs of its owner have listed them.
   */
  readonly givenUp: Set<string>;
  /** The names of the tokens whose secrets its manifest has renewed in place. */
  readonly renews: Set<string>;
}

/** Decides which listed tokens a run may delete, whatever their creator. */
export type MayDelete = (token: ShownToken) => boolean;

/** One run of reconcile. */
export interface Process {
  readonly name: string;
  readonly pid: number;
  readonly machine: Machine;
  readonly faults: Faults;
  readonly interrupt: AbortController;
  /** The tokens that this run may delete, whatever their creator. */
  readonly mayDelete: MayDelete;
  /** How much its time of day is ahead, in milliseconds. */
  readonly skew: number;
  /** The time until which it is paused, in milliseconds since 1970. */
  pausedUntil: number;
  isDead: boolean;
  isFinished: boolean;
  steps: number;
  /** The number of creates sent, by name; below, of those without a definite response. */
  readonly creates: Map<string, number>;
  lostResponses: number;
  wrote: boolean;
  /** Whether there were unresolved attempts when it began. */
  hadUnresolved: boolean;
  /** Called when it is killed. */
  onDeath: () => void;
}

/** The actual state of a token, which no run knows completely. */
export interface ActualToken {
  readonly id: string;
  /** The present name; below, the first one. */
  name: string;
  readonly firstName: string;
  /** Its names before renames, each with the time at which it lost that name, in milliseconds since 1970. */
  readonly formerNames: Map<string, number>;
  /** The creator: the owner of a machine, `person`, or `seed`. */
  by: string;
  /** The owner of the machine that has renewed its secret in place last. */
  renewedBy?: string;
  /** The process that has created it; empty if no run has. */
  readonly process: string;
  password: string;
  /** The nonce of the attempt; empty if no run has created it. */
  readonly nonce: string;
  /** The creation time by our clock, in milliseconds since 1970. */
  readonly made: number;
  /** Whether a running process has received the secret. */
  isSecretReceived: boolean;
  /** The actor that has deleted it; below, those that have changed it. */
  deletedBy: string | undefined;
  readonly changedBy: Set<string>;
  /** Whether the service generated it. */
  readonly generated: boolean;
  /** The expiry in milliseconds since 1970; `null` for never. */
  readonly expiry: number | null;
  /** Whether it was removed from the manifest without a delete. */
  abandoned: boolean;
}

/** The actions of people at any moment. */
export interface Interference {
  /** The probability of an action before or after a request takes effect. */
  readonly rate: number;
  /** The names of the tokens that they act on. */
  readonly names: readonly string[];
  /** Whether they may create tokens that expire soon, or that the service generates. */
  readonly unusual: boolean;
}

/** The options of a simulation. */
export interface SimulationOptions {
  readonly random: Random;
  readonly service: ServiceIn;
  readonly lags: Partial<Lags>;
  readonly hubQuirks?: Partial<HubQuirks>;
  /** The skew of the server's clock, in milliseconds; positive if it is ahead. */
  readonly skew: number;
  /** Maximum delay of a lost request, in milliseconds. */
  readonly latest: number;
  /** Maximum latency of a response, in milliseconds. */
  readonly latency: number;
  readonly interference: Interference;
  readonly grace: number;
  /** Whether the machines share the state on a branch; otherwise each has a state on its disk. */
  readonly remote?: boolean;
  /** Maximum delay of a push without an answer, in milliseconds. */
  readonly latestPush?: number;
  /** Maximum skew of a process's time of day, in milliseconds. */
  readonly processSkew?: number;
  /** Chooses the fault of a request instead of a random one. */
  readonly faultFor?: (process: Process, method: string, path: string) => Fault | undefined;
  /** Chooses the latency of a request or response instead of a random one, in milliseconds. */
  readonly delay?: (process: Process) => number;
  /** Called at each step, whenever anything may have changed. */
  readonly watch?: () => void;
}

export const person = 'a person';
/** The owner of the machines that share a state. */
const sharedOwner = 'ours';
const start = Date.parse('2030-01-01T00:00:00Z');
const timeout = 30_000;
const slowest = 3_000;

/** A simulation of a service, machines with disks, people who interfere, and a record of the actual tokens. */
export class Simulation {
  readonly clock: VirtualClock = createVirtualClock(start);
  readonly disk = new Disk();
  readonly emulator: Emulator;
  readonly service: Service;
  readonly random: Random;
  readonly options: SimulationOptions;
  readonly actualTokens = new Map<string, ActualToken>();
  readonly trace: string[] = [];
  /** The violations of invariants. */
  readonly violations: string[] = [];
  /** All processes, in the order of their starts. */
  readonly processes: Process[] = [];
  /** The branch with the state; absent if it is on the machines' disks. */
  readonly branch: RemoteBranch | undefined;
  /** Called when a request of a process leaves. */
  onRequest: (process: Process, method: string, path: string) => void = () => undefined;
  readonly #machines = new Map<string, Machine>();
  readonly #running = new AsyncLocalStorage<Process>();
  #pids = 100;
  #isCalm = false;

  constructor(options: SimulationOptions) {
    this.options = options;
    this.random = options.random;
    this.emulator = createEmulator({
      quirks: options.lags,
      hubQuirks: { ...options.lags, ...options.hubQuirks },
      now: () => this.clock.now() + options.skew,
      sleep: (milliseconds) => this.clock.sleep(milliseconds),
      seed: { registries: [seedRegistry], dockerHub: { organizations: [seedOrganization] } },
    });
    this.service = options.service(this.emulator, {
      random: this.random,
      now: () => this.clock.now() + options.skew,
      lags: options.lags,
    });
    this.disk.gate = (step) => this.#gate(step);
    useDisk(this.disk, (path) => this.#locate(path));
    useProgram((job) => this.#runProgram(job));
    if (options.remote) {
      this.branch = new RemoteBranch({
        clock: this.clock,
        random: this.random,
        latency: options.latency,
        note: (who, what) => this.note(who, what),
      });
    }
  }

  /** Adds a line to the trace. */
  note(who: string, what: string): void {
    const seconds = ((this.clock.now() - start) / 1000).toFixed(3);
    this.trace.push(`${seconds.padStart(9)} ${who.padEnd(5)} ${what}`);
  }

  reportViolation(what: string): void {
    this.note('', `VIOLATED: ${what}`);
    this.violations.push(what);
  }

  /** Ends the actions of people. */
  stopInterference(): void {
    this.#isCalm = true;
    this.note('who', 'people are done');
  }

  machine(name: string): Machine {
    const known = this.#machines.get(name);
    if (known) return known;
    const owner = this.branch ? sharedOwner : name;
    const others = this.machines.find((one) => one.owner === owner);
    const givenUp = others?.givenUp ?? new Set();
    const machine: Machine = { name, owner, process: undefined, runs: 0, givenUp, renews: new Set() };
    this.#machines.set(name, machine);
    return machine;
  }

  /** Returns the folder that a machine's runs work in, as they see it. With a shared state it is the same on all of them. */
  workingDirectory({ name }: Machine): string {
    return this.branch ? '/work' : `/${name}/work`;
  }

  /** Runs a process's program, whose paths are those of its machine if the state is shared. */
  runAs<T>(process: Process, work: () => Promise<T>): Promise<T> {
    // To keep track of it costs as much time as the rest.
    return this.branch ? this.#running.run(process, work) : work();
  }

  /** Returns the process whose program runs right now, if the state is shared. */
  get running(): Process | undefined {
    return this.#running.getStore();
  }

  #locate(path: string): string {
    const process = this.branch && this.#running.getStore();
    return process ? `/${process.machine.name}${path}` : path;
  }

  get machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  /** Returns the live tokens. */
  live(name?: string): readonly ActualToken[] {
    return this.service
      .live()
      .flatMap(({ id }) => this.actualTokens.get(id) ?? [])
      .filter((actual) => name === undefined || actual.name === name);
  }

  startProcess(machine: Machine, faults: Faults, mayDelete: MayDelete, hadUnresolved: boolean): Process {
    machine.runs += 1;
    this.#pids += 1;
    const { processSkew = 0 } = this.options;
    const process: Process = {
      name: `${machine.name}#${machine.runs}`,
      pid: this.#pids,
      machine,
      faults,
      interrupt: new AbortController(),
      mayDelete,
      skew: processSkew === 0 ? 0 : this.random.between(-processSkew, processSkew),
      pausedUntil: 0,
      isDead: false,
      isFinished: false,
      steps: 0,
      creates: new Map(),
      lostResponses: 0,
      wrote: false,
      hadUnresolved,
      onDeath: () => undefined,
    };
    machine.process = process;
    this.processes.push(process);
    if (faults.lifetime < Number.POSITIVE_INFINITY) {
      this.clock.after(faults.lifetime, () => {
        if (machine.process === process) this.kill(process, 'out of the blue');
      });
    }
    return process;
  }

  isRunning(pid: number): boolean {
    return this.machines.some(({ process }) => process?.pid === pid && !process.isDead);
  }

  /** Ends a process. A killed one stays, as its pending steps must be blocked. */
  end(process: Process): void {
    if (!process.isDead) process.machine.process = undefined;
  }

  /** Cuts the power of machines whose process was killed with it, once nothing runs any more. */
  finishKilled(): void {
    for (const { name, process } of this.machines) {
      if (!process?.isDead || process.isFinished) continue;
      process.isFinished = true;
      if (process.faults.powerCut) this.disk.cutPower(`/${name}`, this.random);
    }
  }

  /** Kills a process with all its pending steps. */
  kill(process: Process, where: string): void {
    if (process.isDead) return;
    process.isDead = true;
    this.note(process.name, `KILLED ${where}${process.faults.powerCut ? ', with the power' : ''}`);
    process.onDeath();
  }

  /**
   * Pauses a process: nothing of it goes on that waits for the clock, a response or the disk. Requests that are under way take
   * effect meanwhile.
   */
  pause(process: Process, milliseconds: number, where: string): void {
    if (process.isDead || milliseconds <= 0) return;
    process.pausedUntil = Math.max(process.pausedUntil, this.clock.now() + milliseconds);
    this.note(process.name, `PAUSED ${where}, for ${milliseconds} ms`);
  }

  /** Tells whether a process that would go on is paused there, or was before. */
  #isPaused(process: Process, where: string): boolean {
    const { pause, longestPause, pauseWhen } = process.faults;
    const chosen = pauseWhen?.(where);
    if (chosen !== undefined) this.pause(process, chosen, where);
    else if (this.random.chance(pause)) {
      this.pause(process, this.random.between(0, this.random.pick([20_000, 180_000, longestPause])), where);
    }
    return this.clock.now() < process.pausedUntil;
  }

  /** Resolves once a process is no longer paused. */
  async #untilResumed(process: Process): Promise<void> {
    while (!process.isDead && this.clock.now() < process.pausedUntil) {
      await this.clock.sleep(process.pausedUntil - this.clock.now());
    }
    if (process.isDead) return never();
  }

  /** Counts a step, at which a process may be killed. Tells whether it still runs. */
  #step(process: Process, where: string): boolean {
    this.options.watch?.();
    if (process.isDead) return false;
    process.steps += 1;
    if (process.steps === process.faults.interruptAt) {
      this.note(process.name, `INTERRUPTED ${where}`);
      process.interrupt.abort(interruption());
    }
    if (process.steps < process.faults.dieAt && !process.faults.dieWhen?.(where)) return true;
    this.kill(process, where);
    return false;
  }

  async #gate(step: DiskStep): Promise<void> {
    const { name, path, writes, half } = step;
    const process = this.#machines.get(path.split('/')[1] ?? '')?.process;
    if (!process) return;
    if (process.isDead) return never();
    // A delivery to a file takes no time: a check of the lease is just before it.
    const isSink = path.includes('/secrets/');
    if (this.clock.now() < process.pausedUntil && !isSink) await this.#untilResumed(process);
    if (!writes) return;
    const where = `before ${name} ${path}`;
    const chosen = process.faults.pauseWhen?.(where);
    if (chosen !== undefined) {
      this.pause(process, chosen, where);
      await this.#untilResumed(process);
    }
    if (!this.#step(process, where)) {
      if (half && this.random.chance(0.5)) half();
      return never();
    }
    if (name === 'rename' || name === 'rm' || name === 'link') this.note(process.name, `  ${name} ${path}`);
    const { sink, state } = process.faults;
    if (this.random.chance(isSink ? sink : state)) {
      const code = this.random.pick(['ENOSPC', 'EACCES', 'ENOENT', 'EROFS']);
      this.note(process.name, `  ${code} at ${name} ${path}`);
      throw failure(code, name, path);
    }
  }

  /**
   * Runs the program of a sink, which takes a while and then writes its input into a file. It goes on if its process is paused
   * or killed, but never beyond its time limit.
   */
  async #runProgram({
    args: [name = ''],
    folder,
    input,
    timeoutSeconds,
    end,
  }: ProgramRun): Promise<ProgramResult> {
    const process = this.#running.getStore();
    if (!process) throw new Error('no process runs');
    if (!this.#step(process, `before the program for ${name}`)) return never();
    const path = this.#locate(`${folder}/secrets/${name}.command`);
    const limit = timeoutSeconds * 1_000;
    const longest = process.faults.sink > 0 ? 2 * limit : limit - 1;
    const duration = this.random.pick([
      0,
      this.random.between(0, limit - 1),
      this.random.between(0, longest),
    ]);
    const fails = this.random.chance(process.faults.sink);
    const failure = await new Promise<string | undefined>((resolve) => {
      let isOver = false;
      const finish = (why?: string): void => {
        if (isOver) return;
        isOver = true;
        this.note(process.name, `  the program for ${name} ends: ${why ?? 'done'}`);
        resolve(why);
      };
      end?.addEventListener('abort', () => finish('stopped'), { once: true });
      this.clock.after(limit, () => finish('its time is over'));
      this.clock.after(duration, () => {
        if (isOver) return;
        if (!fails) {
          this.disk.put(path, input);
          this.#running.run(process, () => this.disk.onWrite(path, input));
        }
        finish(fails ? 'it failed' : undefined);
      });
    });
    const where = `at the end of the program for ${name}`;
    if (this.#isPaused(process, where)) await this.#untilResumed(process);
    if (!this.#step(process, where)) return never();
    return { output: '', stdout: '', ...(failure !== undefined && { failure }) };
  }

  /** Sleeps on behalf of a process. */
  async sleep(process: Process, milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.clock.sleep(milliseconds, signal);
    if (this.#isPaused(process, 'after a sleep')) await this.#untilResumed(process);
    if (process.isDead) return never();
  }

  /** Returns the branch for a process. */
  branchFor(process: Process): Branch {
    if (!this.branch) throw new Error('the state is on disk');
    const user: BranchUser = {
      name: process.name,
      begin: async (operation) => {
        if (this.clock.now() < process.pausedUntil) await this.#untilResumed(process);
        if (!this.#step(process, `before ${operation}`)) return never();
      },
      end: async (operation) => {
        const where = `at the answer to ${operation}`;
        if (this.#isPaused(process, where)) await this.#untilResumed(process);
        if (!this.#step(process, where)) return never();
      },
      faultOf: (operation) =>
        process.faults.branchFault?.(operation) ??
        randomBranchFault(this.random, operation, {
          rate: process.faults.branch,
          latest: this.options.latestPush ?? 0,
        }),
    };
    return this.branch.openFor(user);
  }

  /** Sends a request of a process. It continues even if the process is killed. */
  async fetch(process: Process, url: string, init: FetchInit): Promise<Response> {
    if (process.isDead) return never();
    const what = `${init.method} ${this.service.pathOf(url)}`;
    if (!this.#step(process, `before ${what}`)) return never();
    this.onRequest(process, init.method, this.service.pathOf(url));
    const answer = await new Promise<Response>((resolve, reject) => {
      const abort = (): void => reject(init.signal.reason);
      if (init.signal.aborted) abort();
      init.signal.addEventListener('abort', abort, { once: true });
      this.#exchange(process, url, init, what)
        .then(resolve, reject)
        .finally(() => init.signal.removeEventListener('abort', abort));
    }).catch((error: unknown) => {
      const fail = (): Promise<Response> => {
        if (process.isDead) return never();
        if (this.#isCreate(init) && !isUnsent(error)) process.lostResponses += 1;
        throw error;
      };
      if (!this.#isPaused(process, `at the fault of ${what}`)) return fail();
      return this.#untilResumed(process).then(fail);
    });
    if (this.#isPaused(process, `at the answer to ${what}`)) await this.#untilResumed(process);
    if (!this.#step(process, `at the answer to ${what}`)) return never();
    return this.#received(process, init, answer);
  }

  async #exchange(process: Process, url: string, init: FetchInit, what: string): Promise<Response> {
    const fault = this.#faultOf(process, init, url);
    const { random, clock } = this;
    const delay = (): Promise<void> =>
      clock.sleep(this.options.delay?.(process) ?? random.between(0, this.options.latency));
    const log = (text: string): void => this.note(process.name, `${what} → ${text}`);
    const later = (milliseconds: number): void => {
      clock.after(milliseconds, () => void this.#serve(process, url, init, `${what} (late)`));
    };
    // What certainly has no effect may be sent again.
    if (this.#isCreate(init) && !isHarmless(fault)) this.#countCreate(process, init);
    if (init.method !== 'GET') process.wrote = true;
    const withoutResponse = (wait: number): Promise<Response> => {
      log(`no answer, to take effect ${wait} ms later`);
      later(wait);
      return never();
    };
    if (typeof fault === 'object' && 'limited' in fault) {
      log('429');
      return new Response('{}', { status: 429, headers: fault.limited });
    }
    if (typeof fault === 'object') return withoutResponse(fault.hang);
    switch (fault) {
      case 'refused':
        log(fault);
        throw networkError('ECONNREFUSED');
      case 'rate_limit':
        log('429');
        return new Response('{}', { status: 429, headers: { 'retry-after': '1' } });
      case 'error_before':
        await delay();
        log(`500 (${fault})`);
        return serverErrorResponse();
      case 'drop_before':
        await delay();
        log(fault);
        throw networkError('ECONNRESET');
      case 'late': {
        await delay();
        const wait = random.between(0, this.options.latest);
        log(`dropped, to take effect ${wait} ms later`);
        later(wait);
        throw networkError('ECONNRESET');
      }
      case 'hang':
        return withoutResponse(random.between(0, timeout + this.options.latest));
    }
    await delay();
    const answer = await this.#serve(process, url, init, what);
    await delay();
    switch (fault) {
      case 'drop_after':
        log(fault);
        throw networkError('ECONNRESET');
      case 'error_after':
        log(`500 (${fault})`);
        return serverErrorResponse();
      case 'slow':
        await clock.sleep(random.between(0, slowest));
        log(`${answer.status} (slow)`);
        return rewritten(answer, answer.text);
      case 'truncate':
        log(`${answer.status} (truncated)`);
        return rewritten(answer, answer.text.slice(0, answer.text.length / 2));
      case 'no_secret':
        log(`${answer.status} (without its secret)`);
        return rewritten(answer, this.service.withoutSecret(answer.text));
      default:
        return rewritten(answer, answer.text);
    }
  }

  #faultOf(process: Process, { method }: FetchInit, path: string): Fault {
    const decided = this.options.faultFor?.(process, method, path);
    if (decided) return decided;
    if (!this.random.chance(process.faults.answer)) return 'answer';
    return this.random.pick(
      method === 'GET'
        ? ['rate_limit', 'error_before', 'truncate', 'refused', 'drop_before', 'slow', 'slow', 'hang']
        : this.#isCreate({ method })
          ? [
              ...(['rate_limit', 'error_before', 'error_after', 'truncate', 'no_secret', 'refused'] as const),
              ...(['drop_before', 'drop_after', 'late', 'hang', 'late', 'drop_after', 'slow'] as const),
            ]
          : method === 'DELETE'
            ? ['rate_limit', 'error_before', 'error_after', 'drop_before', 'drop_after', 'late', 'hang']
            : ['rate_limit', 'error_before', 'error_after', 'drop_before', 'drop_after'],
    );
  }

  /** Lets the service handle a request, and records the effect. */
  async #serve(process: Process, url: string, init: FetchInit, what: string): Promise<Served> {
    this.#interfere(init);
    const { method, headers, body } = init;
    const request = new Request(url, { method, headers, ...(body !== undefined && { body }) });
    const answer = await (this.service.fetch ?? this.emulator.fetch)(request);
    const text = await answer.text();
    this.note(
      process.name,
      `${what} → ${answer.status}${this.#described(method, this.service.pathOf(url), answer.status, text)}`,
    );
    this.#record(process, url, init, answer.status, text);
    this.#interfere(init);
    this.options.watch?.();
    return { status: answer.status, headers: answer.headers, text };
  }

  #record(
    process: Process,
    url: string,
    { method, headers, body }: FetchInit,
    status: number,
    text: string,
  ): void {
    const { machine } = process;
    const id = idIn(this.service.pathOf(url));
    const known = this.actualTokens.get(id);
    if (this.#isCreate({ method }) && status === 201) {
      const made = this.service.shown(text);
      if (made) {
        const nonce = /\((.*)\)/.exec(headers['user-agent'] ?? '')?.[1] ?? '';
        this.actualTokens.set(made.id, {
          ...this.#recordActual(made),
          by: machine.owner,
          process: process.name,
          nonce,
        });
      }
      if (known) this.reportViolation(`${process.name} has created ${id} again, an ID that was there`);
    }
    if (method === (this.service.changeMethod ?? 'PATCH') && status === 200 && known) {
      known.changedBy.add(machine.owner);
      const name = this.service.nameIn(body ?? '') ?? known.name;
      if (name !== known.name) known.formerNames.set(known.name, this.clock.now());
      known.name = name;
      if (known.generated)
        this.reportViolation(`${process.name} has changed ${short(id)}, which is the service's own`);
    }
    if (method === 'PATCH' && status === 200 && known && this.service.secretIn) {
      known.password = this.service.secretIn(body ?? '');
      known.isSecretReceived = true;
      if (machine.renews.has(known.name)) {
        known.by = machine.owner;
        known.renewedBy = machine.owner;
      } else if (known.by !== machine.owner)
        this.reportViolation(
          `${process.name} has set the secret of ${known.name} ${short(id)} of ${known.by}`,
        );
    }
    if (method === 'DELETE' && status < 300 && known) {
      known.deletedBy = process.name;
      if (known.by !== machine.owner && !machine.givenUp.has(id)) {
        this.reportViolation(`${process.name} has deleted ${known.name} ${short(id)} of ${known.by}`);
      }
    }
    if (method === 'GET' && status === 200 && !process.wrote && isList(this.service.pathOf(url))) {
      for (const token of this.service.listed(text)) {
        if (!token.generated && process.mayDelete(token)) machine.givenUp.add(token.id);
      }
    }
  }

  /** Records that a process has received a response. */
  async #received(process: Process, init: FetchInit, answer: Response): Promise<Response> {
    if (!this.#isCreate(init)) return answer;
    const text = await answer.text();
    const shown = answer.status === 201 ? this.service.shown(text) : undefined;
    const actual = this.actualTokens.get(shown?.id ?? '');
    if (actual && shown?.password === actual.password) actual.isSecretReceived = true;
    else if (answer.status === 201 || answer.status >= 500) process.lostResponses += 1;
    return new Response(text, answer);
  }

  #isCreate({ method }: Pick<FetchInit, 'method'>): boolean {
    return method === 'POST' || (method === 'PUT' && this.service.changeMethod !== 'PUT');
  }

  #countCreate(process: Process, { body }: FetchInit): void {
    const name = this.service.nameIn(body ?? '') ?? '';
    process.creates.set(name, (process.creates.get(name) ?? 0) + 1);
  }

  /** Lets a person act at random, most often on a name that is being created. */
  #interfere({ method, body }: FetchInit): void {
    const { rate, names, unusual } = this.options.interference;
    const { random } = this;
    const wanted = this.#isCreate({ method }) ? this.service.nameIn(body ?? '') : undefined;
    if (this.#isCalm || !random.chance(wanted === undefined ? rate : rate * 5)) return;
    const name = wanted !== undefined && random.chance(0.7) ? wanted : random.pick(names);
    const tokens = this.live(name);
    const act = random.pick(['create', 'create', 'delete', 'disable']);
    if (act === 'create') {
      const user = random.pick(['emulator', 'other']);
      const more = unusual ? random.pick([{}, {}, { generated: true }, { expiry: this.#soon() }]) : {};
      this.personCreates(name, { user, ...more });
    } else if (tokens.length > 0) {
      const token = random.pick(tokens);
      if (act === 'delete') this.personDeletes(token);
      else this.personDisables(token);
    }
  }

  #soon(): number {
    return this.clock.now() + this.options.skew + this.random.between(10_000, 200_000);
  }

  /** Lets a person create a token; `undefined` if the service rejects the name. */
  personCreates(name: string, more: Partial<PersonsToken> = {}): ActualToken | undefined {
    return this.#create(person, { name, user: 'emulator', repository: 'theirs', ...more });
  }

  /** Creates a token that exists from the start. */
  seed(name: string, repository: string, more: Partial<PersonsToken> = {}): ActualToken {
    const actual = this.#create('the seed', { name, user: 'emulator', repository, ...more });
    if (!actual) throw new Error(`${name} is there already`);
    return actual;
  }

  personDeletes({ id, name }: ActualToken): void {
    this.service.delete(id);
    const actual = this.actualTokens.get(id);
    if (actual) actual.deletedBy = person;
    this.note('who', `a person deletes ${name} ${short(id)}`);
  }

  /** Lets a person disable a token, unless it has expired; or delete it where none can be disabled. */
  personDisables(actual: ActualToken): void {
    const { id, name, expiry } = actual;
    if (!this.service.disable) {
      this.personDeletes(actual);
      return;
    }
    if (expiry !== null && expiry <= this.clock.now() + this.options.skew) return;
    this.service.disable(id);
    this.actualTokens.get(id)?.changedBy.add(person);
    this.note('who', `a person disables ${name} ${short(id)}`);
  }

  #create(by: string, token: PersonsToken): ActualToken | undefined {
    const { name, user } = token;
    if (this.service.uniqueNames && this.live(name).length > 0) return undefined;
    const actual: ActualToken = { ...this.#recordActual(this.service.create(token)), by };
    this.actualTokens.set(actual.id, actual);
    const more = [
      ...(actual.generated ? ['generated'] : []),
      ...(actual.expiry === null ? [] : ['ends soon']),
    ];
    this.note('who', `${by} (${user}) makes ${[name, short(actual.id), ...more].join(', ')}`);
    return actual;
  }

  #recordActual({ id, name, password, generated = false, expiry = null }: MadeToken): ActualToken {
    return {
      id,
      name,
      firstName: name,
      formerNames: new Map(),
      by: '',
      process: '',
      password,
      made: this.clock.now(),
      nonce: '',
      isSecretReceived: false,
      deletedBy: undefined,
      changedBy: new Set(),
      generated,
      expiry,
      abandoned: false,
    };
  }

  #described(method: string, path: string, status: number, text: string): string {
    if (status >= 300 || text === '') return '';
    if (method !== 'GET') return ` ${short(this.service.shown(text)?.id ?? '')}`;
    if (!isList(path)) return '';
    const tokens = this.service.listed(text).map(({ id, name }) => `${name} ${short(id)}`);
    return ` [${tokens.join(', ')}]`;
  }
}

function isList(path: string): boolean {
  return /^\/tokens(\?|$)/.test(path);
}

interface Served {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Shortens an ID for the trace. */
export function short(id: string): string {
  return id.slice(0, 4);
}

/** Returns a promise that never settles. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function rewritten({ status, headers }: Served, text: string): Response {
  return new Response(status === 204 ? null : text, { status, headers });
}

function serverErrorResponse(): Response {
  return new Response('<html></html>', { status: 500, headers: { 'content-type': 'text/html' } });
}

function networkError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

function isUnsent(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code === 'ECONNREFUSED';
}

function interruption(): Error {
  return new ReconcileError({ code: 'INTERRUPTED', message: 'interrupted' });
}
