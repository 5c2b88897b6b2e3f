import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Problem } from '../../core/model/errors.ts';
import { fsyncDirectory, writeFileAtomic } from '../../system/atomic-write.ts';
import { readIfThere } from '../../system/read-file.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { openSpool, type Spool } from './spool.ts';
import { withStateErrors } from './state-error.ts';

/** What the state directory holds. */
export interface State {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly spool: Spool;
  /** What could not be understood of it. */
  readonly problems: readonly Problem[];
}

/** Where the lock of a state directory is. */
export function lockPath(folder: string): string {
  return join(folder, 'lock');
}

/** Tells whether a path is that of something that a state directory holds, or a shard's in it. */
export function isStatePath(folder: string, path: string): boolean {
  const [first = '', ...rest] = relative(folder, path).split(sep);
  if (/^shard-\d+$/.test(first) && rest.length > 0) return isStatePath('/', join('/', ...rest));
  return ['', '.gitignore', 'custody.json', 'spool'].includes(first) || /^lock(\.|$)/.test(first);
}

/**
 * Opens a state directory. It need not be there: it is made when something is first written.
 *
 * @param writable whether what can't be understood is set aside; only for who holds the lock
 */
export async function openState(folder: string, writable: boolean): Promise<State> {
  return withStateErrors(folder, () => open(folder, writable));
}

async function open(folder: string, writable: boolean): Promise<State> {
  const problems: Problem[] = [];
  const opening = (prepare: () => Promise<void>) => ({
    writable,
    prepare,
    broken: (file: string) => {
      problems.push({
        code: 'STATE_BROKEN',
        message: `${file} can't be understood, and is ${writable ? 'set aside' : 'passed over'}`,
        hint: 'it may hold a secret: look at it, then delete it',
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
  const prepare = once(() => ensureStateDir(folder));
  const prepareSpool = once(async () => {
    await prepare();
    await makeFolder(spoolFolder);
  });
  const ledger = await openLedger(join(folder, 'custody.json'), opening(prepare));
  const spool = await openSpool(spoolFolder, opening(prepareSpool));
  return { folder, ledger, spool, problems };
}

/** Throws where a state directory can't be written, or can't be made; leaves everything as it is. */
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

/** Makes a state directory that only its owner may look into, and which Git ignores. */
export async function ensureStateDir(folder: string): Promise<void> {
  await withStateErrors(folder, async () => {
    await makeFolder(folder);
    const ignore = join(folder, '.gitignore');
    if ((await readIfThere(ignore)) === undefined) await writeFileAtomic(ignore, ignored, 0o600);
  });
}

/** Git ignores the whole folder: what a pull request can write must not decide what is deleted. */
const ignored = '*\n';

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  // Also where it was there: a run that was killed may have made it, and not come to this.
  await fsyncDirectory(dirname(first ?? folder));
}
