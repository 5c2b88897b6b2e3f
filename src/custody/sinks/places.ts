import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Sink } from '../../core/model/sink.ts';
import {
  fileOfSink,
  type PlacedToken,
  placeKey,
  placesOf,
  type SinkPlace,
} from '../../core/model/sink-place.ts';
import type { Environment } from '../../system/find-program.ts';
import { readSmallBytes } from '../../system/read-file.ts';
import { type DockerConfig, emptyConfig, helperOf, loginIn, parseDockerConfig } from './docker-config.ts';
import { dockerAuthKey } from './format.ts';
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

/** @param stateFolder the folder of the ledger: paths are recorded relative to it */
export function createPlaces(
  stateFolder: string,
  env: Environment,
  real: FolderResolver = resolveLinks,
): Places {
  let base: Promise<string> | undefined;
  const from = (): Promise<string> => {
    base ??= realPath(stateFolder, real);
    return base;
  };
  return {
    async of(sink, token) {
      const file = fileOfSink(sink, env);
      const path = file === undefined ? undefined : await realPath(file, real);
      const helper =
        sink.type === 'docker' && path !== undefined && token.host
          ? helperOf(await readConfig(path), dockerAuthKey(token.host))
          : undefined;
      const placed = path === undefined ? undefined : { path, ...(helper !== undefined && { helper }) };
      const folder = await from();
      return placesOf(sink, placed, token).map((place) => ({ ...place, key: placeKey(place, folder) }));
    },

    async areThere(keys) {
      for (const key of keys) {
        const [, type = '', rest = ''] = /^(\w+):(.*)$/s.exec(key) ?? [];
        if (type === 'file') return exists(resolve(await from(), rest));
        if (type !== 'docker') continue;
        const at = rest.lastIndexOf('#');
        const config = await readConfig(resolve(await from(), rest.slice(0, at)));
        return loginIn(config, dockerAuthKey(rest.slice(at + 1))) !== undefined;
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

async function readConfig(path: string): Promise<DockerConfig> {
  const bytes = await readSmallBytes(path).catch(() => undefined);
  const config = parseDockerConfig(bytes ?? new Uint8Array());
  return 'refused' in config ? emptyConfig : config;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
