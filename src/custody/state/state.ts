import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Problem } from '../../core/model/errors.ts';
import { fsyncDirectory, writeFileAtomic } from '../../system/atomic-write.ts';
import { readFileIfExists } from '../../system/read-file.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { openSpool, type Spool } from './spool.ts';
import { withStateErrors } from './state-error.ts';

/** The content of the state directory. */
export interface State {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly spool: Spool;
  /** The parts that could not be understood. */
  readonly problems: readonly Problem[];
}

/** Returns the path of a state directory's lock. */
export function lockPath(folder: string): string {
  return join(folder, 'lock');
}

/** Tells whether a path belongs to a state directory, or to that of a shard in it. */
export function isStatePath(folder: string, path: string): boolean {
  const [first = '', ...rest] = relative(folder, path).split(sep);
  if (/^shard-\d+$/.test(first) && rest.length > 0) return isStatePath('/', join('/', ...rest));
  return ['', '.gitignore', 'custody.json', 'spool'].includes(first) || /^lock(\.|$)/.test(first);
}

/**
 * Opens a state directory. It need not exist, as it is created before the first write.
 * @param writable sets corrupt files aside; only for the owner of the lock
 */
export async function openState(folder: string, writable: boolean): Promise<State> {
  return withStateErrors(folder, () => open(folder, writable));
}

async function open(folder: string, writable: boolean): Promise<State> {
  const problems: Problem[] = [];
  const opening = (ensureFolder: () => Promise<void>) => ({
    writable,
    ensureFolder,
    onCorrupt: (file: string) => {
      problems.push({
        code: 'STATE_BROKEN',
        message: `${file} is corrupt; it is ${writable ? 'moved aside' : 'ignored'}`,
        hint: 'it may contain a secret: inspect it, then delete it',
      });
    },
  });
  const spoolFolder = join(folder, 'spool');
  const once = (work: () => Promise<void>): (() => Promise<void>) => {
    let made: Promise<void> | undefined;
    return () => {
      made ??= work();
      return made;
    };
  };
  const ensureFolder = once(() => ensureStateDir(folder));
  const prepareSpool = once(async () => {
    await ensureFolder();
    await makeFolder(spoolFolder);
  });
  const ledger = await openLedger(join(folder, 'custody.json'), opening(ensureFolder));
  const spool = await openSpool(spoolFolder, opening(prepareSpool));
  return { folder, ledger, spool, problems };
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
    await makeFolder(folder);
    const ignore = join(folder, '.gitignore');
    if ((await readFileIfExists(ignore)) === undefined) await writeFileAtomic(ignore, ignored, 0o600);
  });
}

/** Git ignores the whole folder: files in a pull request must not decide which tokens are deleted. */
const ignored = '*\n';

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  // Also if the folder exists: a run that was killed may have created it without this flush.
  await fsyncDirectory(dirname(first ?? folder));
}
