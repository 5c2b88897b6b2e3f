import { copyFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../core/util/clock.ts';
import { singleFlightByKey } from '../../../core/util/single-flight.ts';
import { fsyncDirectory, removeStaleTempFiles, writeFileAtomic } from '../../../system/atomic-write.ts';
import type { ProcessTable } from '../../../system/process-table.ts';
import { quarantinePath, readFileIfExists } from '../../../system/read-file.ts';
import { unlimitedLease } from '../lease.ts';
import { withStateErrors } from '../state-error.ts';
import { type FileChange, ledgerFile, type Store, spoolFolder } from '../store.ts';
import { acquireLock, breakLock, lockOwner } from './lock.ts';
import { assertWritable, ensureStateDir, lockPath, makeStateFolder } from './state-dir.ts';

/** The means of locking a folder. */
interface LockTools {
  readonly clock: Clock;
  readonly machine: ProcessTable;
}

const mode = 0o600;

/**
 * Creates a store in a folder, which is created before the first write. A run holds the folder's lock from its first read.
 * @param lock absent if nothing else uses the folder
 */
export function createFolderStore(folder: string, lock?: LockTools): Store {
  const spool = join(folder, spoolFolder);
  // Concurrent attempts share a flush of the folder.
  const flushFolder = singleFlightByKey(fsyncDirectory);
  const ensureFolder = once(() => ensureStateDir(folder));
  const ensureSpool = once(async () => {
    await ensureFolder();
    await makeStateFolder(spool);
  });
  let unlock: (() => Promise<void>) | undefined;

  const write = async ({ name, content }: FileChange): Promise<void> => {
    const path = join(folder, name);
    await withStateErrors(path, async () => {
      if (content === null) {
        await rm(path, { force: true });
        await flushFolder(dirname(path));
        return;
      }
      const isOfSpool = dirname(name) === spoolFolder;
      await (isOfSpool ? ensureSpool() : ensureFolder());
      await writeFileAtomic(path, content(), mode, isOfSpool ? flushFolder : undefined);
    });
  };
  const release = async (): Promise<void> => {
    const held = unlock;
    unlock = undefined;
    await held?.();
  };

  return {
    label: folder,
    base: folder,
    folder,
    read: (willWrite) =>
      withStateErrors(folder, async () => {
        if (willWrite && lock && !unlock) {
          await ensureStateDir(folder);
          unlock = await acquireLock(lockPath(folder), lock.machine, {
            now: lock.clock.now,
            sleep: lock.clock.sleep,
            timeoutMilliseconds: willWrite.lockTimeoutSeconds * 1000,
            signal: willWrite.signal,
            ...(willWrite.onWait && { onWait: willWrite.onWait }),
          });
        }
        return readFiles(folder, willWrite !== undefined);
      }),
    hold: async () => 'held',
    takeOver: async () => undefined,
    async write(changes) {
      for (const change of changes) await write(change);
    },
    assertWritable: () => assertWritable(folder),
    flush: async () => undefined,
    setAside: (name) =>
      withStateErrors(folder, async () => {
        const path = join(folder, name);
        const kept = quarantinePath(path);
        // A ledger is read as far as it can be understood, and stays in place until it is written.
        await (name === ledgerFile ? copyFile(path, kept) : rename(path, kept));
        return kept;
      }),
    holder: () => lockOwner(lockPath(folder)),
    unlock: (holder) => breakLock(lockPath(folder), holder),
    release,
    close: () => release().catch(() => undefined),
    lease: unlimitedLease,
  };
}

/**
 * Reads the files of a state directory.
 * @param writable removes what a run left that died while writing; what it would have replaced still exists
 */
async function readFiles(folder: string, writable: boolean): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const read = async (name: string): Promise<void> => {
    const text = await readFileIfExists(join(folder, name));
    if (text !== undefined) files.set(name, text); // a concurrent run may have removed it
  };
  if (writable) await removeStaleTempFiles(join(folder, ledgerFile));
  await read(ledgerFile);
  const names = await readdir(join(folder, spoolFolder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.sort()) {
    if (writable && name.endsWith('.tmp')) await rm(join(folder, spoolFolder, name), { force: true });
    if (name.endsWith('.json')) await read(`${spoolFolder}/${name}`);
  }
  return files;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let made: Promise<void> | undefined;
  return () => {
    made ??= work();
    return made;
  };
}
