import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { Environment } from './find-program.ts';
import { isTracked, workTreeFolders } from './git-index.ts';

/** Ignore patterns, and the folder that they are relative to. */
interface Rules {
  readonly folder: string;
  readonly patterns: Ignore;
}

/**
 * Tells whether `git add .` would publish a file: it is in a work tree, and Git neither tracks nor ignores it
 * (gitignore(5)). The path is absolute and without links. Doesn't run Git, as Git runs programs that the repository's
 * configuration names. Doesn't read the file named by `core.excludesFile`.
 */
export async function isUnignored(path: string, env: Environment): Promise<boolean> {
  const repository = await workTreeFolders(dirname(path));
  if (!repository || (await isTracked(path))) return false;
  const { root, common } = repository;
  const steps = relative(root, path).split(sep);
  const folders = steps.map((_, index) => join(root, ...steps.slice(0, index)));
  const config = env['XDG_CONFIG_HOME'] || (env['HOME'] && join(env['HOME'], '.config'));
  const files = [
    ...(config ? [{ folder: root, file: join(config, 'git', 'ignore') }] : []),
    { folder: root, file: join(common, 'info', 'exclude') },
    ...folders.map((folder) => ({ folder, file: join(folder, '.gitignore') })),
  ];
  const rules = (await Promise.all(files.map(({ folder, file }) => readRules(folder, file)))).flat();
  // A file can't be included again if a folder above it is ignored.
  return !steps.some((_, index) => {
    const isFile = index === steps.length - 1;
    return isIgnored(join(root, ...steps.slice(0, index + 1)), isFile, rules);
  });
}

async function readRules(folder: string, file: string): Promise<readonly Rules[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? [] : [{ folder, patterns: ignore().add(text) }];
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
