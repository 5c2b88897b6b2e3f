import { createHash } from 'node:crypto';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import pLimit from 'p-limit';
import { sinksOf } from '../core/assess.ts';
import type { Json } from '../core/json.ts';
import type { Desired } from '../core/model.ts';
import { isWithin } from '../core/paths.ts';
import { remembering } from '../core/sharing.ts';
import { readNamed } from './named-files.ts';

/** Of a larger file the digest covers this much, in bytes: no program is larger. */
const largest = 64 * 1024 * 1024;

/** A process may not open as many files at once as it likes. */
const filesAtOnce = 16;

/** Looks up what the digest of a plan covers of the files that the command sinks of an entry run or name. */
export type ProgramsOf = (desired: Desired) => Promise<Json>;

/**
 * Makes a look at programs for one run, in which each file is read once. Covered are words of `run`, or what follows a
 * `=` in one, that name a file inside the manifests' folder; nothing outside is read, as manifests are untrusted text and
 * a digest of a file tells what is in it.
 */
export function createProgramsOf(): ProgramsOf {
  const names = remembering(async (folder) => new Set(await readdir(folder).catch(() => [])));
  const real = remembering((folder) => realpath(folder).catch(() => folder));
  const limit = pLimit(filesAtOnce);
  const contents = remembering((file) => limit(() => hashOf(file)));
  return async (desired) => {
    const [root] = desired.connection.within;
    if (root === undefined) return [];
    const found = new Map<string, Json>();
    for (const sink of sinksOf(desired)) {
      if (sink.type !== 'command') continue;
      for (const path of candidates(sink.run).map((word) => resolve(sink.folder, word))) {
        if (!isWithin([root], path) || !(await names(dirname(path))).has(basename(path))) continue;
        const shown = relative(root, path);
        if (found.has(shown)) continue;
        const file = await realpath(path).catch(() => undefined);
        const isInside = file !== undefined && isWithin([await real(root)], file);
        // Of a link that leads out the way counts, not what is there.
        found.set(shown, isInside ? await contents(file) : await readlink(path).catch(() => null));
      }
    }
    return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  };
}

/** The words that can name a file. A program without a slash is one of `PATH`, never of a folder. */
function candidates([program = '', ...args]: readonly string[]): readonly string[] {
  const words = args.flatMap((word) => [word, word.slice(word.indexOf('=') + 1)]);
  return [...(/[\\/]/.test(program) ? [program] : []), ...words].filter((word) => word !== '');
}

/** What is in a file; `null` for what is none, or can't be read. */
async function hashOf(file: string): Promise<string | null> {
  try {
    if (!(await stat(file)).isFile()) return null;
    const content = await readNamed(file, largest);
    return `sha256:${createHash('sha256').update(content).digest('hex')}`;
  } catch {
    return null;
  }
}
