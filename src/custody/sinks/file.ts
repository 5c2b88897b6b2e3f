import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isObject, type Json } from '../../core/json.ts';
import { type FileSink, sinkName } from '../../core/model.ts';
import { isWithin } from '../../core/paths.ts';
import { sweepTemporaries, tryToWrite, writeAtomically } from '../atomic.ts';
import { readSmallBytes } from '../files.ts';
import { loginKey } from '../format.ts';
import type { SinkContext } from './context.ts';
import { parseDockerConfig } from './docker-config.ts';
import { fileFailure, sinkFailure } from './failure.ts';
import { type Folders, sharedFolders } from './folders.ts';
import { safePath } from './path.ts';
import { requireReplaceable } from './replaceable.ts';
import { isTracked, type TrackedIn } from './tracked.ts';

/**
 * Throws `SINK_FAILED` if a file sink can't take a secret now. Leaves nothing behind.
 *
 * @param registry the host whose login the file holds; empty if it isn't known
 */
export async function checkFile(
  sink: FileSink,
  registry: string,
  { before, tried, keepOut, taken, mayTry }: SinkContext,
): Promise<void> {
  try {
    const path = await placeOf(sink, before);
    if (isWithin(keepOut, path)) {
      throw sinkFailure(sink.path, 'reconcile itself reads or writes that file', 'choose another path');
    }
    const owner = taken.get(path) ?? sink;
    if (owner !== sink) {
      throw sinkFailure(
        sink.path,
        `it is the same file as ${owner.type === 'file' ? owner.path : sinkName(owner)}, which another token writes`,
        'choose another path',
      );
    }
    taken.set(path, sink);
    const folder = dirname(path);
    const trial = tried.get(folder) ?? tryFolder(folder, path, mayTry);
    tried.set(folder, trial);
    await trial;
    await requireReplaceable(sink.path, path, before.mounts);
    await refuseOtherLogins(sink, path, registry);
  } catch (error) {
    throw fileFailure(sink.path, dirname(sink.path), error);
  }
}

/** Throws if a file is a docker configuration that holds more than the one login of an earlier delivery. */
async function refuseOtherLogins(sink: FileSink, path: string, registry: string): Promise<void> {
  const config = parseDockerConfig((await readSmallBytes(path)) ?? new Uint8Array());
  if ('refused' in config) return;
  const { auths, credHelpers, credsStore } = config;
  const isOwn = ([key, login]: readonly [string, Json]): boolean =>
    // The docker CLI writes no password beside `auth`.
    isObject(login) && 'password' in login && (registry === '' || key === loginKey(registry));
  const isFree =
    Object.entries(auths.values).every(isOwn) && Object.keys(credHelpers).length === 0 && credsStore === '';
  if (isFree) return;
  throw sinkFailure(
    sink.path,
    'it is a docker configuration with logins of others, which would be lost',
    'choose another path; or add the login to it with a docker sink',
  );
}

async function tryFolder(folder: string, path: string, mayTry: boolean): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK);
  // Permissions don't tell of a disk that is full. A secret is no larger than this.
  if (mayTry) await tryToWrite(path, 4096);
}

/** Replaces the file atomically; a failure leaves the old one. Throws `SINK_FAILED`. */
export async function writeContent(
  sink: FileSink,
  content: string,
  folders: Folders = sharedFolders(),
): Promise<void> {
  try {
    const path = await placeOf(sink, folders);
    await sweepTemporaries(path, folders.leftovers); // a run that was killed may have left the secret there
    await writeAtomically(path, content, sink.mode, folders.sync);
  } catch (error) {
    throw fileFailure(sink.path, dirname(sink.path), error);
  }
}

async function placeOf(
  sink: FileSink,
  { real, tracked }: Pick<Folders, 'real' | 'tracked'>,
): Promise<string> {
  const path = await safePath(sink.path, resolve(sink.folder, sink.path), sink.within, real);
  if (sink.age.length === 0) await refuseTracked(sink.path, path, tracked);
  return path;
}

/** Throws where Git would publish the file. */
export async function refuseTracked(sink: string, path: string, look?: TrackedIn): Promise<void> {
  const tracked = await isTracked(path, look).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw sinkFailure(
      sink,
      "Git's index can't be read, so it can't be told whether Git tracks it",
      'see whether git status works; a file with age recipients may be tracked',
    );
  });
  if (tracked) {
    throw sinkFailure(
      sink,
      'Git tracks it, and it would be in the clear',
      `encrypt it with age recipients; or git rm --cached ${sink}, and add it to .gitignore`,
    );
  }
}
