import { isAbsolute, relative, sep } from 'node:path';

/** Tells whether a path has a segment `.` or `..`: in the address of a request, it would lead to something else. */
export function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..');
}

/** Tells whether a path, absolute and without links, is one of these folders or in one. */
export function isWithin(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => {
    const way = relative(folder, path);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}
