import type { ReportBug } from '../../core/model/errors.ts';
import type { Sink } from '../../core/model/model.ts';
import type { Environment } from '../../system/find-program.ts';
import type { FolderLookups, RememberedFolders } from './folder-cache.ts';

/** What sinks need of the world around them. */
export interface SinkContext {
  /** `PATH`, `HOME`, `DOCKER_CONFIG`; programs that a sink runs get all of it. */
  readonly env: Environment;
  /** Blanks out all the secrets of the run: for what a program prints. */
  readonly mask: (text: string) => string;
  readonly bug: ReportBug;
  /** Whether a check may write a file for a moment and run a credential helper: not in a plan. */
  readonly mayTry: boolean;
  /** What was tried in this run, so that it is tried once: whether a folder takes a file, and recipients a text. */
  readonly probedFolders: Map<string, Promise<void>>;
  /** The folders of files, as they were before the first write, and as they are. */
  readonly before: RememberedFolders;
  readonly folders: FolderLookups;
  /** Files and folders, absolute and without links, that are no place for a secret: the manifests, our own state. */
  readonly reservedPaths: readonly string[];
  /** Which sink was found to write to a place, by the key of that. */
  readonly taken: Map<string, Sink>;
}
