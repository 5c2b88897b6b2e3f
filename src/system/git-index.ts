import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { undefinedIfMissing } from './read-file.ts';

/**
 * Tells whether Git tracks a file, so that the next commit would publish it. The path is absolute and without links. Reads
 * Git's index directly: `git` may be missing or refuse a folder of another owner, and it runs programs that the
 * repository's configuration names.
 */
export async function isTracked(path: string, look: TrackedLookup = loadTrackedFiles): Promise<boolean> {
  return (await look(dirname(path)))?.(path) ?? false;
}

/**
 * A function that loads the tracked files of the repository that a folder belongs to, as a test for paths; `undefined` if
 * the folder is not in a repository.
 */
export type TrackedLookup = (folder: string) => Promise<((path: string) => boolean) | undefined>;

/** Loads the tracked files from Git's current index. */
export const loadTrackedFiles: TrackedLookup = async (folder) => {
  const index = await readIndex(folder);
  if (!index) return undefined;
  const tracked = new Set(index.names.map(index.fold));
  return (path) => tracked.has(index.fold(index.nameOf(path)));
};

/**
 * Returns a file that Git tracks at or below a folder, as the index names it; `undefined` if there is none. The folder is
 * absolute and without links. Searches the repository that the folder is in, and a repository at the folder itself.
 */
export async function findTrackedBelow(folder: string): Promise<string | undefined> {
  for (const start of new Set([folder, dirname(folder)])) {
    const index = await readIndex(start);
    if (!index) continue;
    const { fold } = index;
    const own = fold(index.nameOf(folder));
    const found = index.names.find(
      (name) => own === '' || fold(name) === own || fold(name).startsWith(`${own}/`),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The index of the repository that a folder belongs to. */
interface Index {
  /** The paths of tracked files, relative to the repository's root, with slashes. */
  readonly names: readonly string[];
  /** Converts a name to the form that the repository compares. */
  fold(name: string): string;
  /** Returns the name of an absolute path. */
  nameOf(path: string): string;
}

async function readIndex(folder: string): Promise<Index | undefined> {
  const repository = await repositoryOf(folder);
  if (!repository) return undefined;
  const index = await undefinedIfMissing(readFile(join(repository.git, 'index')));
  if (!index) return undefined; // nothing was ever added
  const config = (await undefinedIfMissing(readFile(join(repository.common, 'config'), 'utf8'))) ?? '';
  const hashBytes = /^\s*objectformat\s*=\s*"?sha256/im.test(config) ? 32 : 20;
  const ignoresCase = /^\s*ignorecase\s*=\s*"?true/im.test(config);

  const { names, end } = readEntries(index, hashBytes);
  const base = sharedIndex(index, end, hashBytes);
  const shared =
    base === undefined
      ? []
      : readEntries(await readFile(join(repository.git, `sharedindex.${base}`)), hashBytes).names;
  return {
    names: [...names, ...shared],
    fold: (name) => (ignoresCase ? name.toLowerCase() : name),
    nameOf: (path) => relative(repository.root, path).split(sep).join('/'),
  };
}

/** Returns the root of the work tree that a folder is in, and Git's own folder; `undefined` outside of Git. */
export async function workTreeFolders(
  folder: string,
): Promise<{ readonly root: string; readonly common: string } | undefined> {
  return repositoryOf(folder);
}

/** Returns the root of the Git work tree that a folder is in; `undefined` outside of Git. */
export async function workTreeRoot(folder: string): Promise<string | undefined> {
  return (await repositoryOf(folder))?.root;
}

interface Repository {
  /** The root of the work tree. */
  readonly root: string;
  /** Git's own folder of this work tree, and the one that all work trees share. */
  readonly git: string;
  readonly common: string;
}

/** Returns the repository that a folder, which may not exist, belongs to. */
async function repositoryOf(folder: string): Promise<Repository | undefined> {
  const git = await gitFolder(join(folder, '.git'));
  if (git !== undefined && (await undefinedIfMissing(stat(join(git, 'HEAD'))))) {
    const common = await undefinedIfMissing(readFile(join(git, 'commondir'), 'utf8'));
    return { root: folder, git, common: common === undefined ? git : resolve(git, common.trim()) };
  }
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder));
}

/** Returns the folder that `.git` is or names. Work trees and submodules have a file that names a folder elsewhere. */
async function gitFolder(path: string): Promise<string | undefined> {
  const there = await undefinedIfMissing(stat(path)).catch((error: NodeJS.ErrnoException) => {
    // A part of the path is a file, so there is nothing in it.
    if (error.code !== 'ENOTDIR') throw error;
    return undefined;
  });
  if (!there?.isFile()) return there && path;
  const target = /^gitdir:\s*(.+)/.exec(await readFile(path, 'utf8'))?.[1];
  return target === undefined ? undefined : resolve(dirname(path), target.trim());
}

/** Returns the paths in an index, and the offset of its extensions: gitformat-index(5), versions 2 to 4. */
function readEntries(index: Buffer, hashBytes: number): { names: readonly string[]; end: number } {
  const version = index.readUInt32BE(4);
  if (index.toString('latin1', 0, 4) !== 'DIRC' || version < 2 || version > 4)
    throw new RangeError('no index');
  const names: string[] = [];
  let previous = Buffer.alloc(0);
  let offset = 12;
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    const flagsAt = offset + 40 + hashBytes;
    const extended = version > 2 && (index.readUInt16BE(flagsAt) & 0x4000) !== 0;
    let nameAt = flagsAt + (extended ? 4 : 2);
    let kept = 0;
    if (version === 4) {
      const dropped = readVarint(index, nameAt);
      nameAt = dropped.end;
      kept = previous.length - dropped.value;
    }
    const nameEnd = index.indexOf(0, nameAt);
    if (nameEnd === -1 || kept < 0) throw new RangeError('cut short');
    previous = Buffer.concat([previous.subarray(0, kept), index.subarray(nameAt, nameEnd)]);
    names.push(previous.toString('utf8'));
    // Up to version 3, an entry is padded to a multiple of eight bytes, with at least one NUL.
    offset = version === 4 ? nameEnd + 1 : offset + ((nameEnd - offset + 8) & ~7);
  }
  return { names, end: offset };
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let end = start;
  let byte = bytes.readUInt8(end++);
  let value = byte & 0x7f;
  while (byte & 0x80) {
    byte = bytes.readUInt8(end++);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, end };
}

/**
 * Returns the name of the shared index that a split index builds on. Ignores which of the shared entries were deleted: such
 * a file counts as tracked until Git rewrites its index.
 */
function sharedIndex(index: Buffer, start: number, hashBytes: number): string | undefined {
  for (let offset = start; offset + 8 <= index.length - hashBytes; ) {
    const size = index.readUInt32BE(offset + 4);
    if (index.toString('latin1', offset, offset + 4) === 'link') {
      const base = index.toString('hex', offset + 8, offset + 8 + hashBytes);
      return /^0*$/.test(base) ? undefined : base;
    }
    offset += 8 + size;
  }
  return undefined;
}
