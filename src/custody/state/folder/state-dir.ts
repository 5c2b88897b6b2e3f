import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fsyncDirectory, writeFileAtomic } from '../../../system/atomic-write.ts';
import { readFileIfExists } from '../../../system/read-file.ts';
import { withStateErrors } from '../state-error.ts';
import { ledgerFile, spoolFolder } from '../store.ts';

/** Returns the path of a state directory's lock. */
export function lockPath(folder: string): string {
  return join(folder, 'lock');
}

/** Tells whether a path belongs to a state directory, or to that of a shard in it. */
export function isStatePath(folder: string, path: string): boolean {
  const [first = '', ...rest] = relative(folder, path).split(sep);
  if (/^shard-\d+$/.test(first) && rest.length > 0) return isStatePath('/', join('/', ...rest));
  return ['', '.gitignore', ledgerFile, spoolFolder].includes(first) || /^lock(\.|$)/.test(first);
}

/** Throws if a state directory can't be written or created. Changes nothing. */
export async function assertWritable(folder: string): Promise<void> {
  await withStateErrors(folder, async () => {
    const status = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!status) return assertWritable(dirname(folder));
    if (!status.isDirectory()) throw Object.assign(new Error(folder), { code: 'ENOTDIR' });
    await access(folder, constants.W_OK | constants.X_OK);
  });
}

/** Creates a state directory that only its owner can read, and that Git ignores. */
export async function ensureStateDir(folder: string): Promise<void> {
  await withStateErrors(folder, async () => {
    await makeStateFolder(folder);
    const ignore = join(folder, '.gitignore');
    if ((await readFileIfExists(ignore)) === undefined) await writeFileAtomic(ignore, ignored, 0o600);
  });
}

/** Creates a folder in the state directory, or that itself, so that it stays after a power cut. */
export async function makeStateFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  // Also if the folder exists: a run that was killed may have created it without this flush.
  await fsyncDirectory(dirname(first ?? folder));
}

/** Git ignores the whole folder: files in a pull request must not decide which tokens are deleted. */
const ignored = '*\n';
