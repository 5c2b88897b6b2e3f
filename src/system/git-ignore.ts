import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { memoizeAsync } from '../core/util/single-flight.ts';
import type { Environment } from './find-program.ts';
import { isTracked, loadTrackedFiles, type TrackedLookup, workTreeFolders } from './git-index.ts';

/** Ignore patterns, and the folder that they are relative to. */
interface Rules {
  readonly folder: string;
  readonly patterns: Ignore;
}

/** The lookups that files of one repository share. */
export interface IgnoreLookups {
  readonly repository: typeof workTreeFolders;
  readonly tracked: TrackedLookup;
  /** Returns the patterns in a file; `undefined` if it can't be read. */
  readonly patterns: (file: string) => Promise<Ignore | undefined>;
}

/** Returns lookups for many files while nothing is written. */
export function cachedIgnoreLookups(): IgnoreLookups {
  return {
    repository: memoizeAsync(workTreeFolders),
    tracked: memoizeAsync(loadTrackedFiles),
    patterns: memoizeAsync(readPatterns),
  };
}

/**
 * Tells whether `git add .` would publish a file: it is in a work tree, and Git neither tracks nor ignores it
 * (gitignore(5)). The path is absolute and without links. Doesn't run Git, as Git runs programs that the repository's
 * configuration names. Doesn't read the file named by `core.excludesFile`.
 */
export async function isUnignored(
  path: string,
  env: Environment,
  look: IgnoreLookups = cachedIgnoreLookups(),
): Promise<boolean> {
  const repository = await look.repository(dirname(path));
  if (!repository || (await isTracked(path, look.tracked))) return false;
  const { root, common } = repository;
  const steps = relative(root, path).split(sep);
  const folders = steps.map((_, index) => join(root, ...steps.slice(0, index)));
  const config = env['XDG_CONFIG_HOME'] || (env['HOME'] && join(env['HOME'], '.config'));
  const files = [
    ...(config ? [{ folder: root, file: join(config, 'git', 'ignore') }] : []),
    { folder: root, file: join(common, 'info', 'exclude') },
    ...folders.map((folder) => ({ folder, file: join(folder, '.gitignore') })),
  ];
  const read = files.map(async ({ folder, file }): Promise<readonly Rules[]> => {
    const patterns = await look.patterns(file);
    return patterns ? [{ folder, patterns }] : [];
  });
  const rules = (await Promise.all(read)).flat();
  // A file can't be included again if a folder above it is ignored.
  return !steps.some((_, index) => {
    const isFile = index === steps.length - 1;
    return isIgnored(join(root, ...steps.slice(0, index + 1)), isFile, rules);
  });
}

async function readPatterns(file: string): Promise<Ignore | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : ignore().add(text);
}

/** Tells whether the last pattern that matches a path ignores it. */
function isIgnored(path: string, isFile: boolean, rules: readonly Rules[]): boolean {
  let ignored = false;
  for (const { folder, patterns } of rules) {
    const way = relative(folder, path).split(sep).join('/');
    if (way === '' || way.startsWith('../') || way === '..') continue;
    const found = patterns.test(isFile ? way : `${way}/`);
    if (found.ignored) ignored = true;
    if (found.unignored) ignored = false;
  }
  return ignored;
}
