import { remembering, sharingByKey } from '../../core/sharing.ts';
import { findLeftovers, type Leftovers, syncFolder } from '../atomic.ts';
import { followed, type RealFolder } from './path.ts';
import { type Mounts, readMounts } from './replaceable.ts';
import { type TrackedIn, trackedIn } from './tracked.ts';

/** What is asked of a folder for each file in it. */
export interface Folders {
  readonly real: RealFolder;
  readonly tracked: TrackedIn;
  readonly leftovers: Leftovers;
  /** Flushes it. */
  readonly sync: (folder: string) => Promise<void>;
}

/**
 * For one run that writes. Files that are written into a folder at the same time share a look at it, and a flush that was
 * begun after all of them had come; what earlier runs have left there is looked for once, before anything is written.
 */
export function sharedFolders(): Folders {
  return {
    real: sharingByKey(followed),
    tracked: sharingByKey(trackedIn),
    leftovers: remembering(findLeftovers),
    sync: sharingByKey(syncFolder),
  };
}

/** What is asked once for many files, as nothing is written meanwhile. */
export type RememberedFolders = Pick<Folders, 'real' | 'tracked'> & { readonly mounts: Mounts };

/** For a look at many files, in the time of which nothing is written. */
export function rememberedFolders(): RememberedFolders {
  const mounts = remembering(readMounts);
  return { real: remembering(followed), tracked: remembering(trackedIn), mounts: () => mounts('') };
}
