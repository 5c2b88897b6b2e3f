import { createInterface } from 'node:readline/promises';
import { addAbortSignal } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Output } from './cli/io.ts';
import { run } from './cli/run.ts';
import { ReconcileError } from './core/errors.ts';
import { systemMachine } from './custody/system-machine.ts';
import { systemClock } from './http/system-clock.ts';

const interrupted = new AbortController();
let interruptCode = 130;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    // Asked twice: whoever does that wants to be out at once.
    if (interrupted.signal.aborted) process.exit(code);
    interruptCode = code;
    interrupted.abort(
      new ReconcileError({ code: 'INTERRUPTED', message: 'interrupted; nothing new was started' }),
    );
  });
}

// Whoever reads us may have seen enough: `reconcile list | head` ends quietly.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  stdin: { isTTY: process.stdin.isTTY === true, read: readStdin },
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  ask,
  interrupt: interrupted.signal,
  interruptCode: () => (interrupted.signal.aborted ? interruptCode : undefined),
  clock: systemClock,
  machine: systemMachine,
  examples: fileURLToPath(new URL('../examples', import.meta.url)),
});

function output(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 100;
    },
  };
}

/** Reads standard input; not on past so many bytes, as it need not end. */
async function readStdin(limit: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes > limit) break;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  return Buffer.concat(chunks);
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode the terminal's Ctrl-C comes here instead of to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // The end of the input is no answer; whatever is printed next begins a line of its own.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  let answered = false;
  try {
    const answer = await Promise.race([terminal.question(question, { signal }), closed]);
    answered = answer !== '';
    return answer;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    terminal.close();
    if (!answered) process.stderr.write('\n');
  }
}
