import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ErrorCode, ReconcileError } from '../../../core/model/errors.ts';
import type { Clock } from '../../../core/util/clock.ts';
import { neverAborted } from '../../../core/util/never-aborted.ts';
import { type Environment, findProgram } from '../../../system/find-program.ts';
import { isBranchName } from '../../../system/git/branch-name.ts';
import { type CheckoutConfig, configArgs, parseConfig } from '../../../system/git/checkout-config.ts';
import { gitEnvironment } from '../../../system/git/environment.ts';
import { reasonLines } from '../../../system/git/fault.ts';
import {
  headerSecrets,
  type RemoteAddress,
  remoteAddress,
  remoteForm,
  shownAddress,
  withoutUsers,
} from '../../../system/git/remote-address.ts';
import { type GitResult, runGit } from '../../../system/git/run-git.ts';
import { workTreeRoot } from '../../../system/git-index.ts';
import { outputTail } from '../../../system/output-tail.ts';
import { systemClock } from '../../../system/system-clock.ts';

/** The place of a branch, and the way to reach it. */
export interface BranchOptions {
  /** A remote's name in the repository of the working directory, a URL, or a path. */
  readonly remote: string;
  readonly branch: string;
  /** The working directory. */
  readonly cwd: string;
  readonly env: Environment;
  /** The time that each run of Git may take. */
  readonly timeoutSeconds: number;
  readonly clock?: Clock;
  /** Ends reading until the first push; writes are completed, and what became of them is read. */
  readonly signal?: AbortSignal;
  /** Receives each credential, to mask it in all output. */
  readonly mask?: (secret: string) => void;
}

/** A private repository, and the place of the branch. */
export interface BranchRepository {
  readonly label: string;
  /** The path of `git`. */
  readonly program: string;
  /** The private repository's folder. */
  readonly folder: string;
  readonly env: Environment;
  /** The remote repository as Git gets it. */
  readonly url: string;
  readonly branch: string;
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  /** Ends reading until the first push. */
  readonly signal: AbortSignal;
  readonly mask: (text: string) => string;
}

/** Finds the remote, and makes a private repository for working with its branch. */
export async function openRepository(options: BranchOptions): Promise<BranchRepository> {
  const { remote, branch, cwd, env } = options;
  const label = `${shownAddress(remote)}#${branch}`;
  if (remote === '' || remote.startsWith('-'))
    throw usageError(`not a Git remote: ${JSON.stringify(remote)}`);
  if (!isBranchName(branch)) throw usageError(`not a name for a Git branch: ${JSON.stringify(branch)}`);
  const git = await findProgram('git', env, cwd);
  if ('why' in git) throw unavailable(`state ${label} needs Git: ${git.why}`, installHint);

  const folder = await mkdtemp(join(tmpdir(), 'reconcile-git-')).catch((error: Error) => {
    throw unavailable(`state ${label} needs a temporary folder: ${error.message}`, 'check TMPDIR');
  });
  try {
    return await open(options, label, git.path, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

async function open(
  options: BranchOptions,
  label: string,
  program: string,
  folder: string,
): Promise<BranchRepository> {
  const { env, cwd, timeoutSeconds, signal = neverAborted } = options;
  const run = (args: readonly string[], from: string): Promise<GitResult> =>
    runGit({ program, args, folder: from, env: gitEnvironment(env), timeoutSeconds, signal });
  const init = ['init', '--quiet', '--bare', '--template=', '--object-format=sha1', '--shared=umask', folder];
  const [made, listed] = await Promise.all([run(init, folder), run(configArgs, cwd)]);
  signal.throwIfAborted();

  const config = parseConfig(listed.stdout.toString('utf8'));
  if (listed.stopped === undefined && !config.readsVariables) {
    const reason = reasonOf(listed);
    // An old Git finds nothing, and has nothing to say.
    if (reason === '') throw unavailable(`state ${label} needs a newer Git`, installHint);
    throw unavailable(
      `Git's configuration can't be read: ${reason}`,
      'fix the configuration, then run again',
    );
  }
  const failed = [listed, made].find(({ succeeded }) => !succeeded);
  if (failed) {
    const reason =
      failed.stopped === 'timeout' ? `git took longer than ${timeoutSeconds} s` : reasonOf(failed);
    throw unavailable(`state ${label} can't be used: git failed (${reason})`, installHint);
  }

  const address = await findAddress(options, config, () => run(['rev-parse', '--git-dir'], cwd));
  // Credentials in the address replace those of the checkout: two headers at once would be rejected.
  const headers = address.header ? [address.header] : config.headers;
  const secrets = [...address.secrets, ...headers.flatMap(([, header]) => headerSecrets(header))];
  for (const secret of secrets) options.mask?.(secret);
  const ownsSsh = config.hasSshCommand || 'GIT_SSH' in env || 'GIT_SSH_COMMAND' in env;
  return {
    label,
    program,
    folder,
    env: {
      ...gitEnvironment(env, headers),
      GIT_DIR: folder,
      ...(!ownsSsh && { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' }),
    },
    url: address.url,
    branch: options.branch,
    timeoutSeconds,
    clock: options.clock ?? systemClock,
    signal,
    mask: maskerOf(secrets),
  };
}

/** Finds the address of the remote. `look` runs Git in the checkout, to learn why it doesn't read its configuration. */
async function findAddress(
  { remote, cwd }: BranchOptions,
  { remotes }: CheckoutConfig,
  look: () => Promise<GitResult>,
): Promise<RemoteAddress> {
  const url = remotes.get(remote);
  if (url !== undefined) {
    if (url === '' || url.startsWith('-')) throw usageError(`Git remote ${remote} has no usable URL`);
    return remoteAddress(url, (await workTreeRoot(cwd)) ?? cwd);
  }
  if (remoteForm(remote) !== 'name' || (await isFolder(resolve(cwd, remote)))) {
    return remoteAddress(remote, cwd);
  }
  const { stderr } = await look();
  if (/dubious ownership/i.test(stderr)) {
    throw unavailable(
      `Git remote ${remote} can't be looked up: Git refuses to read this checkout, as another user owns it`,
      `git config --global --add safe.directory ${(await workTreeRoot(cwd)) ?? cwd}`,
    );
  }
  const known = [...remotes.keys()];
  throw usageError(
    `no such Git remote: ${remote}`,
    known.length === 0
      ? 'the repository of the working directory has no remotes: pass a URL, or a path with a slash'
      : `the repository of the working directory has: ${known.join(', ')}; or pass a URL, or a path with a slash`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Returns a function that removes credentials from a text. */
function maskerOf(secrets: readonly string[]): (text: string) => string {
  // A secret can be part of another one.
  const longestFirst = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  return (text) =>
    withoutUsers(longestFirst.reduce((masked, secret) => masked.replaceAll(secret, '***'), text));
}

function reasonOf({ stderr }: GitResult): string {
  return outputTail(reasonLines(stderr), withoutUsers);
}

const installHint = 'install git 2.31 or later, or keep the state in a folder: --state file:DIR';

function unavailable(message: string, hint: string): ReconcileError {
  return problem('STATE_UNAVAILABLE', message, hint);
}

function usageError(message: string, hint = 'write --state git:REMOTE or git:REMOTE#BRANCH'): ReconcileError {
  return problem('USAGE', message, hint);
}

function problem(code: ErrorCode, message: string, hint: string): ReconcileError {
  return new ReconcileError({ code, message, hint });
}
