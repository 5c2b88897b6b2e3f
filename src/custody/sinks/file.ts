import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type FileSink, sinkName } from '../../core/model/sink.ts';
import { isObject, type Json } from '../../core/util/json.ts';
import { isWithin } from '../../core/util/paths.ts';
import { probeWrite, removeStaleTempFiles, writeFileAtomic } from '../../system/atomic-write.ts';
import { isTracked, type TrackedLookup } from '../../system/git-index.ts';
import { readSmallBytes } from '../../system/read-file.ts';
import type { SinkContext } from './context.ts';
import { parseDockerConfig } from './docker-config.ts';
import { coalescedLookups, type FolderLookups } from './folder-cache.ts';
import { dockerAuthKey } from './format.ts';
import { requireReplaceable } from './replaceable.ts';
import { resolveAllowedPath } from './safe-path.ts';
import { fileError, sinkError } from './sink-error.ts';

/**
 * Throws `SINK_FAILED` if a file sink can't accept a secret now. Leaves nothing behind.
 * @param registry the host whose login the file holds; empty if it isn't known
 */
export async function checkFile(
  sink: FileSink,
  registry: string,
  { before, probedFolders, reservedPaths, taken, mayTry }: SinkContext,
): Promise<void> {
  try {
    const path = await placeOf(sink, before);
    if (isWithin(reservedPaths, path)) {
      throw sinkError(sink.path, 'reconcile itself reads or writes that file', 'choose another path');
    }
    const owner = taken.get(path) ?? sink;
    if (owner !== sink) {
      throw sinkError(
        sink.path,
        `it is the same file as ${owner.type === 'file' ? owner.path : sinkName(owner)}, which another token writes`,
        'choose another path',
      );
    }
    taken.set(path, sink);
    const folder = dirname(path);
    const trial = probedFolders.get(folder) ?? tryFolder(folder, path, mayTry);
    probedFolders.set(folder, trial);
    await trial;
    await requireReplaceable(sink.path, path, before.mounts);
    await refuseOtherLogins(sink, path, registry);
  } catch (error) {
    throw fileError(sink.path, dirname(sink.path), error);
  }
}

/** Throws if a file is a docker configuration that holds more than the one login of an earlier delivery. */
async function refuseOtherLogins(sink: FileSink, path: string, registry: string): Promise<void> {
  const config = parseDockerConfig((await readSmallBytes(path)) ?? new Uint8Array());
  if ('refused' in config) return;
  const { auths, credHelpers, credsStore } = config;
  const isOwn = ([key, login]: readonly [string, Json]): boolean =>
    // The docker CLI writes no password beside `auth`.
    isObject(login) && 'password' in login && (registry === '' || key === dockerAuthKey(registry));
  const isFree =
    Object.entries(auths.values).every(isOwn) && Object.keys(credHelpers).length === 0 && credsStore === '';
  if (isFree) return;
  throw sinkError(
    sink.path,
    'it is a docker configuration with logins of others, which would be lost',
    'choose another path; or add the login to it with a docker sink',
  );
}

async function tryFolder(folder: string, path: string, mayTry: boolean): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK);
  // Permissions don't show that a disk is full. A secret is at most this large.
  if (mayTry) await probeWrite(path, 4096);
}

/** Replaces the file atomically; a failure leaves the old one. Throws `SINK_FAILED`. */
export async function writeSinkFile(
  sink: FileSink,
  content: string,
  folders: FolderLookups = coalescedLookups(),
): Promise<void> {
  try {
    const path = await placeOf(sink, folders);
    await removeStaleTempFiles(path, folders.leftovers); // a run that was killed may have left the secret there
    await writeFileAtomic(path, content, sink.mode, folders.sync);
  } catch (error) {
    throw fileError(sink.path, dirname(sink.path), error);
  }
}

async function placeOf(
  sink: FileSink,
  { real, tracked }: Pick<FolderLookups, 'real' | 'tracked'>,
): Promise<string> {
  const path = await resolveAllowedPath(sink.path, resolve(sink.folder, sink.path), sink.within, real);
  if (sink.age.length === 0) await rejectTracked(sink.path, path, tracked);
  return path;
}

/** Throws if Git would publish the file. */
export async function rejectTracked(sink: string, path: string, look?: TrackedLookup): Promise<void> {
  const tracked = await isTracked(path, look).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw sinkError(
      sink,
      "Git's index can't be read, so it can't be told whether Git tracks it",
      'see whether git status works; a file with age recipients may be tracked',
    );
  });
  if (tracked) {
    throw sinkError(
      sink,
      'Git tracks it, and it would be in the clear',
      `encrypt it with age recipients; or git rm --cached ${sink}, and add it to .gitignore`,
    );
  }
}
