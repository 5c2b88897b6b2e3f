import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Finished, finished } from '../support/cli.ts';

const identity = {
  GIT_AUTHOR_NAME: 'dev',
  GIT_AUTHOR_EMAIL: 'dev@example.com',
  GIT_COMMITTER_NAME: 'dev',
  GIT_COMMITTER_EMAIL: 'dev@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** Runs Git in a folder, and returns what it prints. Throws if it fails. */
export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr }: Finished = await finished('git', args, { cwd, env: identity });
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** A clone whose remote is a bare repository with the branch main. */
export async function cloneIn(folder: string): Promise<{ readonly cwd: string; readonly remote: string }> {
  const remote = `${folder}/remote.git`;
  const cwd = `${folder}/clone`;
  await git(folder, 'init', '--quiet', '--bare', '--initial-branch', 'main', remote);
  await git(folder, 'init', '--quiet', '--initial-branch', 'main', cwd);
  await git(cwd, 'remote', 'add', 'origin', remote);
  return { cwd, remote };
}

/** Commits all that is there to a branch, and pushes it; returns the commit. */
export async function pushAll(cwd: string, branch: string): Promise<string> {
  await git(cwd, 'add', '--all');
  await git(cwd, 'commit', '--quiet', '--allow-empty', '--message', 'Change tokens');
  await git(cwd, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
  return git(cwd, 'rev-parse', 'HEAD');
}

/** Lets pushes to a remote fail that come from a process with `CONTENTS=read`: a job whose token may only read. */
export async function refusePushesOfReaders(remote: string): Promise<void> {
  const hook = join(remote, 'hooks/pre-receive');
  await mkdir(dirname(hook), { recursive: true });
  await writeFile(hook, '#!/bin/sh\n[ "$CONTENTS" != read ] || { echo "permission denied" >&2; exit 1; }\n');
  await chmod(hook, 0o755);
}

/**
 * Checks a commit out into a folder, as the first step of a job does.
 *
 * @param origin the address that the checkout knows for its remote
 */
export async function checkOut(
  remote: string,
  commit: string,
  folder: string,
  origin = remote,
): Promise<void> {
  await git(folder, 'init', '--quiet');
  await git(folder, 'remote', 'add', 'origin', origin);
  await git(folder, 'fetch', '--quiet', remote, '+refs/*:refs/remotes/origin/*');
  await git(folder, 'checkout', '--quiet', '--force', commit);
}

/** Returns the files of a remote's branch, by their paths. Throws if there is no such branch, or if it has a history. */
export async function filesOfBranch(remote: string, branch: string): Promise<ReadonlyMap<string, string>> {
  const commits = await git(remote, 'rev-list', '--count', branch);
  if (commits !== '1') throw new Error(`${branch} has ${commits} commits`);
  const paths = (await git(remote, 'ls-tree', '-r', '--name-only', branch)).split('\n');
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, await git(remote, 'show', `${branch}:${path}`)] as const),
    ),
  );
}
