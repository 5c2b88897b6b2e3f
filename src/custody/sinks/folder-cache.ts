import { memoizeAsync, singleFlightByKey } from '../../core/util/single-flight.ts';
import { fsyncDirectory, listTempFiles, type TempFileLister } from '../../system/atomic-write.ts';
import { loadTrackedFiles, type TrackedLookup } from '../../system/git-index.ts';
import { type Mounts, readMounts } from './replaceable.ts';
import { type FolderResolver, resolveLinks } from './safe-path.ts';

/** The lookups in a folder that each of its files needs. */
export interface FolderLookups {
  readonly real: FolderResolver;
  readonly tracked: TrackedLookup;
  readonly tempFiles: TempFileLister;
  /** Flushes the folder. */
  readonly sync: (folder: string) => Promise<void>;
}

/**
 * Returns lookups for one run that writes. Concurrent writes into a folder share a lookup, and a flush that began after all
 * of them. Leftovers of earlier runs are looked for once, before anything is written.
 */
export function coalescedLookups(): FolderLookups {
  return {
    real: singleFlightByKey(resolveLinks),
    tracked: singleFlightByKey(loadTrackedFiles),
    tempFiles: memoizeAsync(listTempFiles),
    sync: singleFlightByKey(fsyncDirectory),
  };
}

/** The lookups that can be cached while nothing is written. */
export type RememberedFolders = Pick<FolderLookups, 'real' | 'tracked'> & { readonly mounts: Mounts };

/** Returns cached lookups for reading many files while nothing is written. */
export function cachedLookups(): RememberedFolders {
  const mounts = memoizeAsync(readMounts);
  return {
    real: memoizeAsync(resolveLinks),
    tracked: memoizeAsync(loadTrackedFiles),
    mounts: () => mounts(''),
  };
}
