import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The output and the exit code of a program. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program. */
export const program = fileURLToPath(new URL('../../dist/reconcile.js', import.meta.url));

/** For a process that lives for a moment: what it never runs again need not be compiled well. */
export const quick = ['--max-lazy', '--no-opt', '--single-threaded-gc', '--liftoff-only'] as const;

/** The folder and the complete environment of a program. */
export interface RunEnvironment {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Runs the built program to its end. */
export function reconcile(args: readonly string[], surroundings: RunEnvironment): Promise<Finished> {
  return finished(process.execPath, [...quick, program, ...args], surroundings);
}

/** Runs any program to its end. */
export function finished(
  command: string,
  args: readonly string[],
  { cwd, env, stdin }: RunEnvironment,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // It may have ended without asking what it was given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
  });
}
