import { rm } from 'node:fs/promises';
import { ReconcileError } from '../../../core/model/errors.ts';
import type { Environment } from '../../../system/find-program.ts';
import { reasonLines } from '../../../system/git/fault.ts';
import { type GitResult, runGit } from '../../../system/git/run-git.ts';
import { outputTail } from '../../../system/output-tail.ts';
import type { BranchRepository } from './open-repository.ts';

/** The options of one run of `git`. */
interface RunOptions {
  readonly input?: string | undefined;
  /** Variables besides those of the repository. */
  readonly variables?: Environment | undefined;
  /** Ends the run; by default it ends when the repository is closed. */
  readonly signal?: AbortSignal;
}

/** The program `git` in the private repository of a branch. Its runs end when it is closed. */
export class RepositoryGit {
  readonly repository: BranchRepository;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(repository: BranchRepository) {
    this.repository = repository;
  }

  /** Aborted when the repository is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  run(
    args: readonly string[],
    { input, variables, signal = this.closing }: RunOptions = {},
  ): Promise<GitResult> {
    const { program, folder, env, timeoutSeconds } = this.repository;
    const running = runGit({
      program,
      args,
      folder,
      env: { ...env, ...variables },
      ...(input !== undefined && { input }),
      timeoutSeconds,
      signal,
    });
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Runs `git` on the private repository alone. Throws if it fails. */
  async local(args: readonly string[], input?: string, variables?: Environment): Promise<GitResult> {
    const result = await this.run(args, { input, variables });
    if (!result.succeeded) throw this.localFault(result);
    return result;
  }

  /** Runs `git` to write an object. Returns the ID of the object, which it prints. */
  async object(args: readonly string[], input?: string, variables?: Environment): Promise<string> {
    const result = await this.local(args, input, variables);
    const id = result.stdout.toString('latin1').trim();
    if (!isObjectId(id)) throw this.localFault(result);
    return id;
  }

  /** Returns the error of a failed run on the private repository; the reason of the closing if that has ended it. */
  localFault(result: GitResult): Error {
    if (this.closing.aborted) return this.closing.reason;
    return this.temporaryFolderError(this.withReason('git failed', result));
  }

  /** Returns the error of the temporary folder that holds the repository. */
  temporaryFolderError(reason: string, cause?: unknown): ReconcileError {
    return new ReconcileError(
      {
        code: 'STATE_UNAVAILABLE',
        message: `state ${this.repository.label} can't be used: work in the temporary folder failed: ${reason}`,
        hint: 'check the free space and the permissions of the temporary folder (TMPDIR)',
      },
      { cause },
    );
  }

  /** Returns a description of a failed run with the last of Git's own messages, credentials masked. */
  withReason(what: string, { stderr }: GitResult): string {
    const tail = outputTail(reasonLines(stderr), this.repository.mask);
    return tail === '' ? what : `${what} (${tail})`;
  }

  /** Ends all runs, and removes the repository. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the branch is closed'));
    await Promise.allSettled(this.#running);
    // What can't be removed is in a private temporary folder, and holds what the branch holds.
    await rm(this.repository.folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Tells whether a text is the ID of an object of Git, in full. */
export function isObjectId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
