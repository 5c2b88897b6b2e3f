import { memoizeAsync, singleFlightByKey } from '../../core/util/single-flight.ts';
import { fsyncDirectory, listTempFiles, type TempFileLister } from '../../system/atomic-write.ts';
import { loadTrackedFiles, type TrackedLookup } from '../../system/git-index.ts';
import { type Mounts, readMounts } from './replaceable.ts';
import { type FolderResolver, resolveLinks } from './safe-path.ts';

/** What is asked of a folder for each file in it. */
export interface FolderLookups {
  readonly real: FolderResolver;
  readonly tracked: TrackedLookup;
  readonly leftovers: TempFileLister;
  /** Flushes it. */
  readonly sync: (folder: string) => Promise<void>;
}

/**
 * For one run that writes. Files that are written into a folder at the same time share a look at it, and a flush that was
 * begun after all of them had come; what earlier runs have left there is looked for once, before anything is written.
 */
export function coalescedLookups(): FolderLookups {
  return {
    real: singleFlightByKey(resolveLinks),
    tracked: singleFlightByKey(loadTrackedFiles),
    leftovers: memoizeAsync(listTempFiles),
    sync: singleFlightByKey(fsyncDirectory),
  };
}

/** What is asked once for many files, as nothing is written meanwhile. */
export type RememberedFolders = Pick<FolderLookups, 'real' | 'tracked'> & { readonly mounts: Mounts };

/** For a look at many files, in the time of which nothing is written. */
export function cachedLookups(): RememberedFolders {
  const mounts = memoizeAsync(readMounts);
  return {
    real: memoizeAsync(resolveLinks),
    tracked: memoizeAsync(loadTrackedFiles),
    mounts: () => mounts(''),
  };
}
