import type { ReportBug } from '../../core/model/errors.ts';
import type { Sink } from '../../core/model/sink.ts';
import type { Environment } from '../../system/find-program.ts';
import type { FolderLookups, RememberedFolders } from './folder-cache.ts';

/** The environment, the limits and the caches that all sinks of a run share. */
export interface SinkContext {
  /** Provides `PATH`, `HOME` and `DOCKER_CONFIG`. Programs that a sink runs get all of it. */
  readonly env: Environment;
  /** Masks all secrets of the run in a program's output. */
  readonly mask: (text: string) => string;
  readonly bug: ReportBug;
  /** Allows a check to write a temporary file and to run a credential helper. False in a plan. */
  readonly mayTry: boolean;
  /** Checks of this run, so that each is made once: writing to a folder, and encrypting to recipients. */
  readonly probedFolders: Map<string, Promise<void>>;
  /** Folder lookups cached before the first write, and live ones. */
  readonly before: RememberedFolders;
  readonly folders: FolderLookups;
  /** Files and folders, absolute and without links, that must not hold a secret: the manifests and the state directory. */
  readonly reservedPaths: readonly string[];
  /** Ends a delivery early, if the state may belong to another run soon. Absent for checks. */
  readonly end?: AbortSignal;
  /** The sink that writes to a place, by the key of the place. */
  readonly taken: Map<string, Sink>;
}
