import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:os';
import type { Readable } from 'node:stream';
import type { Environment } from '../find-program.ts';
import { killGroup } from '../kill-group.ts';

/** A run of `git`. */
export interface GitRun {
  /** The path of the program, absolute. */
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** The whole environment. */
  readonly env: Environment;
  /** The text for its standard input, which is empty by default. */
  readonly input?: string;
  readonly timeoutSeconds: number;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/** The end of a run of `git`. Its texts may contain credentials. */
export interface GitResult {
  readonly succeeded: boolean;
  /** The reason if it didn't end by itself: not started, killed by the timeout or the signal, or too much output. */
  readonly stopped?: 'not_started' | 'timeout' | 'aborted' | 'too_long' | 'killed';
  /** Complete if it succeeded. */
  readonly stdout: Buffer;
  /** The beginning of its messages. */
  readonly stderr: string;
}

/** Maximum size of the standard output, in bytes. */
const maxStdoutBytes = 256 * 1024 * 1024;

/** Maximum size of the kept messages, in bytes. */
const maxStderrBytes = 64 * 1024;

/** Time to wait for the last messages after the end, in milliseconds: a process left running may hold the stream open. */
const drainMs = 1000;

/**
 * Runs `git` without a shell, in a session of its own: it has no terminal to ask on, Ctrl-C doesn't interrupt it, and all
 * its processes can be killed at the timeout. Never throws.
 */
export async function runGit(run: GitRun): Promise<GitResult> {
  const nothing = { succeeded: false, stdout: Buffer.alloc(0), stderr: '' };
  if (run.signal?.aborted) return { ...nothing, stopped: 'aborted' };
  let child: ChildProcess;
  try {
    child = spawn(run.program, run.args, {
      cwd: run.folder,
      env: { ...run.env },
      stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: platform() !== 'win32',
      windowsHide: true,
    });
  } catch {
    return { ...nothing, stopped: 'not_started' };
  }

  let stopped: GitResult['stopped'];
  const stop = (reason: GitResult['stopped']): void => {
    stopped ??= reason;
    killGroup(child);
    setTimeout(() => child.stdout?.destroy(), drainMs).unref();
  };
  const onAbort = (): void => stop('aborted');
  const timer = setTimeout(() => stop('timeout'), run.timeoutSeconds * 1000);
  run.signal?.addEventListener('abort', onAbort, { once: true });

  const stdout = collect(child.stdout, maxStdoutBytes, () => stop('too_long'));
  const stderr = collect(child.stderr, maxStderrBytes);
  // A program that stops reading reports its reason by the exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(run.input);

  const closed = once(child, 'close').catch(() => undefined);
  const exit = await once(child, 'exit').catch(() => undefined);
  child.on('error', () => undefined);
  // Standard output ends with git itself. Programs that it left running may hold standard error open.
  if (exit !== undefined) await stdout.ended;
  clearTimeout(timer);
  run.signal?.removeEventListener('abort', onAbort);
  if (exit === undefined) return { ...nothing, stopped: 'not_started' };
  await Promise.race([closed, elapsed(drainMs)]);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  child.unref();
  if (exit[0] === null) stopped ??= 'killed';
  return {
    // A run that was just ending when it was to be killed has done its work.
    succeeded: exit[0] === 0 && stopped !== 'too_long',
    ...(exit[0] !== 0 && stopped !== undefined && { stopped }),
    ...(stopped === 'too_long' && { stopped }),
    stdout: stdout.bytes(),
    stderr: stderr.bytes().toString('utf8'),
  };
}

interface Collected {
  readonly ended: Promise<unknown>;
  bytes(): Buffer;
}

/** Collects the beginning of a stream. */
function collect(stream: Readable | null, maxBytes: number, onExcess?: () => void): Collected {
  const chunks: Buffer[] = [];
  let left = maxBytes;
  stream?.on('data', (chunk: Buffer) => {
    if (chunk.length > left) onExcess?.();
    const kept = chunk.subarray(0, left);
    left -= kept.length;
    if (kept.length > 0) chunks.push(kept);
  });
  stream?.on('error', () => undefined);
  const ended = new Promise((resolve) => stream?.once('close', resolve));
  return { ended, bytes: () => Buffer.concat(chunks) };
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    // Data that has already arrived is read before the immediate callback.
    setTimeout(() => setImmediate(resolve), milliseconds).unref();
  });
}
