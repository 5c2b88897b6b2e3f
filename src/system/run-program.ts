import { type ChildProcess, spawn } from 'node:child_process';
import { platform } from 'node:os';
import type { Readable } from 'node:stream';
import type { Environment } from './find-program.ts';
import { killGroup } from './kill-group.ts';

/** A program to run. */
export interface ProgramRun {
  /** The path of the program, absolute. */
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Environment;
  /** The text for its standard input. */
  readonly input: string;
  readonly timeoutSeconds: number;
  /** Kills the program when it is aborted: another run may take over the state soon. */
  readonly end?: AbortSignal;
  /** The use of its standard output: ignored, an explanation if it fails, or the result that it was run for. */
  readonly stdout: 'ignored' | 'complaint' | 'answer';
}

/** The end of a program, and the last part of its output. May quote the input: mask it before anything else. */
export interface ProgramResult {
  /** The reason of the failure; `undefined` if the program succeeded. */
  readonly failure?: string;
  /** Both outputs, the standard output first. */
  readonly output: string;
  /** The standard output alone. Complete only if it is the result that the program was run for. */
  readonly stdout: string;
}

/**
 * Runs a program without a shell, in its own process group. Ctrl-C in a terminal then doesn't interrupt it, and all its
 * processes can be killed at the timeout. Never throws.
 */
export function runProgram(job: ProgramRun): Promise<ProgramResult> {
  return new Promise((done) => {
    if (job.end?.aborted) {
      done({ failure: stopped, output: '', stdout: '' });
      return;
    }
    let child: ChildProcess;
    try {
      child = spawn(job.program, job.args, {
        cwd: job.folder,
        env: { ...job.env },
        stdio: ['pipe', job.stdout === 'ignored' ? 'ignore' : 'pipe', 'pipe'],
        detached: platform() !== 'win32',
        windowsHide: true,
      });
    } catch (error) {
      done({ failure: notStarted(error), output: '', stdout: '' });
      return;
    }
    const [readStdout, readStderr] = [tailOf(child.stdout), tailOf(child.stderr)];
    let failure: string | undefined;
    let options: NodeJS.Timeout | undefined;

    const end = (): void => {
      clearTimeout(timeout);
      clearTimeout(options);
      job.end?.removeEventListener('abort', abort);
      // Processes that it left running may hold these open. The run doesn't wait for them.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      child.unref();
      const stdout = readStdout();
      const output = [stdout, readStderr()].filter((text) => text !== '').join('\n');
      done({ ...(failure !== undefined && { failure }), output, stdout });
    };
    const stop = (why: string): void => {
      failure = why;
      killGroup(child);
      options = setTimeout(end, drainMs);
    };
    const timeout = setTimeout(
      () => stop(`it took longer than ${job.timeoutSeconds} s`),
      job.timeoutSeconds * 1000,
    );
    const abort = (): void => stop(stopped);
    job.end?.addEventListener('abort', abort, { once: true });

    child.on('error', (error) => {
      failure = notStarted(error);
      end();
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timeout);
      if (code === 0) failure = undefined;
      else failure ??= signal ? `it was killed by ${signal}` : `it ended with exit code ${code}`;
      // The last output may not have arrived yet.
      if (failure === undefined && job.stdout !== 'answer') end();
      else options ??= setTimeout(end, drainMs);
    });
    child.on('close', end);
    // A program that stops reading reports its reason by the exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(job.input);
  });
}

const stopped = 'it was stopped, as the lease on the state was about to end';

/** Time to wait for a program's last output after its end, in milliseconds. */
const drainMs = 1000;

/** Maximum size of the kept output, in bytes. */
const maxBytes = 64 * 1024;

/** Collects the end of a stream; nothing if there is no stream. */
function tailOf(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let cut = false;
  stream?.on('error', () => undefined);
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    while (bytes - (chunks[0]?.length ?? 0) >= maxBytes) {
      bytes -= chunks.shift()?.length ?? 0;
      cut = true;
    }
  });
  return () => {
    const text = Buffer.concat(chunks).toString('utf8');
    // A cut may go through a secret, and half a secret isn't recognised. So only whole lines are kept.
    return cut ? text.replace(/^[^\r\n]*/, '') : text;
  };
}

function notStarted(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'the program, its interpreter or its folder is missing',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is not a program; a script must begin with #!',
    E2BIG: 'its arguments are too long',
  };
  return `it can't be started: ${reasons[code ?? ''] ?? code ?? 'unknown reason'}`;
}
