import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../core/paths.ts';
import { unlessMissing } from '../files.ts';
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
  if (real.split(/[\\/]/).some((step) => /^\.reconcile$/i.test(step)))
    throw refused(sink, 'it is in a state directory');
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

function refused(sink: string, why: string): Error {
  return sinkFailure(sink, why, 'choose another path');
}
