import { applyPlan } from './app/apply.ts';
import { type Connections, createConnections } from './app/connections.ts';
import { loadManifests as load } from './app/load.ts';
import { createSecretStore, type PlanRun, planRun } from './app/plan.ts';
import type { Runtime } from './app/runtime.ts';
import { readState, resolveStateDir, withLockedState } from './app/state-dir.ts';
import { type Problem, ReconcileError, ReconcileErrors } from './core/model/errors.ts';
import type { Plan, Result } from './core/model/plan.ts';
import { createMasker } from './core/model/secret.ts';
import type { MaxDeletes } from './core/plan/guards.ts';
import { sameState } from './custody/state/records.ts';
import type { Manifests } from './manifest/load.ts';
import { systemClock } from './system/system-clock.ts';
import { systemMachine } from './system/system-machine.ts';

/** What manifests are read with. Nothing is taken from the process. */
export interface LoadOptions {
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** For credentials and references; empty unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly allowHosts?: readonly string[];
  readonly allowFileReferences?: readonly string[];
  readonly allowSinkDirs?: readonly string[];
  readonly allowInsecureHttp?: boolean;
  /** Files with JSON Schemas that every entry has to satisfy. */
  readonly policies?: readonly string[];
}

/** How a plan is made. */
export interface PlanOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Requests at once, a host; 10 unless given. */
  readonly parallelism?: number;
  /** For one request; 30 unless given. */
  readonly timeoutSeconds?: number;
  /** The longest wait that a service may ask for; 120 unless given. */
  readonly maxWaitSeconds?: number;
  readonly allowInsecureHttp?: boolean;
  /** Where custody is recorded; the nearest `.reconcile` upwards from `cwd` of the manifests unless given. */
  readonly stateDir?: string;
  /** Use a state directory with files that Git tracks. */
  readonly allowTrackedState?: boolean;
  /** Addresses whose tokens are made anew. */
  readonly replace?: readonly string[];
  /** Patterns of the addresses that the run is about; none means all. */
  readonly target?: readonly string[];
  /** How many tokens of a scope may be deleted; 30 % of ten or more unless given. */
  readonly maxDeletes?: MaxDeletes;
  /** How late a lost request may still take effect, and a listing lag; 30 unless given. */
  readonly graceSeconds?: number;
  /** Only proof, and no evidence, tells that a token is ours. */
  readonly strictOutcome?: boolean;
  readonly signal?: AbortSignal;
}

/** How a plan is carried out. */
export interface ApplyOptions {
  /** How long another run on the same state directory is waited for; not at all unless given. */
  readonly lockTimeoutSeconds?: number;
  /** Is told of what to look at that belongs to no single result. */
  readonly warn?: (problem: Problem) => void;
  /** Carry out the other changes of a plan that holds errors. */
  readonly keepGoing?: boolean;
  /** Once aborted, nothing new is started; what has been started is finished. */
  readonly signal?: AbortSignal;
  readonly progress?: (result: Result) => void;
}

/** A plan, and what is needed to carry it out. */
export interface PlannedRun {
  readonly plan: Plan;
  readonly [internals]: {
    readonly planned: PlanRun;
    readonly runtime: Runtime;
    readonly connections: Connections;
  };
  /** Ends the connections, for a plan that is not to be carried out. */
  close(): Promise<void>;
}

const internals = Symbol('internals');
const parallelismDefault = 10;

/** Reads and checks manifests: files and folders. Never throws for what they, and policies, contain. */
export function loadManifests(paths: readonly string[], options: LoadOptions): Promise<Manifests> {
  const allowances = {
    allowHosts: options.allowHosts ?? [],
    allowFileReferences: options.allowFileReferences ?? [],
    allowSinkDirs: options.allowSinkDirs ?? [],
    allowInsecureHttp: options.allowInsecureHttp ?? false,
  };
  return load(paths, runtimeOf(options.env, options.cwd), allowances, options.policies ?? []);
}

/**
 * Compares manifests with what is live. Writes nothing.
 *
 * @throws ReconcileErrors for manifests with errors and for credentials that are missing; ReconcileError for
 * credentials that are refused
 * @example
 * const manifests = await loadManifests(['tokens'], { cwd: process.cwd(), env: process.env });
 * const planned = await plan(manifests, { env: process.env });
 * const results = await apply(planned);
 */
export async function plan(manifests: Manifests, options: PlanOptions = {}): Promise<PlannedRun> {
  if (manifests.errors.length > 0) throw new ReconcileErrors(manifests.errors as readonly Problem[]);
  const runtime = runtimeOf(options.env, '/');
  const connections = createConnections(runtime, {
    parallelism: options.parallelism ?? parallelismDefault,
    timeoutSeconds: options.timeoutSeconds ?? 30,
    maxWaitSeconds: options.maxWaitSeconds ?? 120,
    noRetry: interruptible(options.signal),
    allowInsecureHttp: options.allowInsecureHttp ?? false,
  });
  try {
    const state = await readState(await resolveStateDir(options, { cwd: manifests.cwd, env: runtime.env }));
    const planned = await planRun(manifests, connections, runtime, {
      state,
      graceSeconds: options.graceSeconds ?? 30,
      strictOutcome: options.strictOutcome ?? false,
      replace: options.replace ?? [],
      target: options.target ?? [],
      ...(options.maxDeletes && { maxDeletes: options.maxDeletes }),
      signal: interruptible(options.signal),
    });
    return { plan: planned.plan, close: connections.close, [internals]: { planned, runtime, connections } };
  } catch (error) {
    await connections.close();
    throw error;
  }
}

/**
 * Carries out a plan, and ends its connections. A plan with errors or guards is not carried out.
 *
 * @throws ReconcileError `PLAN_STALE` where another run has changed the state directory since the plan was made
 */
export async function apply(run: PlannedRun, options: ApplyOptions = {}): Promise<readonly Result[]> {
  const { planned, runtime, connections } = run[internals];
  try {
    const { state: before } = planned.custodian;
    const stop = interruptible(options.signal);
    const lock = { lockTimeoutSeconds: options.lockTimeoutSeconds ?? 0, signal: stop };
    return await withLockedState(before.folder, runtime, lock, async (state) => {
      if (!sameState(before, state)) {
        throw new ReconcileError({
          code: 'PLAN_STALE',
          message: 'another run has changed the state directory since the plan was made',
          hint: 'plan again',
        });
      }
      const custodian = await createSecretStore(state, runtime, planned.holdings, planned.files);
      return applyPlan({ ...planned, custodian }, runtime, {
        parallelism: parallelismDefault,
        keepGoing: options.keepGoing ?? false,
        stop,
        watcher: {
          begins: () => undefined,
          waits: () => undefined,
          done: options.progress ?? (() => undefined),
        },
        settlement: { waits: () => undefined, warn: options.warn ?? (() => undefined) },
      });
    });
  } finally {
    await connections.close();
  }
}

function runtimeOf(env: Readonly<Record<string, string | undefined>> = {}, cwd: string): Runtime {
  return {
    cwd,
    env,
    stdin: async () => Buffer.alloc(0),
    clock: systemClock,
    random: Math.random,
    masker: createMasker(),
    logRequest: () => undefined,
    debug: () => undefined,
    onRateLimit: () => undefined,
    note: () => undefined,
    writeLine: () => undefined,
    machine: systemMachine(process),
  };
}

/** The caller's signal with a reason of ours, so that an interruption is told like any other failure. */
function interruptible(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new ReconcileError({ code: 'INTERRUPTED', message: 'interrupted' }));
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
