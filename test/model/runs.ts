import { apply } from '../../src/cli/apply.ts';
import type { OutputStream } from '../../src/cli/io.ts';
import { plan } from '../../src/cli/plan.ts';
import { createProgress } from '../../src/cli/progress.ts';
import type { Session } from '../../src/cli/session.ts';
import { ReconcileError, ReconcileErrors } from '../../src/core/model/errors.ts';
import type { Action, Status } from '../../src/core/model/plan.ts';
import { createMasker } from '../../src/core/model/secret.ts';
import { hasDoubts, workFolder } from './records.ts';
import {
  type Faults,
  type Machine,
  type MayDelete,
  noFaults,
  type Process,
  short,
  type World,
} from './world.ts';

/** How a run is asked for. */
export interface RunOptions {
  readonly faults?: Faults;
  readonly replace?: readonly string[];
  readonly strictOutcome?: boolean;
  readonly parallelism?: number;
  /** A folder beside its own that sinks may be in. */
  readonly sinkFolder?: string;
  /** Which of the tokens that it lists it may delete, whoever has made them; none unless it is said. */
  readonly mayDelete?: MayDelete;
}

/** What became of one address, as `--format json` tells it. */
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

/** What a plan says of an address. */
export interface PlannedChange {
  readonly address: string;
  readonly action: Action;
  readonly id: string | null;
  readonly reason: string;
  readonly error: RunProblem | null;
  readonly warnings: readonly string[];
}

/** How a run ended. */
export interface Outcome<Row> {
  readonly process: Process;
  /** `undefined` where it was killed, or ended by an error. */
  readonly code: number | undefined;
  readonly rows: readonly Row[];
  /** What kept it from having any rows. */
  readonly errors: readonly RunProblem[];
  /** How often it has waited for the settlement. */
  readonly settlements: number;
}

/** Runs `reconcile apply` on a machine, in the time of its world. */
export function applyOn(
  world: World,
  machine: Machine,
  options: RunOptions = {},
): Promise<Outcome<RunResult>> {
  return run(world, machine, options, 'apply', (session) =>
    apply(session, ['tokens.yaml'], {
      ...commonOptions(world, machine, options),
      lockTimeout: 0,
      yes: true,
      keepGoing: true,
    }),
  );
}

/** Runs `reconcile plan` on a machine. */
export function planOn(
  world: World,
  machine: Machine,
  options: RunOptions = {},
): Promise<Outcome<PlannedChange>> {
  return run(world, machine, options, 'plan', (session) =>
    plan(session, ['tokens.yaml'], {
      ...commonOptions(world, machine, options),
      detailedExitcode: true,
      checkSinks: true,
    }),
  );
}

/** Lets runs go on, side by side, until each has ended or is dead. */
export async function runAll<T>(world: World, runs: readonly Promise<T>[]): Promise<readonly T[]> {
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
  await world.time.run(() => left === 0);
  world.bury();
  return Promise.all(runs);
}

async function run<Row>(
  world: World,
  machine: Machine,
  options: RunOptions,
  command: string,
  work: (session: Session) => Promise<number>,
): Promise<Outcome<Row>> {
  const { mayDelete = () => false } = options;
  const process = world.startProcess(
    machine,
    options.faults ?? noFaults,
    mayDelete,
    hasDoubts(world, machine),
  );
  const printed: string[] = [];
  const notes: string[] = [];
  const session = sessionOf(world, process, printed, notes);
  world.note(process.name, `${command}${(options.replace ?? []).map((one) => ` --replace ${one}`).join('')}`);

  const errors: RunProblem[] = [];
  const code = await Promise.race([
    ended(process),
    work(session).catch((error: unknown) => {
      if (error instanceof ReconcileErrors) errors.push(...error.problems);
      else if (error instanceof ReconcileError) errors.push(error);
      else world.violated(`${process.name} has crashed: ${(error as Error).stack}`);
      return undefined;
    }),
  ]);
  world.end(process);

  const text = printed.join('');
  for (const { password } of world.truths.values()) {
    if (text.includes(password) || notes.some((note) => note.includes(password))) {
      world.violated(`${process.name} has printed a secret`);
    }
  }
  const document = code === undefined ? {} : (JSON.parse(text) as { results?: Row[]; changes?: Row[] });
  const rows = document.results ?? document.changes ?? [];
  if (!process.dead) {
    world.note(
      process.name,
      `exit ${code ?? errors.map(({ code: what, message }) => `${what} ${message}`).join('; ')}`,
    );
  }
  for (const row of rows) world.note(process.name, `  ${described(row as RunResult)}`);
  for (const [name, count] of process.creates) {
    if (count > 10) world.violated(`${process.name} has sent ${count} creates of ${name}`);
  }
  const settlements = notes.filter((note) => /was lost: waiting/.test(note)).length;
  return { process, code, rows, errors, settlements };
}

/** Resolves once a process is dead. */
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

function commonOptions(world: World, machine: Machine, options: RunOptions) {
  return {
    stateDir: `${workFolder(machine)}/.reconcile`,
    replace: options.replace ?? [],
    target: [],
    grace: world.options.grace,
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

function sessionOf(world: World, process: Process, printed: string[], notes: string[]): Session {
  const clock = {
    now: () => world.time.now(),
    sleep: (milliseconds: number, signal?: AbortSignal) => world.sleep(process, milliseconds, signal),
  };
  const machine = {
    host: process.machine.name,
    pid: process.pid,
    isRunning: (pid: number) => world.isRunning(pid),
  };
  const output: OutputStream = { write: (text) => notes.push(text), isTTY: false, columns: 80 };
  const style = { width: 80, terminal: false, color: false };
  const cwd = workFolder(process.machine);
  const { env } = world.service;
  const note = (text: string): void => {
    notes.push(text);
    world.note(process.name, `  ${text}`);
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
      random: () => world.random.next(),
      fetch: (url, init) => world.fetch(process, url, init),
      masker: createMasker(),
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
    tellAll: (problems, severity) => {
      for (const { code, message } of problems) note(`${severity} ${code} ${message}`);
    },
    info: note,
  };
}
