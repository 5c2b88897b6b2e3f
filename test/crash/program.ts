import { type ChildProcess, spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run as runHere } from '../../src/cli/run.ts';
import type { Clock } from '../../src/core/util/clock.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { systemMachine } from '../../src/system/system-machine.ts';
import { type Finished, quick } from '../support/cli.ts';

/** The exit and the output of a process. */
export type Ended = Finished & { readonly signal: NodeJS.Signals | null };

/** A running process. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Kills it; resolves when it is dead. */
  kill(): Promise<void>;
}

/** What the preloaded module is told: where to write to, where to kill, and where to put what a kill would leave. */
export interface Watch {
  readonly traceFile: string;
  readonly at?: string;
  readonly keep?: string;
}

/** How a process is started. */
export interface Start {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Without it nothing is preloaded. */
  readonly watch?: Watch;
}

const preload = fileURLToPath(new URL('preload.mjs', import.meta.url));

/** The built program, copied into a folder: a build meanwhile changes nothing about the runs that follow. */
export async function copyProgram(folder: string): Promise<string> {
  await cp(new URL('../../dist', import.meta.url), folder, { recursive: true });
  return join(folder, 'reconcile.js');
}

/** Starts the built program. */
export function start(program: string, args: readonly string[], { cwd, env, watch }: Start): Running {
  const child = spawn(
    process.execPath,
    [...quick, ...(watch ? ['--import', preload] : []), program, ...args],
    {
      cwd,
      env: {
        PATH: process.env['PATH'],
        ...env,
        ...(watch && {
          CRASH_TRACE: watch.traceFile,
          CRASH_AT: watch.at ?? '',
          CRASH_KEEP: watch.keep ?? '',
        }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = endOf(child);
  return {
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs a command line in this process: for the steps before and after, which are not killed. */
export async function inThisProcess(
  args: readonly string[],
  { cwd, env, clock = systemClock }: Pick<Start, 'cwd' | 'env'> & { readonly clock?: Clock },
): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  const code = await runHere(args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdin: { isTTY: false, read: async () => Buffer.alloc(0) },
    stdout: {
      isTTY: false,
      columns: 100,
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      isTTY: false,
      columns: 100,
      write: (text) => {
        stderr += text;
      },
    },
    ask: async () => '',
    interrupt: new AbortController().signal,
    interruptCode: () => undefined,
    clock,
    machine: systemMachine(process),
    node: process.versions.node,
    examples: '',
  });
  return { code, stdout, stderr };
}
