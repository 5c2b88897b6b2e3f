import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../core/util/paths.ts';
import { undefinedIfMissing } from '../../system/read-file.ts';
import { sinkError } from './sink-error.ts';

/**
 * Returns the real path of a sink's file, with links followed. The file and its folder need not exist. Throws if the path is
 * outside of the allowed folders, in .git, .github or a state directory, or not a regular file.
 */
export async function resolveAllowedPath(
  sink: string,
  path: string,
  within: readonly string[],
  realFolder: FolderResolver = resolveLinks,
): Promise<string> {
  const real = await resolveFile(sink, path, realFolder);
  const folders = await Promise.all(within.map((folder) => realFolder(folder).catch(() => folder)));
  if (!isWithin(folders, real)) throw refused(sink, "a symbolic link leads outside the manifests' folder");
  if (real.split(/[\\/]/).some((step) => /^\.git(hub)?$/i.test(step))) {
    throw refused(sink, 'it is in .git or .github');
  }
  if (real.split(/[\\/]/).some((step) => /^\.reconcile$/i.test(step)))
    throw refused(sink, 'it is in a state directory');
  return real;
}

/** A function that returns the real path of a folder, as far as it exists. Fails with `ENOENT` for a dangling link. */
export type FolderResolver = (folder: string) => Promise<string>;

/** Returns the real path like `resolveAllowedPath`, for a file that may be anywhere. */
export async function resolveFile(
  sink: string,
  path: string,
  realFolder: FolderResolver = resolveLinks,
): Promise<string> {
  try {
    const there = await undefinedIfMissing(lstat(path));
    const isLink = there?.isSymbolicLink() === true;
    const real = isLink ? await realpath(path) : join(await realFolder(dirname(path)), basename(path));
    const file = isLink ? await undefinedIfMissing(stat(real)) : there;
    if (file && !file.isFile()) throw refused(sink, 'it exists and is not a regular file');
    return real;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' ? refused(sink, 'it is a broken symbolic link') : error;
  }
}

/** Resolves a folder on the disk; see `FolderResolver`. */
export async function resolveLinks(path: string): Promise<string> {
  const real = await undefinedIfMissing(realpath(path));
  if (real !== undefined) return real;
  // A dangling link is not a folder that can be created later.
  if (await undefinedIfMissing(lstat(path))) return realpath(path);
  return join(await resolveLinks(dirname(path)), basename(path));
}

function refused(sink: string, why: string): Error {
  return sinkError(sink, why, 'choose another path');
}
