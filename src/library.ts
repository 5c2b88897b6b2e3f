import { applyPlan, holdFor, isRefused } from './app/apply.ts';
import { type Connections, createConnections } from './app/connections.ts';
import { loadManifests as load } from './app/load.ts';
import { type PlanRun, planRun } from './app/plan.ts';
import type { Runtime } from './app/runtime.ts';
import { openSecretStore } from './app/secret-store.ts';
import { openStore } from './app/state.ts';
import { type Problem, ReconcileError, ReconcileErrors, toProblem } from './core/model/errors.ts';
import type { Plan, Result } from './core/model/plan.ts';
import { createMasker } from './core/model/secret.ts';
import type { MaxDeletes } from './core/plan/guards.ts';
import { sameState } from './custody/state/records.ts';
import { openState } from './custody/state/state.ts';
import type { Store } from './custody/state/store.ts';
import type { Manifests } from './manifest/load.ts';
import { secretPrefixes } from './providers/registry.ts';
import { systemClock } from './system/system-clock.ts';
import { systemMachine } from './system/system-machine.ts';

/** Options for loading manifests. Nothing is taken from the process. */
export interface LoadOptions {
  /** The folder of relative paths. */
  readonly cwd: string;
  /** The variables for credentials and references. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly allowHosts?: readonly string[];
  readonly allowFileReferences?: readonly string[];
  readonly allowSinkDirs?: readonly string[];
  readonly allowInsecureHttp?: boolean;
  /** Files with JSON Schemas that every entry must satisfy. */
  readonly policies?: readonly string[];
}

/** Options for making a plan. */
export interface PlanOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Maximum concurrent requests per host. Default: 10. */
  readonly parallelism?: number;
  /** Time limit of one request. Default: 30. */
  readonly timeoutSeconds?: number;
  /** Maximum wait if a service asks for a pause. Default: 120. */
  readonly maxWaitSeconds?: number;
  readonly allowInsecureHttp?: boolean;
  /**
   * The location of the state: `file:DIR`, `git:REMOTE` or `git:REMOTE#BRANCH`. Default: the nearest `.reconcile`, from the
   * manifests' `cwd` upwards.
   */
  readonly state?: string;
  /** The file with the age identity that encrypts secrets in a branch. Default: the content of `RECONCILE_STATE_KEY`. */
  readonly stateKey?: string;
  /** The state directory. The same as `state: 'file:DIR'`. */
  readonly stateDir?: string;
  /** Uses a state directory with files that Git tracks. */
  readonly allowTrackedState?: boolean;
  /** Addresses of tokens to recreate. */
  readonly replace?: readonly string[];
  /** Patterns of the addresses to plan. Default: all. */
  readonly target?: readonly string[];
  /** Maximum deletes per scope. Default: 30 % in scopes of ten or more. */
  readonly maxDeletes?: MaxDeletes;
  /** Maximum time after which a lost request takes effect or a list is up to date, in seconds. Default: 30. */
  readonly graceSeconds?: number;
  /** Requires proof of ownership instead of inferring it. */
  readonly strictOutcome?: boolean;
  readonly signal?: AbortSignal;
}

/** Options for applying a plan. */
export interface ApplyOptions {
  /** Maximum wait for another run on the same state directory. Default: 0. */
  readonly lockTimeoutSeconds?: number;
  /** Called with each problem that belongs to no single result. */
  readonly warn?: (problem: Problem) => void;
  /** Applies the other changes of a plan with errors. */
  readonly keepGoing?: boolean;
  /** Aborting it starts no new change. Changes in progress are finished. */
  readonly signal?: AbortSignal;
  readonly progress?: (result: Result) => void;
}

/** A plan, and the means to apply it. */
export interface PlannedRun {
  readonly plan: Plan;
  readonly [internals]: {
    readonly planned: PlanRun;
    readonly runtime: Runtime;
    readonly store: Store;
    readonly connections: Connections;
  };
  /** Closes the connections of a plan that isn't applied. */
  close(): Promise<void>;
}

const internals = Symbol('internals');
const parallelismDefault = 10;

/** Reads and checks manifests: files and folders. Never throws for the content of manifests and policies. */
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
  let store: Store | undefined;
  try {
    store = await openStore(
      {
        ...options,
        ...(options.timeoutSeconds !== undefined && { timeout: options.timeoutSeconds }),
        ...(options.graceSeconds !== undefined && { grace: options.graceSeconds }),
      },
      { ...runtime, cwd: manifests.cwd },
    );
    const state = await openState(store);
    const planned = await planRun(manifests, connections, runtime, {
      state,
      graceSeconds: options.graceSeconds ?? 30,
      strictOutcome: options.strictOutcome ?? false,
      replace: options.replace ?? [],
      target: options.target ?? [],
      ...(options.maxDeletes && { maxDeletes: options.maxDeletes }),
      signal: interruptible(options.signal),
    });
    const opened = { store, connections };
    return {
      plan: planned.plan,
      close: () => closeAll(opened),
      [internals]: { planned, runtime, ...opened },
    };
  } catch (error) {
    await closeAll({ connections, ...(store && { store }) });
    throw error;
  }
}

/**
 * Carries out a plan, and ends its connections. A plan with errors or guards is not carried out.
 *
 * @throws ReconcileError `PLAN_STALE` where another run changed the state directory after this plan was created
 */
export async function apply(run: PlannedRun, options: ApplyOptions = {}): Promise<readonly Result[]> {
  const { planned, runtime, store, connections } = run[internals];
  try {
    const { state: before } = planned.secretStore;
    const stop = interruptible(options.signal);
    const warn = options.warn ?? (() => undefined);
    const lock = { lockTimeoutSeconds: options.lockTimeoutSeconds ?? 0, signal: stop };
    const state = await openState(store, lock);
    const secretStore = await openSecretStore(state, runtime, planned.holdings, planned.files);
    const own = { ...planned, secretStore };
    const keepGoing = options.keepGoing ?? false;
    const isHeld =
      isRefused(planned.plan, keepGoing) || (sameState(before, state) && (await holdFor(own, lock)));
    if (!isHeld) {
      throw new ReconcileError({
        code: 'PLAN_STALE',
        message: 'another run changed the state after this plan was created',
        hint: 'create a new plan',
      });
    }
    const results = await applyPlan(own, runtime, {
      parallelism: parallelismDefault,
      keepGoing,
      stop,
      listener: {
        onBegin: () => undefined,
        onWait: () => undefined,
        onDone: options.progress ?? (() => undefined),
      },
      settlement: { onWait: () => undefined, warn },
    });
    await store.release().catch((error: unknown) => warn(toProblem(error)));
    return results;
  } finally {
    await closeAll({ store, connections });
  }
}

async function closeAll({
  store,
  connections,
}: {
  readonly store?: Store;
  readonly connections: Connections;
}): Promise<void> {
  await store?.close();
  await connections.close();
}

function runtimeOf(env: Readonly<Record<string, string | undefined>> = {}, cwd: string): Runtime {
  return {
    cwd,
    env,
    stdin: async () => Buffer.alloc(0),
    clock: systemClock,
    random: Math.random,
    masker: createMasker(secretPrefixes),
    logRequest: () => undefined,
    debug: () => undefined,
    onRateLimit: () => undefined,
    note: () => undefined,
    writeLine: () => undefined,
    machine: systemMachine(process),
  };
}

/** Returns the caller's signal with a reason of ours, so that an interruption is reported like any other failure. */
function interruptible(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new ReconcileError({ code: 'INTERRUPTED', message: 'interrupted' }));
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
