import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type Finished, program, quick, type RunEnvironment } from './cli.ts';

/** The target of a program's stream: kept for the test, or a file with its open flags. */
export type Stream = 'kept' | { readonly path: string; readonly flags: 'r' | 'w' | 'a' };

/** A disk that is full. */
export const full: Stream = { path: '/dev/full', flags: 'w' };

/** A program that is running. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves once it has ended. */
  readonly finished: Promise<Finished>;
}

/** Starts the built program with its streams led elsewhere. It doesn't outlive the test. */
export function start(
  args: readonly string[],
  {
    cwd,
    env,
    stdout = 'kept',
    stderr = 'kept',
  }: RunEnvironment & { readonly stdout?: Stream; readonly stderr?: Stream },
): Running {
  const opened: number[] = [];
  const open = (stream: Stream): number | 'pipe' => {
    if (stream === 'kept') return 'pipe';
    const fd = openSync(stream.path, stream.flags);
    opened.push(fd);
    return fd;
  };
  const child = spawn(process.execPath, [...quick, program, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', open(stdout), open(stderr)],
  });
  for (const fd of opened) closeSync(fd);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    texts.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    texts.stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...texts }));
  });
  return { process: child, finished };
}
