import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../../src/core/util/clock.ts';
import type { Branch } from '../../../../src/custody/state/git/branch.ts';
import type { BranchOptions } from '../../../../src/custody/state/git/open-repository.ts';
import { openBranch } from '../../../../src/custody/state/git/program-branch.ts';
import type { Environment } from '../../../../src/system/find-program.ts';
import { systemClock } from '../../../../src/system/system-clock.ts';
import { folderWith } from '../../../support/folder.ts';

/** An environment in which the machine's own configuration of Git doesn't count. */
export function environmentAt(home: string, more: Environment = {}): Environment {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    ...more,
  };
}

/** Runs git in a folder. */
export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
    cwd: folder,
    env: { ...environmentAt(folder), GIT_CONFIG_GLOBAL: '/dev/null' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  }).trim();
}

/** A folder with a home, and an empty bare repository. */
export interface Place {
  readonly folder: string;
  readonly remote: string;
  readonly env: Environment;
  /** Opens a branch from the folder; closes it after the test. */
  open(options?: Partial<BranchOptions>): Promise<Branch>;
}

/** Makes a folder with an empty bare repository `remote.git`. */
export async function makePlace(
  files: Readonly<Record<string, string>> = {},
  objectFormat = 'sha1',
): Promise<Place> {
  const folder = await folderWith({ 'home/.gitconfig': '', ...files });
  const remote = join(folder, 'remote.git');
  git(folder, 'init', '--quiet', '--bare', `--object-format=${objectFormat}`, remote);
  const env = environmentAt(join(folder, 'home'));
  const open = async (options: Partial<BranchOptions> = {}): Promise<Branch> => {
    const branch = await openBranch({
      remote,
      branch: 'reconcile-state',
      cwd: folder,
      env,
      timeoutSeconds: 300,
      clock: hurriedClock().clock,
      ...options,
    });
    onTestFinished(() => branch.close());
    return branch;
  };
  return { folder, remote, env, open };
}

/** A clock that notes its sleeps instead of waiting. */
export function hurriedClock(): { readonly clock: Clock; readonly sleeps: readonly number[] } {
  const sleeps: number[] = [];
  const sleep = async (milliseconds: number): Promise<void> => {
    sleeps.push(milliseconds);
  };
  return { clock: { ...systemClock, sleep }, sleeps };
}

/** Removes a folder during a test. */
export function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
