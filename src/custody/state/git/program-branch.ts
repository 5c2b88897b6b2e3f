import { isUtf8 } from 'node:buffer';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ReconcileError } from '../../../core/model/errors.ts';
import { type GitFaultKind, gitFaultKind, isTransient } from '../../../system/git/fault.ts';
import { pushStatus } from '../../../system/git/push-status.ts';
import type { GitResult } from '../../../system/git/run-git.ts';
import { parseObjects, parseTree } from '../../../system/git/tree-files.ts';
import { outputTail } from '../../../system/output-tail.ts';
import type { Branch, BranchCommit, PushOutcome } from './branch.ts';
import { CommitWriter } from './commit-writer.ts';
import { explainFault, explainRejection, type FaultExplanation } from './git-fault.ts';
import { type BranchOptions, type BranchRepository, openRepository } from './open-repository.ts';
import { isObjectId, RepositoryGit } from './repository-git.ts';

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

class ProgramBranch implements Branch {
  readonly #repository: BranchRepository;
  readonly #git: RepositoryGit;
  readonly #writer: CommitWriter;
  readonly #ref: string;
  readonly #beforePush: AbortSignal;
  /** True once something was pushed: what became of it has to be found out. */
  #hasPushed = false;
  #lastFetch: Promise<unknown> = Promise.resolve();

  constructor(repository: BranchRepository) {
    this.#repository = repository;
    this.#git = new RepositoryGit(repository);
    this.#writer = new CommitWriter(this.#git);
    this.#ref = `refs/heads/${repository.branch}`;
    this.#beforePush = AbortSignal.any([this.#git.closing, repository.signal]);
  }

  /** Ends reading. */
  get #reading(): AbortSignal {
    return this.#hasPushed ? this.#git.closing : this.#beforePush;
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

  commit(files: ReadonlyMap<string, string>): Promise<string> {
    return this.#writer.commit(files);
  }

  push(id: string, expected: string | undefined): Promise<PushOutcome> {
    this.#hasPushed = true;
    return this.#push(id, expected, []);
  }

  async probe(expected: string | undefined): Promise<PushOutcome> {
    return this.#push(await this.commit(new Map()), expected, ['--dry-run']);
  }

  close(): Promise<void> {
    return this.#git.close();
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
        throw this.#unreadable(explainFault(done.fault, timeoutSeconds), done.result);
      }
      await this.#repository.clock.sleep(wait, this.#reading);
    }
  }

  async #readFetched(): Promise<BranchCommit> {
    const listed = await this.#git.local(['ls-tree', '-r', '-l', '-z', fetchedRef]);
    const tree = parseTree(listed.stdout);
    const bytes = tree?.reduce((sum, file) => sum + file.bytes, 0) ?? 0;
    if (!tree) throw this.#notState('a file name that is not UTF-8');
    if (bytes > maxFilesBytes) throw this.#notState(`more than ${maxFilesBytes / 1024 / 1024} MiB of files`);
    const irregular = tree.find(({ isRegular }) => !isRegular);
    if (irregular) throw this.#notState(`${JSON.stringify(irregular.path)}, which is not a regular file`);

    const input = [fetchedRef, ...tree.map(({ id }) => id)].map((name) => `${name}\n`).join('');
    const printed = await this.#git.local(['cat-file', '--batch'], input);
    const [commit, ...blobs] = parseObjects(printed.stdout) ?? [];
    if (!commit || blobs.length !== tree.length) throw this.#git.localFault(printed);
    const files = new Map<string, string>();
    for (const [index, { path }] of tree.entries()) {
      const { id, content } = blobs[index] ?? commit;
      if (!isUtf8(content)) throw this.#notState(`${JSON.stringify(path)}, which is not UTF-8`);
      const text = content.toString('utf8');
      files.set(path, text);
      this.#writer.addKnown(text, id);
    }
    return { id: commit.id, files };
  }

  async #push(id: string, expected: string | undefined, options: readonly string[]): Promise<PushOutcome> {
    for (const text of [id, expected]) {
      if (text !== undefined && !isObjectId(text)) throw new RangeError('not the ID of a commit');
    }
    const { url, branch, timeoutSeconds } = this.#repository;
    const result = await this.#git.run([
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
      reason: this.#git.withReason(outputTail(what, this.#repository.mask), result),
      hint,
    };
  }

  /** Runs `git` to read from the remote. */
  #read(args: readonly string[]): Promise<GitResult> {
    return this.#git.run(args, { signal: this.#reading });
  }

  async #unlock(): Promise<void> {
    for (const lock of ['shallow.lock', `${fetchedRef}.lock`]) {
      await rm(join(this.#repository.folder, lock), { force: true }).catch(() => undefined);
    }
  }

  #notState(what: string): ReconcileError {
    return this.#unreadable({
      what: `it holds ${what}`,
      hint: 'this is not the branch of a state: pass another one, git:REMOTE#BRANCH',
    });
  }

  #unreadable({ what, hint }: FaultExplanation, result?: GitResult): ReconcileError {
    const reason = result ? this.#git.withReason(what, result) : what;
    return new ReconcileError({
      code: 'STATE_UNAVAILABLE',
      message: `state ${this.label} can't be read: ${reason}`,
      hint,
    });
  }
}

/** The result of one try to read from the remote. */
type Try<T> = { readonly value: T } | { readonly fault: GitFaultKind; readonly result: GitResult };
