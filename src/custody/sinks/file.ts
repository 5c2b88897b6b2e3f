import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isEncrypted, isReadBackable, sinkLabel } from '../../core/model/sink.ts';
import type { FileSink } from '../../core/model/sinks/file.ts';
import { isObject, type Json } from '../../core/util/json.ts';
import { isWithin } from '../../core/util/paths.ts';
import { probeWrite, removeStaleTempFiles, writeFileAtomic } from '../../system/atomic-write.ts';
import { readBoundedFile, readSmallBytes } from '../../system/read-file.ts';
import { checkRecipients, encryptTo } from './age.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import { parseDockerConfig } from './docker-config.ts';
import type { FolderLookups } from './folder-cache.ts';
import { dockerAuthKey, formatSecret } from './format.ts';
import { type ParsedContent, parseContent } from './parse-content.ts';
import { requireReplaceable } from './replaceable.ts';
import { type FolderResolver, resolveAllowedPath } from './safe-path.ts';
import { samplePayload } from './sample-payload.ts';
import type { SinkDriver } from './sink-driver.ts';
import { fileError, sinkError } from './sink-error.ts';
import { rejectTracked } from './tracked.ts';

/** The driver of file sinks. Its check writes and removes a temporary file, unless nothing may be tried. */
export const fileDriver: SinkDriver<FileSink> = {
  async check(sink, registry, context) {
    await checkFile(sink, registry, context);
    await checkContent(sink, registry, context);
  },
  async deliver(sink, delivery, { folders }) {
    await writeFile(sink, await render(sink, delivery), folders);
  },
  content: {
    render,
    write: (sink, content, { folders }) => writeFile(sink, content, folders),
  },
  read,
  isThere: { file: (place, from) => exists(resolve(from, place)) },
};

/**
 * Throws `SINK_FAILED` if a file sink can't accept a secret now. Leaves nothing behind.
 * @param registry the host whose login the file holds; empty if it isn't known
 */
async function checkFile(
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
        `it is the same file as ${owner.type === 'file' ? owner.path : sinkLabel(owner)}, which another token writes`,
        'choose another path',
      );
    }
    taken.set(path, sink);
    const folder = dirname(path);
    const trial = probedFolders.get(folder) ?? tryFolder(folder, path, mayTry);
    probedFolders.set(folder, trial);
    await trial;
    await requireReplaceable(sink.path, path, before.mounts);
    await rejectOtherLogins(sink, path, registry);
  } catch (error) {
    throw fileError(sink.path, dirname(sink.path), error);
  }
}

/** Throws if a file is a docker configuration that holds more than the one login of an earlier delivery. */
async function rejectOtherLogins(sink: FileSink, path: string, registry: string): Promise<void> {
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
    'it is a docker configuration with other logins, which would be lost',
    'choose another path; or add the login to it with a docker sink',
  );
}

async function tryFolder(folder: string, path: string, mayTry: boolean): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK);
  // Permissions don't show that a disk is full. A secret is at most this large.
  if (mayTry) await probeWrite(path, 4096);
}

/** Renders the content with a sample secret. Encryption is slow, so it is tried once for the same recipients. */
async function checkContent(sink: FileSink, registry: string, { probedFolders }: SinkContext): Promise<void> {
  const sample = samplePayload(registry);
  formatSecret(sink.layout, sample);
  if (!isEncrypted(sink)) return;
  await checkRecipients(sink.path, sink.age);
  const key = `age ${JSON.stringify(sink.age)}`;
  const trial = probedFolders.get(key) ?? render(sink, sample).then(() => undefined);
  probedFolders.set(key, trial);
  await trial;
}

/** Returns the content: formatted, and encrypted if the sink has recipients. */
async function render(sink: FileSink, delivery: SecretPayload): Promise<string> {
  const content = formatSecret(sink.layout, delivery);
  return isEncrypted(sink) ? encryptTo(sink.path, sink.age, content) : content;
}

/** Replaces the file atomically; a failure leaves the old one. Throws `SINK_FAILED`. */
async function writeFile(sink: FileSink, content: string, folders: FolderLookups): Promise<void> {
  try {
    const path = await placeOf(sink, folders);
    await removeStaleTempFiles(path, folders.tempFiles); // a run that was killed may have left the secret there
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
  if (!isEncrypted(sink)) await rejectTracked(sink.path, path, tracked);
  return path;
}

async function read(
  sink: FileSink,
  realFolder?: FolderResolver,
): Promise<ParsedContent | 'absent' | 'foreign'> {
  try {
    const path = await resolveAllowedPath(
      sink.path,
      resolve(sink.folder, sink.path),
      sink.within,
      realFolder,
    );
    const text = await readBoundedFile(path);
    if (text === undefined) return 'absent';
    return isReadBackable(sink) ? parseContent(sink.layout, text) : 'foreign';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'foreign';
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
