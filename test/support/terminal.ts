import process from 'node:process';
import { run } from '../../src/cli/run.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { systemMachine } from '../../src/system/system-machine.ts';
import { root } from '../examples/recipe.ts';

/** How a command runs on a terminal. */
export interface TerminalRun {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The width; 80 by default. */
  readonly columns?: number;
  /** Returns what is typed as the answer to a question; nothing by default. */
  readonly answer?: (question: string) => string;
  /** Interrupts the run. */
  readonly interrupt?: AbortSignal;
}

/** Runs a command in this process as on a terminal. */
export async function runOnTerminal(
  argv: readonly string[],
  { cwd, env = {}, columns = 80, answer = () => '', interrupt = new AbortController().signal }: TerminalRun,
) {
  const asked: string[] = [];
  let stdout = '';
  let stderr = '';
  const code = await run(argv, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdin: { isTTY: true, read: async () => Buffer.alloc(0) },
    stdout: {
      isTTY: true,
      columns,
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      isTTY: true,
      columns,
      write: (text) => {
        stderr += text;
      },
    },
    ask: async (question) => {
      asked.push(question);
      return answer(question);
    },
    interrupt,
    interruptCode: () => (interrupt.aborted ? 130 : undefined),
    clock: systemClock,
    machine: systemMachine(process),
    node: process.versions.node,
    examples: `${root}examples`,
  });
  return { code, stdout, stderr: withoutProgress(stderr), asked };
}

/** Removes the line of the progress, which is erased in the end. */
function withoutProgress(text: string): string {
  const [last = '', ...before] = text.split('\u001b[K').toReversed();
  return [...before.toReversed().map((part) => part.slice(0, part.lastIndexOf('\r'))), last].join('');
}
