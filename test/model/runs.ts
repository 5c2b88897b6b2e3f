import { apply } from '../../src/cli/apply.ts';
import type { OutputStream } from '../../src/cli/io.ts';
import { plan } from '../../src/cli/plan.ts';
import { createProgress } from '../../src/cli/progress.ts';
import type { Session } from '../../src/cli/session.ts';
import { ReconcileError, ReconcileErrors } from '../../src/core/model/errors.ts';
import type { Action, Status } from '../../src/core/model/plan.ts';
import { createMasker } from '../../src/core/model/secret.ts';
import { programFolder } from './checkout.ts';
import { hasUnresolved, workFolder } from './records.ts';
import {
  type Faults,
  type Machine,
  type MayDelete,
  noFaults,
  type Process,
  type Simulation,
  short,
} from './simulation.ts';

/** The options of a run. */
export interface RunOptions {
  readonly faults?: Faults;
  readonly replace?: readonly string[];
  readonly strictOutcome?: boolean;
  readonly parallelism?: number;
  /** Maximum wait for another run, in seconds; 0 by default. */
  readonly lockTimeout?: number;
  /** Another folder that sinks may be in. */
  readonly sinkFolder?: string;
  /** The listed tokens that it may delete, whatever their creator; none by default. */
  readonly mayDelete?: MayDelete;
}

/** The result of one address in `--format json`. */
export interface RunResult {
  readonly address: string;
  readonly action: Action;
  readonly status: Status;
  readonly id: string | null;
  readonly secret?: { readonly delivered_to: readonly string[] };
  readonly error?: RunProblem;
  readonly warnings: readonly string[];
}

/** A problem of a result, a plan, or the whole run. */
export interface RunProblem {
  readonly code: string;
  readonly message: string;
}

/** The change of one address in a plan. */
export interface PlannedChange {
  readonly address: string;
  readonly action: Action;
  readonly id: string | null;
  readonly reason: string;
  readonly error: RunProblem | null;
  readonly warnings: readonly string[];
}

/** The end of a run. */
export interface Outcome<Row> {
  readonly process: Process;
  /** `undefined` if it was killed, or ended with an error. */
  readonly code: number | undefined;
  readonly rows: readonly Row[];
  /** The errors that stopped it before it had any rows. */
  readonly errors: readonly RunProblem[];
  /** The number of waits for the settlement. */
  readonly settlements: number;
}

/** Runs `reconcile apply` on a machine, by the clock of the simulation. */
export function applyOn(
  simulation: Simulation,
  machine: Machine,
  options: RunOptions = {},
): Promise<Outcome<RunResult>> {
  return run(simulation, machine, options, 'apply', (session) =>
    apply(session, ['tokens.yaml'], {
      ...commonOptions(simulation, machine, options),
      lockTimeout: options.lockTimeout ?? 0,
      yes: true,
      keepGoing: true,
    }),
  );
}

/** Runs `reconcile plan` on a machine. */
export function planOn(
  simulation: Simulation,
  machine: Machine,
  options: RunOptions = {},
): Promise<Outcome<PlannedChange>> {
  return run(simulation, machine, options, 'plan', (session) =>
    plan(session, ['tokens.yaml'], {
      ...commonOptions(simulation, machine, options),
      detailedExitcode: true,
      checkSinks: true,
    }),
  );
}

/** Runs several runs concurrently until each has ended or was killed. */
export async function runAll<T>(simulation: Simulation, runs: readonly Promise<T>[]): Promise<readonly T[]> {
  let left = runs.length;
  for (const each of runs) {
    each.then(
      () => {
        left -= 1;
      },
      () => {
        left -= 1;
      },
    );
  }
  await simulation.clock.run(() => left === 0);
  simulation.finishKilled();
  return Promise.all(runs);
}

async function run<Row>(
  simulation: Simulation,
  machine: Machine,
  options: RunOptions,
  command: string,
  work: (session: Session) => Promise<number>,
): Promise<Outcome<Row>> {
  const { mayDelete = () => false } = options;
  const process = simulation.startProcess(
    machine,
    options.faults ?? noFaults,
    mayDelete,
    // With a shared state, another run may leave some until this one has the lock.
    simulation.branch !== undefined || hasUnresolved(simulation, machine),
  );
  const printed: string[] = [];
  const notes: string[] = [];
  const session = sessionOf(simulation, process, printed, notes);
  simulation.note(
    process.name,
    `${command}${(options.replace ?? []).map((one) => ` --replace ${one}`).join('')}`,
  );

  const errors: RunProblem[] = [];
  const code = await Promise.race([
    ended(process),
    simulation
      .runAs(process, () => work(session))
      .catch((error: unknown) => {
        if (error instanceof ReconcileErrors) errors.push(...error.problems);
        else if (error instanceof ReconcileError) errors.push(error);
        else simulation.reportViolation(`${process.name} has crashed: ${(error as Error).stack}`);
        return undefined;
      }),
  ]);
  simulation.end(process);

  const text = printed.join('');
  for (const { password } of simulation.actualTokens.values()) {
    if (text.includes(password) || notes.some((note) => note.includes(password))) {
      simulation.reportViolation(`${process.name} has printed a secret`);
    }
  }
  const document = code === undefined ? {} : (JSON.parse(text) as { results?: Row[]; changes?: Row[] });
  const rows = document.results ?? document.changes ?? [];
  if (!process.isDead) {
    simulation.note(
      process.name,
      `exit ${code ?? errors.map(({ code: what, message }) => `${what} ${message}`).join('; ')}`,
    );
  }
  for (const row of rows) simulation.note(process.name, `  ${described(row as RunResult)}`);
  for (const [name, count] of process.creates) {
    if (count > 10) simulation.reportViolation(`${process.name} has sent ${count} creates of ${name}`);
  }
  const settlements = notes.filter((note) => /was lost: waiting/.test(note)).length;
  return { process, code, rows, errors, settlements };
}

/** Resolves once a process is killed. */
function ended(process: Process): Promise<undefined> {
  return new Promise((resolve) => {
    process.onDeath = () => resolve(undefined);
  });
}

function described(row: Partial<RunResult & PlannedChange>): string {
  const { address, action, status, id, error, reason, warnings = [] } = row;
  const what = [address, action, status, id && short(id), error?.code, error?.message ?? reason];
  return [...what, ...warnings.map((warning) => `(${warning})`)].filter(Boolean).join(' · ');
}

function commonOptions(simulation: Simulation, machine: Machine, options: RunOptions) {
  return {
    ...stateOption(simulation, machine),
    replace: options.replace ?? [],
    target: [],
    grace: simulation.options.grace,
    allowTrackedState: false,
    strictOutcome: options.strictOutcome ?? false,
    parallelism: options.parallelism ?? 4,
    timeout: 30,
    maxWait: 120,
    allowInsecureHttp: false,
    allowHost: [],
    allowFileReference: [],
    allowSinkDir: options.sinkFolder === undefined ? [] : [options.sinkFolder],
    policy: [],
    strict: false,
    format: 'json',
    logLevel: 'silent',
    logFormat: 'json',
    quiet: true,
    progress: false,
    color: false,
  } as const;
}

function stateOption({ branch }: Simulation, machine: Machine) {
  return branch ? { state: 'git:origin' } : { stateDir: `${workFolder(machine)}/.reconcile` };
}

function sessionOf(simulation: Simulation, process: Process, printed: string[], notes: string[]): Session {
  const clock = {
    now: () => simulation.clock.now() + process.skew,
    monotonic: () => simulation.clock.monotonic(),
    sleep: (milliseconds: number, signal?: AbortSignal) => simulation.sleep(process, milliseconds, signal),
  };
  const machine = {
    host: process.machine.name,
    pid: process.pid,
    isRunning: (pid: number) => simulation.isRunning(pid),
  };
  const output: OutputStream = { write: (text) => notes.push(text), isTTY: false, columns: 80 };
  const style = { width: 80, terminal: false, color: false };
  const cwd = simulation.workingDirectory(process.machine);
  const env = { ...simulation.service.env, PATH: programFolder };
  const note = (text: string): void => {
    notes.push(text);
    simulation.note(process.name, `  ${text}`);
  };
  return {
    io: {
      cwd,
      env,
      stdin: { isTTY: false, read: async () => Buffer.alloc(0) },
      stdout: output,
      stderr: output,
      ask: async () => 'yes',
      interrupt: process.interrupt.signal,
      node: '20.19.0',
      interruptCode: () => (process.interrupt.signal.aborted ? 130 : undefined),
      clock,
      machine,
      examples: '',
    },
    runtime: {
      cwd,
      env,
      stdin: async () => Buffer.alloc(0),
      clock,
      random: () => simulation.random.next(),
      fetch: (url, init) => simulation.fetch(process, url, init),
      masker: createMasker(),
      ...(simulation.branch && { openBranch: async () => simulation.branchFor(process) }),
      logRequest: () => undefined,
      debug: () => undefined,
      onRateLimit: () => undefined,
      note: () => undefined,
      writeLine: (line) => notes.push(line),
      machine,
    },
    progress: createProgress(output, { quiet: true, progress: false }, { clock, mask: (text) => text }),
    annotations: { add: () => undefined, end: () => undefined },
    stdoutStyle: style,
    stderrStyle: style,
    print: (text) => printed.push(text),
    printJson: (document) => printed.push(JSON.stringify(document)),
    report: ({ code, message }, severity) => note(`${severity} ${code} ${message}`),
    reportAll: (problems, severity) => {
      for (const { code, message } of problems) note(`${severity} ${code} ${message}`);
    },
    info: note,
  };
}
