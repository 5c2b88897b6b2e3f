import { fileURLToPath } from 'node:url';
import type { Output } from './cli/io.ts';
import { version } from './version.ts';

// Whoever reads us may have seen enough: `reconcile list | head` ends quietly.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const argv = process.argv.slice(2);
if (isVersionQuestion(argv)) process.stdout.write(`${version}\n`);
else process.exitCode = await main(argv);

async function main(argv: readonly string[]): Promise<number> {
  // Until the program is loaded nothing is begun that would have to be finished.
  let interrupt = (code: number): void => process.exit(code);
  process.on('SIGINT', () => interrupt(130));
  process.on('SIGTERM', () => interrupt(143));

  const { ReconcileError, run, systemClock, systemMachine } = await import('./cli/index.ts');
  const interrupted = new AbortController();
  let interruptCode = 130;
  interrupt = (code) => {
    // Asked twice: whoever does that wants to be out at once.
    if (interrupted.signal.aborted) process.exit(code);
    interruptCode = code;
    interrupted.abort(
      new ReconcileError({ code: 'INTERRUPTED', message: 'interrupted; nothing new was started' }),
    );
  };
  return run(argv, {
    cwd: process.cwd(),
    env: process.env,
    stdin: {
      get isTTY() {
        return process.stdin.isTTY === true;
      },
      read: readStdin,
    },
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    ask,
    interrupt: interrupted.signal,
    interruptCode: () => (interrupted.signal.aborted ? interruptCode : undefined),
    clock: systemClock,
    machine: systemMachine(process),
    node: process.versions.node,
    examples: fileURLToPath(new URL('../examples', import.meta.url)),
  });
}

/** Asked by itself it is answered without loading the rest of the program. */
function isVersionQuestion([word, ...more]: readonly string[]): boolean {
  return more.length === 0 && (word === '--version' || word === '-V');
}

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
  const { addAbortSignal } = await import('node:stream');
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

async function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode the terminal's Ctrl-C comes here instead of to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // The end of the input is no answer; whatever is printed next begins a line of its own.
  const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
  let answer: string | undefined;
  try {
    answer = await Promise.race([terminal.question(question, { signal }), closed]);
    return answer;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    terminal.close();
    if (answer === undefined) process.stderr.write('\n');
  }
}
