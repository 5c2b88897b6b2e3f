import { constants } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../core/paths.ts';
import { sinkFailure } from './failure.ts';

/**
 * Where a sink's file really is, links followed; the file, and its folder, need not be there. Throws where that
 * is outside of the allowed folders, in .git, .github or a state directory, or taken by something that is no file.
 */
export async function safePath(sink: string, path: string, within: readonly string[]): Promise<string> {
  const real = await realFile(sink, path);
  const folders = await Promise.all(within.map((folder) => realpath(folder).catch(() => folder)));
  if (!isWithin(folders, real)) throw refused(sink, "a link leads it out of the manifests' folder");
  if (real.split(/[\\/]/).some((step) => /^\.git(hub)?$/i.test(step))) {
    throw refused(sink, 'it is in .git or .github');
  }
  if (real.split(/[\\/]/).includes('.reconcile')) throw refused(sink, 'it is in a state directory');
  return real;
}

/** As `safePath`, for a file that may be anywhere. */
export async function realFile(sink: string, path: string): Promise<string> {
  const real = await followed(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? refused(sink, 'it is a link that leads nowhere') : error;
  });
  const there = await unlessMissing(stat(real));
  if (there && !there.isFile()) throw refused(sink, 'it is there, and is no file');
  return real;
}

/** A path without links, as far as it exists. Fails with `ENOENT` for a link that leads nowhere. */
async function followed(path: string): Promise<string> {
  const there = await unlessMissing(lstat(path));
  if (there) return realpath(path);
  return join(await followed(dirname(path)), basename(path));
}

/**
 * The text of a file, or `undefined` where there is none. Throws for what is no plain file, or larger than it
 * can sensibly be; never waits, as opening a pipe would.
 */
export async function readSmall(path: string): Promise<string | undefined> {
  const file = await unlessMissing(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (!file) return undefined;
  try {
    const { size } = await file.stat().then((status) => {
      if (!status.isFile()) throw unreadable('EINVAL', 'no plain file');
      return status;
    });
    if (size > maxBytes) throw unreadable('EFBIG', 'too large');
    return (await file.readFile()).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Of a file that a sink reads, in bytes. */
const maxBytes = 1024 * 1024;

/** What a call of the file system gives; `undefined` where the file isn't there. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function unreadable(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

function refused(sink: string, why: string): Error {
  return sinkFailure(sink, why, 'choose another path');
}
