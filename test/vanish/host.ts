import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../crash/program.ts';
import { quick } from '../support/cli.ts';
import { git } from '../support/git-remote.ts';
import { killTree } from './process-tree.ts';

/** The repository that a host clones. */
export interface Origin {
  /** The folder of the bare repository. */
  readonly folder: string;
  readonly url: string;
  /** The `Authorization` header for the URL, which the clone has in its configuration. */
  readonly authorization?: string;
}

/** A program that is running on a host. */
export interface RunningOnHost {
  /** Resolves at the first output on stdout, or at its end. */
  readonly started: Promise<void>;
  readonly ended: Promise<Ended>;
  /** Kills it and all that it started; resolves when it is dead. */
  kill(): Promise<void>;
}

/** A machine with a home, a folder for temporary files, a name and a fresh clone. */
export interface Host {
  /** Starts the program in the clone. */
  start(args: readonly string[], env: Readonly<Record<string, string>>, aheadMs: number): RunningOnHost;
  /** Returns the paths of the files whose content has one of these texts. */
  filesWith(texts: readonly string[]): Promise<readonly string[]>;
  /** Returns the names of the temporary files. */
  temporaryFiles(): Promise<readonly string[]>;
  /** Deletes all that is on it. */
  vanish(): Promise<void>;
}

const preloads = ['../support/shift-clock.mjs', 'other-host.mjs'].map(
  (path) => `--import ${fileURLToPath(new URL(path, import.meta.url))}`,
);

/**
 * Creates a host.
 * @param program the path of the built program
 */
export async function createHost(name: string, program: string, origin: Origin): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), `reconcile-${name}-`));
  const [home, temporary, work] = ['home', 'tmp', 'work'].map((part) => join(folder, part)) as [
    string,
    string,
    string,
  ];
  for (const made of [home, temporary]) await mkdir(made);
  await git(['clone', '--quiet', '--single-branch', '--branch', 'main', origin.folder, work], folder);
  await git(['remote', 'set-url', 'origin', origin.url], work);
  if (origin.authorization !== undefined) {
    const header = `Authorization: ${origin.authorization}`;
    await git(['config', `http.${origin.url}.extraHeader`, header], work);
  }

  return {
    start(args, env, aheadMs) {
      const child = spawn(process.execPath, [...quick, program, ...args], {
        cwd: work,
        env: {
          PATH: process.env['PATH'],
          HOME: home,
          TMPDIR: temporary,
          NODE_OPTIONS: preloads.join(' '),
          RECONCILE_TEST_AHEAD: String(aheadMs / 1000),
          RECONCILE_TEST_HOST: name,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exit = new Promise<Pick<Ended, 'code' | 'signal'>>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal }));
      });
      const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(
        ([{ code, signal }, stdout, stderr]) => ({ code, signal, stdout, stderr }),
      );
      return {
        started: new Promise((resolve) => {
          child.stdout.once('data', () => resolve());
          child.stdout.once('end', () => resolve());
        }),
        ended,
        async kill() {
          if (child.pid !== undefined) await killTree(child.pid);
          await ended;
        },
      };
    },

    async filesWith(texts) {
      const files = await filesIn(folder);
      const found = await Promise.all(
        files.map(async (file) => {
          const content = await readFile(file);
          return texts.some((each) => content.includes(each)) ? [file.slice(folder.length + 1)] : [];
        }),
      );
      return found.flat();
    },

    temporaryFiles: () => readdir(temporary),
    vanish: () => rm(folder, { recursive: true, force: true }),
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
