import { isAbsolute, relative, sep } from 'node:path';

/** Tells whether a path, absolute and without links, is one of these folders or in one. */
export function isWithin(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => {
    const way = relative(folder, path);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}
