import { isUtf8 } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReconcileError } from '../../../core/model/errors.ts';
import type { Environment } from '../../../system/find-program.ts';
import { type GitFaultKind, gitFaultKind, isTransient, reasonLines } from '../../../system/git/fault.ts';
import { pushStatus } from '../../../system/git/push-status.ts';
import { type GitResult, runGit } from '../../../system/git/run-git.ts';
import { parseObjects, parseTree, splitPath } from '../../../system/git/tree-files.ts';
import { outputTail } from '../../../system/output-tail.ts';
import type { Branch, BranchCommit, PushOutcome } from './branch.ts';
import { explainFault, explainRejection, type FaultExplanation } from './git-fault.ts';
import { type BranchOptions, type BranchRepository, openRepository } from './open-repository.ts';

/**
 * Opens a branch of a remote repository, with the program `git` in a private repository of its own. Talks to the remote only
 * when a method is called. Throws `USAGE` for a location that can't be one, `STATE_UNAVAILABLE` if Git can't be used.
 */
export async function openBranch(options: BranchOptions): Promise<Branch> {
  return new ProgramBranch(await openRepository(options));
}

/** The ref of the private repository that holds the fetched commit. */
const fetchedRef = 'refs/reconcile/fetched';

/** Waits before the second and the third try to read the branch, in milliseconds. */
const retryWaits: readonly number[] = [500, 2000];

/** Maximum size of all files of the branch, in bytes. */
const maxFilesBytes = 64 * 1024 * 1024;

/** Number of files that are written at the same time. */
const filesAtOnce = 64;

const identity = {
  GIT_AUTHOR_NAME: 'reconcile',
  GIT_AUTHOR_EMAIL: 'reconcile@localhost',
  GIT_COMMITTER_NAME: 'reconcile',
  GIT_COMMITTER_EMAIL: 'reconcile@localhost',
};

class ProgramBranch implements Branch {
  readonly #repository: BranchRepository;
  readonly #ref: string;
  readonly #closing = new AbortController();
  readonly #beforePush: AbortSignal;
  /** True once something was pushed: what became of it has to be found out. */
  #hasPushed = false;
  readonly #running = new Set<Promise<unknown>>();
  /** The IDs of objects in the private repository, by the digests of their kind and content. */
  readonly #written = new Map<string, string>();
  #lastFetch: Promise<unknown> = Promise.resolve();

  constructor(repository: BranchRepository) {
    this.#repository = repository;
    this.#ref = `refs/heads/${repository.branch}`;
    this.#beforePush = AbortSignal.any([this.#closing.signal, repository.signal]);
  }

  /** Ends reading. */
  get #reading(): AbortSignal {
    return this.#hasPushed ? this.#closing.signal : this.#beforePush;
  }

  get label(): string {
    return this.#repository.label;
  }

  fetch(): Promise<BranchCommit | undefined> {
    // Two at a time would use the same ref, and Git locks the list of shallow commits.
    const fetched = this.#lastFetch.then(() => this.#retry(() => this.#fetchOnce()));
    this.#lastFetch = fetched.catch(() => undefined);
    return fetched;
  }

  head(): Promise<string | undefined> {
    return this.#retry(() => this.#headOnce());
  }

  async commit(files: ReadonlyMap<string, string>): Promise<string> {
    const places = [...files].map(([path, content]) => ({ ...splitPath(path), content }));
    const ids = await this.#writeBlobs([...files.values()]);
    const entries = new Map<string, string[]>([['', []]]);
    for (const { folder, name, content } of places) {
      const line = `100644 blob ${ids.get(content)}\t${name}\0`;
      entries.set(folder, [...(entries.get(folder) ?? []), line]);
    }
    const top = entries.get('') ?? [];
    for (const [folder, lines] of entries) {
      if (folder === '') continue;
      if (files.has(folder)) throw new RangeError(`both a file and a folder: ${folder}`);
      top.push(`040000 tree ${await this.#writeTree(lines)}\t${folder}\0`);
    }
    const tree = await this.#writeTree(top);
    const date = `${Math.floor(this.#repository.clock.now() / 1000)} +0000`;
    return this.#object(['commit-tree', '-m', `State ${randomUUID()}`, tree], undefined, {
      ...identity,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    });
  }

  push(id: string, expected: string | undefined): Promise<PushOutcome> {
    this.#hasPushed = true;
    return this.#push(id, expected, []);
  }

  async probe(expected: string | undefined): Promise<PushOutcome> {
    return this.#push(await this.commit(new Map()), expected, ['--dry-run']);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the branch is closed'));
    await Promise.allSettled(this.#running);
    // What can't be removed is in a private temporary folder, and holds what the branch holds.
    await rm(this.#repository.folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }

  async #fetchOnce(): Promise<Try<BranchCommit | undefined>> {
    const { url } = this.#repository;
    const result = await this.#read([
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-prune',
      '--depth=1',
      '--no-recurse-submodules',
      url,
      `+${this.#ref}:${fetchedRef}`,
    ]);
    if (result.succeeded) {
      return { value: (await this.#hasFetchedBranch()) ? await this.#readFetched() : undefined };
    }
    // A killed process leaves its locks.
    if (result.stopped !== undefined) await this.#unlock();
    const kind = gitFaultKind(result);
    if (kind !== 'no_such_branch' && kind !== 'unclear') return { fault: kind, result };
    const head = await this.#headOnce();
    if ('fault' in head) return head;
    return head.value === undefined ? { value: undefined } : { fault: kind, result };
  }

  /**
   * Tells whether the branch itself was fetched. If it is missing, Git takes its full name for the end of another name:
   * `refs/heads/x` is also a branch's name.
   */
  async #hasFetchedBranch(): Promise<boolean> {
    const text = await readFile(join(this.#repository.folder, 'FETCH_HEAD'), 'utf8').catch(() => '');
    return text.includes(`\tbranch '${this.#repository.branch}' of `);
  }

  async #headOnce(): Promise<Try<string | undefined>> {
    const result = await this.#read(['ls-remote', '--quiet', this.#repository.url, this.#ref]);
    if (!result.succeeded) return { fault: gitFaultKind(result), result };
    // The argument is a pattern, which also matches the end of other refs.
    const lines = result.stdout.toString('utf8').split('\n');
    const own = lines.map((line) => line.split('\t')).find(([, name]) => name === this.#ref);
    return { value: own?.[0] };
  }

  /** Repeats a try whose fault looks transient. */
  async #retry<T>(attempt: () => Promise<Try<T>>): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      this.#reading.throwIfAborted();
      const done = await attempt();
      if (!('fault' in done)) return done.value;
      this.#reading.throwIfAborted();
      const wait = retryWaits[tries];
      if (wait === undefined || !(isTransient(done.fault) || done.fault === 'no_such_branch')) {
        const { timeoutSeconds } = this.#repository;
        throw this.#unavailable("can't be read", explainFault(done.fault, timeoutSeconds), done.result);
      }
      await this.#repository.clock.sleep(wait, this.#reading);
    }
  }

  async #readFetched(): Promise<BranchCommit> {
    const listed = await this.#local(['ls-tree', '-r', '-l', '-z', fetchedRef]);
    const tree = parseTree(listed.stdout);
    const bytes = tree?.reduce((sum, file) => sum + file.bytes, 0) ?? 0;
    if (!tree) throw this.#notState('a file name that is not UTF-8');
    if (bytes > maxFilesBytes) throw this.#notState(`more than ${maxFilesBytes / 1024 / 1024} MiB of files`);
    const irregular = tree.find(({ isRegular }) => !isRegular);
    if (irregular) throw this.#notState(`${JSON.stringify(irregular.path)}, which is not a regular file`);

    const input = [fetchedRef, ...tree.map(({ id }) => id)].map((name) => `${name}\n`).join('');
    const printed = await this.#local(['cat-file', '--batch'], input);
    const [commit, ...blobs] = parseObjects(printed.stdout) ?? [];
    if (!commit || blobs.length !== tree.length) throw this.#localFault(printed);
    const files = new Map<string, string>();
    for (const [index, { path }] of tree.entries()) {
      const { id, content } = blobs[index] ?? commit;
      if (!isUtf8(content)) throw this.#notState(`${JSON.stringify(path)}, which is not UTF-8`);
      const text = content.toString('utf8');
      files.set(path, text);
      this.#written.set(digestOf('blob', text), id);
    }
    return { id: commit.id, files };
  }

  async #push(id: string, expected: string | undefined, options: readonly string[]): Promise<PushOutcome> {
    for (const text of [id, expected]) {
      if (text !== undefined && !isObjectId(text)) throw new RangeError('not the ID of a commit');
    }
    const { url, branch, timeoutSeconds } = this.#repository;
    const result = await this.#run([
      'push',
      ...options,
      '--porcelain',
      '--no-progress',
      '--no-verify',
      '--no-signed',
      '--no-follow-tags',
      '--recurse-submodules=no',
      `--force-with-lease=${this.#ref}:${expected ?? ''}`,
      url,
      `${id}:${this.#ref}`,
    ]);
    const status = pushStatus(result);
    if (status.kind === 'accepted') return status;
    const { what, hint } =
      status.kind === 'rejected'
        ? explainRejection(status, branch)
        : explainFault(status.fault, timeoutSeconds);
    return {
      kind: status.kind,
      reason: this.#withReason(outputTail(what, this.#repository.mask), result),
      hint,
    };
  }

  /** Writes the contents that the private repository doesn't have, and returns the IDs of all. */
  async #writeBlobs(contents: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const missing = [...new Set(contents)].filter((content) => !this.#written.has(digestOf('blob', content)));
    if (missing.length > 0) {
      const folder = `content-${randomUUID()}`;
      const path = join(this.#repository.folder, folder);
      const names = missing.map((_, index) => `${folder}/${index}`);
      try {
        await this.#writeFiles(path, missing);
        const input = names.map((name) => `${name}\n`).join('');
        const result = await this.#local(['hash-object', '-w', '--no-filters', '--stdin-paths'], input);
        const ids = result.stdout.toString('latin1').trim().split('\n');
        if (ids.length !== missing.length || !ids.every(isObjectId)) throw this.#localFault(result);
        for (const [index, content] of missing.entries()) {
          this.#written.set(digestOf('blob', content), ids[index] ?? '');
        }
      } finally {
        await rm(path, { recursive: true, force: true }).catch(() => undefined);
      }
    }
    return new Map(contents.map((content) => [content, this.#written.get(digestOf('blob', content)) ?? '']));
  }

  async #writeFiles(folder: string, contents: readonly string[]): Promise<void> {
    try {
      await mkdir(folder, { mode: 0o700 });
      for (let start = 0; start < contents.length; start += filesAtOnce) {
        await Promise.all(
          contents
            .slice(start, start + filesAtOnce)
            .map((content, index) =>
              writeFile(join(folder, String(start + index)), content, { mode: 0o600, flag: 'wx' }),
            ),
        );
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw temporaryFolderError(this.label, message, error);
    }
  }

  async #writeTree(lines: readonly string[]): Promise<string> {
    const text = lines.join('');
    const digest = digestOf('tree', text);
    const id = this.#written.get(digest) ?? (await this.#object(['mktree', '-z'], text));
    this.#written.set(digest, id);
    return id;
  }

  /** Runs a program that prints the ID of the object that it has written. */
  async #object(args: readonly string[], input?: string, variables?: Environment): Promise<string> {
    const result = await this.#local(args, input, variables);
    const id = result.stdout.toString('latin1').trim();
    if (!isObjectId(id)) throw this.#localFault(result);
    return id;
  }

  /** Runs `git` on the private repository alone. */
  async #local(args: readonly string[], input?: string, variables?: Environment): Promise<GitResult> {
    const result = await this.#run(args, { input, variables });
    if (!result.succeeded) throw this.#localFault(result);
    return result;
  }

  /** Runs `git` to read from the remote. */
  #read(args: readonly string[]): Promise<GitResult> {
    return this.#run(args, { signal: this.#reading });
  }

  #run(
    args: readonly string[],
    options: {
      readonly input?: string | undefined;
      readonly variables?: Environment | undefined;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<GitResult> {
    const { program, folder, env, timeoutSeconds } = this.#repository;
    const running = runGit({
      program,
      args,
      folder,
      env: { ...env, ...options.variables },
      ...(options.input !== undefined && { input: options.input }),
      timeoutSeconds,
      signal: options.signal ?? this.#closing.signal,
    });
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  async #unlock(): Promise<void> {
    for (const lock of ['shallow.lock', `${fetchedRef}.lock`]) {
      await rm(join(this.#repository.folder, lock), { force: true }).catch(() => undefined);
    }
  }

  #notState(what: string): ReconcileError {
    return this.#unavailable("can't be read", {
      what: `it holds ${what}`,
      hint: 'this is not the branch of a state: pass another one, git:REMOTE#BRANCH',
    });
  }

  #localFault(result: GitResult): Error {
    if (this.#closing.signal.aborted) return this.#closing.signal.reason;
    return temporaryFolderError(this.label, this.#withReason('git failed', result));
  }

  #unavailable(problem: string, { what, hint }: FaultExplanation, result?: GitResult): ReconcileError {
    const reason = result ? this.#withReason(what, result) : what;
    return new ReconcileError({
      code: 'STATE_UNAVAILABLE',
      message: `state ${this.label} ${problem}: ${reason}`,
      hint,
    });
  }

  #withReason(what: string, { stderr }: GitResult): string {
    const tail = outputTail(reasonLines(stderr), this.#repository.mask);
    return tail === '' ? what : `${what} (${tail})`;
  }
}

/** The result of one try to read from the remote. */
type Try<T> = { readonly value: T } | { readonly fault: GitFaultKind; readonly result: GitResult };

function temporaryFolderError(label: string, reason: string, cause?: unknown): ReconcileError {
  return new ReconcileError(
    {
      code: 'STATE_UNAVAILABLE',
      message: `state ${label} can't be used: work in the temporary folder failed: ${reason}`,
      hint: 'check the free space and the permissions of the temporary folder (TMPDIR)',
    },
    { cause },
  );
}

function digestOf(kind: 'blob' | 'tree', text: string): string {
  return createHash('sha256').update(`${kind} `).update(text).digest('base64');
}

function isObjectId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
