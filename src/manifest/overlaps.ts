import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { conflicts } from '../core/conflicts.ts';
import type { Problem } from '../core/errors.ts';
import { ownerOf } from '../core/generation.ts';
import type { Desired } from '../core/model.ts';
import { namesOf } from '../core/names.ts';
import { dockerFilesOf, filesOf } from './sinks.ts';

/** Where the files of sinks really are, links followed: each folder is looked at once. */
export async function realFiles(desired: readonly Desired[]): Promise<(file: string) => string> {
  const files = desired.flatMap(({ secret }) => [...filesOf(secret), ...dockerFilesOf(secret)]);
  const folders = new Set(files.map(({ file }) => dirname(file)));
  const real = new Map<string, string>();
  await pLimit(16).map(folders, async (folder) => {
    real.set(folder, await realpath(folder).catch(() => folder));
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.filter((entry) => entry.isSymbolicLink())) {
      const link = join(folder, name);
      real.set(link, await realpath(link).catch(() => link));
    }
  });
  return (file) => real.get(file) ?? join(real.get(dirname(file)) ?? dirname(file), basename(file));
}

/** Two entries for one token, or one file, as far as it can be told without asking the service. */
export function overlaps(desired: readonly Desired[], real: (file: string) => string): readonly Problem[] {
  const written = new Set(desired.flatMap(({ secret }) => filesOf(secret).map(({ file }) => real(file))));
  const families = new Map<string, Set<string>>();
  for (const entry of desired) {
    if (!entry.rotation) continue;
    const known = families.get(scopeOf(entry)) ?? new Set();
    families.set(scopeOf(entry), known.add(entry.rotation.base));
  }
  const claims = desired.map((entry) => {
    const scope = scopeOf(entry);
    const owner = ownerOf(families.get(scope) ?? new Set());
    return {
      address: entry.address,
      source: entry.source,
      things: [
        { key: `address ${entry.address}`, words: 'the address' },
        ...namesOf(entry).map((name) => ({
          key: `name ${scope} ${owner(name)}`,
          words: `the token ${name}`,
        })),
        ...filesOf(entry.secret).map(({ path, file }) => ({
          key: `file ${real(file)}`,
          words: `the file ${path}`,
        })),
        // Many may log in at one place; none may write over that file.
        ...dockerFilesOf(entry.secret)
          .filter(({ file }) => written.has(real(file)))
          .map(({ path, file }) => ({ key: `file ${real(file)}`, words: `the file ${path}` })),
      ],
    };
  });
  return [...conflicts(claims).values()];
}

/** What tells scopes apart without asking the service. */
function scopeOf({ kind, connection, scope }: Desired): string {
  return `${kind} ${connection.api_url ?? ''} ${scope}`;
}
