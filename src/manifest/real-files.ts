import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pLimit from 'p-limit';

/** Maximum number of folders and files checked at once, as the number of open files is limited. */
const lookedAtAtOnce = 16;

/**
 * Returns a function from each file to its canonical path: links are followed, and files that are the same under
 * several names, through hard links or case, share one path. The files need not exist. Each folder is read once.
 */
export async function resolveSinkFiles(files: readonly string[]): Promise<(file: string) => string> {
  const limit = pLimit(lookedAtAtOnce);
  const real = new Map<string, string>();
  const existing = new Set<string>();
  await limit.map(new Set(files.map((file) => dirname(file))), async (folder) => {
    const path = await realFolder(folder);
    real.set(folder, path);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      existing.add(join(path, entry.name));
      if (!entry.isSymbolicLink()) continue;
      const link = join(folder, entry.name);
      real.set(link, await realpath(link).catch(() => link));
    }
  });
  const follow = (file: string): string =>
    real.get(file) ?? join(real.get(dirname(file)) ?? dirname(file), basename(file));

  const paths = new Set(files.map(follow));
  const same = await sameFiles(paths, (path) => existing.has(path));
  const folded = await sameByCase([...paths].filter((path) => !same.has(path)));
  return (file) => {
    const path = follow(file);
    const first = same.get(path) ?? path;
    return folded.get(first) ?? first;
  };
}

/** Returns the real path of a folder, links followed, as far as it exists. */
async function realFolder(folder: string): Promise<string> {
  const path = await realpath(folder).catch(() => undefined);
  if (path !== undefined || dirname(folder) === folder) return path ?? folder;
  return join(await realFolder(dirname(folder)), basename(folder));
}

/** Returns files that are the same under several names: each but the first, with the first. */
async function sameFiles(
  paths: ReadonlySet<string>,
  isThere: (path: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const places = await pLimit(lookedAtAtOnce).map([...paths].filter(isThere), async (path) => {
    const status = await stat(path, { bigint: true }).catch(() => undefined);
    // Not every file system has numbers for its files.
    return typeof status?.ino === 'bigint' && status.ino > 0n
      ? { path, key: `${status.dev} ${status.ino}` }
      : undefined;
  });
  const first = new Map<string, string>();
  const same = new Map<string, string>();
  for (const place of places) {
    if (!place) continue;
    const known = first.get(place.key);
    if (known === undefined) first.set(place.key, place.path);
    else same.set(place.path, known);
  }
  return same;
}

/** Returns files that are the same on a case-insensitive file system: each but the first, with the first. */
async function sameByCase(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const first = new Map<string, string>();
  const same = new Map<string, string>();
  for (const path of paths) {
    const folded = path.normalize('NFC').toLowerCase();
    const known = first.get(folded);
    if (known === undefined) first.set(folded, path);
    else if (await ignoresCase(dirname(path))) same.set(path, known);
  }
  return same;
}

/** Tells whether a folder is found in another case as well. */
async function ignoresCase(folder: string): Promise<boolean> {
  const swapped = [...basename(folder)]
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join('');
  if (dirname(folder) === folder) return false;
  if (swapped === basename(folder)) return ignoresCase(dirname(folder));
  const [own, other] = await Promise.all(
    [folder, join(dirname(folder), swapped)].map((path) =>
      stat(path, { bigint: true }).catch(() => undefined),
    ),
  );
  return own !== undefined && own.ino === other?.ino && own.dev === other?.dev;
}
