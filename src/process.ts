import { closeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { renderBug } from './cli/bug.ts';
import { exitCodes } from './cli/io.ts';
import { createOutput } from './cli/output.ts';

/** Signals within this time count as one: a closed terminal and its shell both send SIGHUP, some also SIGTERM. */
const echoMilliseconds = 200;

const hangupMilliseconds = 100;

/** The last major version of Node whose V8 is known to have these flags. V8 complains on stderr about flags that it lacks. */
const lastWithTierFlags = 26;
const tierFlags = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

let interrupted: { readonly code: number; readonly signal: NodeJS.Signals; readonly at: number } | undefined;
let bugs = 0;
let reportBug = (error: unknown): void => stderr.write(renderBug(error));
/** Ends the run. It exits at once until the program is loaded, because there is nothing to finish yet. */
let stop = (code: number, _message: string): void => process.exit(code);

const terminals = [0, 1, 2].filter(isatty);
let lost = false;
let lostResult: string | undefined;
const { COLUMNS } = process.env;
const stdout = createOutput(
  process.stdout,
  (code) => {
    lostResult = code;
  },
  COLUMNS,
);
const stderr = createOutput(
  process.stderr,
  () => {
    lost = true;
  },
  COLUMNS,
);

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => interrupt(signal, code));
}
// By default Node prints the line of the error, which is the whole minified program, and aborts writes in flight.
process.on('uncaughtException', (error) => {
  bugs += 1;
  if (bugs === 1) reportBug(error);
  stop(exitCodes.failed, 'unexpected error');
});
process.on('exit', (code) => {
  if (lostResult !== undefined)
    stderr.write(`error: can't write to stdout (${lostResult}): the result is incomplete\n`);
  const isDone = code === exitCodes.done || code === exitCodes.pending;
  if (isDone && bugs > 0) process.exitCode = exitCodes.failed;
  else if (isDone && (lost || lostResult !== undefined)) process.exitCode = exitCodes.partial;
  forgetTerminals();
});

// A run that never completes has failed.
process.exitCode = exitCodes.failed;
/** Runs the program with the arguments of the process. `examples` is the folder of the examples. */
export function runProcess(examples: string): void {
  main(process.argv.slice(2), examples).then((code) => {
    process.exitCode = code;
    // Only output that hasn't been read yet is left.
    stop = (signalled) => process.exit(signalled);
  }, reportBug);
}

/** Closes terminals that are gone: at exit Node resets each terminal, and aborts if it can't. */
function forgetTerminals(): void {
  for (const fd of terminals) {
    try {
      if (!isatty(fd)) closeSync(fd);
    } catch {
      // Already closed.
    }
  }
}

function interrupt(signal: NodeJS.Signals, code: number): void {
  const now = performance.now();
  if (interrupted === undefined) {
    interrupted = { code, signal, at: now };
    stop(code, 'interrupted');
    return;
  }
  const isEcho = [signal, interrupted.signal].includes('SIGHUP') && now - interrupted.at < echoMilliseconds;
  // A second signal exits at once.
  if (!isEcho) process.exit(code);
}

async function main(argv: readonly string[], examples: string): Promise<number> {
  await skipOptimizingWasm();
  const { ReconcileError, run, systemClock, systemMachine } = await import('./cli/index.ts');
  const stopping = new AbortController();
  stop = (_code, message) => stopping.abort(new ReconcileError({ code: 'INTERRUPTED', message }));
  return run(argv, {
    cwd: process.cwd(),
    env: process.env,
    stdin: {
      get isTTY() {
        return process.stdin.isTTY === true;
      },
      read: readStdin,
    },
    stdout,
    stderr,
    ask,
    interrupt: stopping.signal,
    interruptCode: () => interrupted?.code,
    onUncaught: (report) => {
      reportBug = report;
    },
    outputLost: () => {
      lost = true;
    },
    clock: systemClock,
    machine: systemMachine(process),
    node: process.versions.node,
    examples,
  });
}

/**
 * Makes V8 compile WebAssembly once, without optimizing. The only module is the parser of the HTTP library. Its optimized
 * code takes longer to compile than most runs last, and the process can't end before that is done.
 */
async function skipOptimizingWasm(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) > lastWithTierFlags) return;
  const { setFlagsFromString } = await import('node:v8');
  // V8 derives both from --liftoff-only, but only from the command line.
  for (const flag of tierFlags) setFlagsFromString(flag);
}

/** Reads standard input up to a limit in bytes, because it may never end. */
async function readStdin(limit: number, signal: AbortSignal): Promise<Buffer> {
  const { collect } = await import('./cli/index.ts');
  try {
    return await collect(process.stdin, limit, signal);
  } finally {
    await signalsSeen(signal);
  }
}

async function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode Ctrl-C arrives here, not as a signal to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // If the input ends, there is no reply, and the next output starts on a new line.
  const closed = new Promise<undefined>((resolve) => {
    terminal.once('close', () => resolve(undefined));
    // The terminal is gone.
    process.stdin.once('error', () => resolve(undefined));
  });
  let answer: string | undefined;
  try {
    answer = await Promise.race([terminal.question(question, { signal }), closed]);
    if (answer === undefined) await signalsSeen(signal);
    return answer;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    terminal.close();
    if (answer === undefined) stderr.write('\n');
  }
}

/** Throws if a signal has arrived. A closing terminal ends its input a moment before the signal. */
async function signalsSeen(signal: AbortSignal): Promise<void> {
  await setTimeout(process.stdin.isTTY ? hangupMilliseconds : 0);
  signal.throwIfAborted();
}
