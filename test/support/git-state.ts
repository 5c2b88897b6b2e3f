import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateIdentity } from 'age-encryption';
import { folderWith } from './folder.ts';

/** A key of secrets, for all tests. */
export const stateKey = await generateIdentity();

/** The ref of the branch that holds the state. */
export const stateRef = 'refs/heads/reconcile-state';

/** A bare repository, checkouts that have it as their remote, and a program `git` that keeps a record of its runs. */
export interface GitSite {
  readonly folder: string;
  /** The bare repository. */
  readonly remote: string;
  readonly url: string;
  /** The variables of a run, with the key. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes a checkout with these files, whose remote `origin` is the bare repository. */
  checkout(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Returns how often the program `git` has run with a subcommand. */
  runs(subcommand: string): Promise<number>;
  /** Runs git in the bare repository. */
  git(...args: readonly string[]): string;
  /** Returns a file of the branch. */
  file(name: string): string;
  /** Makes a hook of the bare repository. */
  hook(name: string, script: string): Promise<void>;
}

function git(folder: string, args: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
    encoding: 'utf8',
  });
}

/** Writes a shell script. */
export async function writeScript(path: string, script: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** Makes a site whose bare repository is empty. */
export async function gitSite(): Promise<GitSite> {
  const folder = await folderWith({ 'home/.gitconfig': '', 'git-runs': '' });
  const remote = join(folder, 'remote.git');
  const url = pathToFileURL(remote).href;
  git(folder, ['init', '--quiet', '--bare', remote]);
  const log = join(folder, 'git-runs');
  const real = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  await writeScript(join(folder, 'bin/git'), `echo "$1" >> '${log}'\nexec '${real}' "$@"`);
  return {
    folder,
    remote,
    url,
    env: {
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      HOME: join(folder, 'home'),
      GIT_CONFIG_NOSYSTEM: '1',
      RECONCILE_STATE_KEY: stateKey,
    },
    async checkout(name, files) {
      const path = join(folder, name);
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, file)), { recursive: true });
        await writeFile(join(path, file), text);
      }
      git(folder, ['init', '--quiet', path]);
      git(path, ['remote', 'add', 'origin', url]);
      return path;
    },
    async runs(subcommand) {
      const lines = (await readFile(log, 'utf8')).split('\n');
      return lines.filter((line) => line === subcommand).length;
    },
    git: (...args) => git(remote, args),
    file: (name) => git(remote, ['cat-file', 'blob', `${stateRef}:${name}`]),
    hook: (name, script) => writeScript(join(remote, 'hooks', name), script),
  };
}

/** Returns the names of the files in the branch. */
export function branchFiles(site: GitSite): readonly string[] {
  return site
    .git('ls-tree', '-r', '--name-only', stateRef)
    .split('\n')
    .filter((name) => name !== '');
}

/** Returns the content of all objects in the bare repository, reachable or not. */
export function allObjects(site: GitSite): string {
  return site.git('cat-file', '--batch-all-objects', '--batch', '--unordered');
}
