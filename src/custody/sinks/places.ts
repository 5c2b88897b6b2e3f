import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Sink } from '../../core/model/sink.ts';
import {
  fileOfSink,
  type PlacedToken,
  placeKey,
  placesOf,
  type SinkPlace,
  splitPlaceKey,
} from '../../core/model/sink-place.ts';
import type { Environment } from '../../system/find-program.ts';
import { driverOf, isThereByType } from './drivers.ts';
import { type FolderResolver, resolveLinks } from './safe-path.ts';

/** A lookup for the places of sinks and their content. Never throws because of the content of the disk. */
export interface Places {
  /** Returns the places that a sink writes to for a token, each with its key in the ledger. */
  of(sink: Sink, token: PlacedToken): Promise<readonly KeyedPlace[]>;
  /**
   * Tells whether the content written to the places of one sink still exists, by their keys. A place that can't be read,
   * such as a credential helper, is assumed to have it.
   */
  areThere(keys: readonly string[]): Promise<boolean>;
}

/** A place with its key in the ledger, which is the same in every checkout. */
export interface KeyedPlace extends SinkPlace {
  readonly key: string;
}

/** @param baseFolder the folder that paths are recorded relative to */
export function createPlaces(
  baseFolder: string,
  env: Environment,
  real: FolderResolver = resolveLinks,
): Places {
  let base: Promise<string> | undefined;
  const from = (): Promise<string> => {
    base ??= realPath(baseFolder, real);
    return base;
  };
  return {
    async of(sink, token) {
      const file = fileOfSink(sink, env);
      const path = file === undefined ? undefined : await realPath(file, real);
      const helper =
        path !== undefined && token.host ? await driverOf(sink).helper?.(path, token.host) : undefined;
      const placed = path === undefined ? undefined : { path, ...(helper !== undefined && { helper }) };
      const folder = await from();
      return placesOf(sink, placed, token).map((place) => ({ ...place, key: placeKey(place, folder) }));
    },

    async areThere(keys) {
      for (const key of keys) {
        const { type, rest } = splitPlaceKey(key);
        const isThere = isThereByType.get(type);
        if (isThere) return isThere(rest, await from());
      }
      return true;
    },
  };
}

/** Returns the real path of a file, with links followed. The file need not exist. */
async function realPath(path: string, real: FolderResolver): Promise<string> {
  const there = await realpath(path).catch(() => undefined);
  if (there !== undefined) return there;
  const folder = await real(dirname(path)).catch(() => dirname(path));
  return join(folder, basename(path));
}
