import { type Problem, ReconcileError, ReconcileErrors } from './core/errors.ts';
import type { Plan, Result } from './core/model.ts';
import { createMasker } from './core/secret.ts';
import { systemClock } from './http/system-clock.ts';
import type { Manifests } from './manifest/load.ts';
import { applyRunPlan } from './wire/apply.ts';
import { type Connections, createConnections } from './wire/connect.ts';
import { loadManifests as load } from './wire/load.ts';
import { makeRunPlan, type Planned } from './wire/plan.ts';
import type { Runtime } from './wire/runtime.ts';

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
}

/** How a plan is made. */
export interface PlanOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Requests at once, a host; 10 unless given. */
  readonly parallelism?: number;
  /** For one request; 30 unless given. */
  readonly timeoutSeconds?: number;
  readonly allowInsecureHttp?: boolean;
  readonly signal?: AbortSignal;
}

/** How a plan is carried out. */
export interface ApplyOptions {
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
    readonly planned: Planned;
    readonly runtime: Runtime;
    readonly connections: Connections;
  };
  /** Ends the connections, for a plan that is not to be carried out. */
  close(): Promise<void>;
}

const internals = Symbol('internals');
const parallelismDefault = 10;

/** Reads and checks manifests: files and folders. Never throws for what they contain. */
export function loadManifests(paths: readonly string[], options: LoadOptions): Promise<Manifests> {
  return load(paths, runtimeOf(options.env, options.cwd), {
    allowHosts: options.allowHosts ?? [],
    allowFileReferences: options.allowFileReferences ?? [],
    allowSinkDirs: options.allowSinkDirs ?? [],
    allowInsecureHttp: options.allowInsecureHttp ?? false,
  });
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
    allowInsecureHttp: options.allowInsecureHttp ?? false,
  });
  try {
    const planned = await makeRunPlan(manifests.desired, connections, runtime, interruptible(options.signal));
    return { plan: planned.plan, close: connections.close, [internals]: { planned, runtime, connections } };
  } catch (error) {
    await connections.close();
    throw error;
  }
}

/** Carries out a plan, and ends its connections. A plan with errors or guards is not carried out. */
export async function apply(run: PlannedRun, options: ApplyOptions = {}): Promise<readonly Result[]> {
  const { planned, runtime, connections } = run[internals];
  try {
    return await applyRunPlan(planned, runtime, {
      parallelism: parallelismDefault,
      keepGoing: options.keepGoing ?? false,
      stop: interruptible(options.signal),
      progress: options.progress ?? (() => undefined),
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
