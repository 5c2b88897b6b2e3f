import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Problem, problemOf, ReconcileError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { FileSink } from '../../core/model.ts';
import { isWithin } from '../../core/paths.ts';
import type { Delivery } from '../delivery.ts';
import { formatSecret } from '../format.ts';

/** Why a file sink can't take a secret now; `undefined` where it can. */
export async function checkFile(sink: FileSink): Promise<Problem | undefined> {
  try {
    const path = await safePath(sink);
    await access(dirname(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return problemOf(sinkError(sink, error));
  }
}

/**
 * Writes the secret: to a file beside it first, flushed to disk, then renamed over it, so that a reader sees
 * the old content or the new and a failure leaves the old. Throws `SINK_FAILED`.
 */
export async function writeFileSink(sink: FileSink, delivery: Delivery): Promise<void> {
  try {
    const path = await safePath(sink);
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const file = await open(temporary, 'wx', sink.mode);
      try {
        await file.chmod(sink.mode); // what the umask took away
        await file.writeFile(formatSecret(sink.format, delivery));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw sinkError(sink, error);
  }
}

/** The ID of the token that a `json` file holds the secret of; `undefined` where it can't be told. */
export async function heldToken(sink: FileSink): Promise<string | undefined> {
  if (sink.format !== 'json') return undefined;
  try {
    const content: unknown = JSON.parse(await readFile(await safePath(sink), 'utf8'));
    const id = isObject(content) ? content['id'] : undefined;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Where the file really is, links followed; throws where that is not inside the allowed folders. */
async function safePath(sink: FileSink): Promise<string> {
  const path = resolve(sink.folder, sink.path);
  const within = await Promise.all(sink.within.map((folder) => realpath(folder).catch(() => folder)));
  const existing = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing && !existing.isFile() && !existing.isSymbolicLink())
    throw refused(sink, 'it is there, and is no file');
  const real = existing?.isSymbolicLink()
    ? await realpath(path)
    : join(await realpath(dirname(path)), basename(path));
  if (!isWithin(within, real)) throw refused(sink, "a link leads it out of the manifests' folder");
  if (real.split(/[\\/]/).some((step) => /^\.git(hub)?$/i.test(step)))
    throw refused(sink, 'it is in .git or .github');
  return real;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(sink: FileSink, why: string): ReconcileError {
  return new ReconcileError({
    code: 'SINK_FAILED',
    message: `the secret can't be written to ${sink.path}: ${why}`,
    hint: 'choose another path',
  });
}

function sinkError(sink: FileSink, error: unknown): ReconcileError {
  if (error instanceof ReconcileError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  const folder = dirname(resolve(sink.folder, sink.path));
  const [why, hint] = {
    ENOENT: ['its folder is missing', `mkdir -p ${dirname(sink.path)} beside the manifest`],
    ENOTDIR: ['its folder is no folder', 'choose another path'],
    EACCES: ['not allowed to write there', `check the permissions of ${basename(folder)}`],
    EPERM: ['not allowed to write there', `check the permissions of ${basename(folder)}`],
    EROFS: ['the file system is read-only', 'choose another path'],
    ENOSPC: ['the disk is full', 'make room and run again'],
  }[code] ?? [code, 'mend it and run again'];
  return new ReconcileError(
    {
      code: 'SINK_FAILED',
      message: `the secret can't be written to ${sink.path}: ${why}`,
      hint: hint as string,
    },
    { cause: error },
  );
}
