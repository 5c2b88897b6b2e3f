import { createHash } from 'node:crypto';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import pLimit from 'p-limit';
import type { Desired } from '../core/model/model.ts';
import { sinksOf } from '../core/plan/custody.ts';
import type { Json } from '../core/util/json.ts';
import { isWithin } from '../core/util/paths.ts';
import { memoizeAsync } from '../core/util/single-flight.ts';
import { readNamed } from '../system/named-files.ts';

/** Of a larger file the digest covers this much, in bytes: no program is larger. */
const largest = 64 * 1024 * 1024;

/** A process may not open as many files at once as it likes. */
const filesAtOnce = 16;

/** Looks up what the digest of a plan covers of the files that the command sinks of an entry run or name. */
export type ProgramsOf = (desired: Desired) => Promise<Json>;

/**
 * Makes a look at programs for one run, in which each file is read once. Covered are words of `run` that name a file inside
 * the manifests' folder; nothing outside is read, as manifests are untrusted text and a digest of a file tells what is in
 * it. What is covered is listed in docs/review.md.
 */
export function createProgramsOf(): ProgramsOf {
  const names = memoizeAsync(async (folder) => new Set(await readdir(folder).catch(() => [])));
  const real = memoizeAsync((folder) => realpath(folder).catch(() => folder));
  const limit = pLimit(filesAtOnce);
  const contents = memoizeAsync((file) => limit(() => hashOf(file)));
  return async (desired) => {
    const [root] = desired.connection.within;
    if (root === undefined) return [];
    const found = new Map<string, Json>();
    for (const sink of sinksOf(desired)) {
      if (sink.type !== 'command') continue;
      for (const word of candidates(sink.run)) {
        const path = resolve(sink.folder, word);
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

/**
 * Returns the words that can name a file: arguments, what follows a `=` in one, the words of a shell's script, and the files
 * that well-known programs read without being told. A program without a slash is one of `PATH`, never of a folder.
 */
function candidates([program = '', ...args]: readonly string[]): ReadonlySet<string> {
  const scripts = args.flatMap((word) => word.split(shellSeparators));
  const named = [...args, ...scripts].flatMap((word) => [word, word.slice(word.indexOf('=') + 1)]);
  const read = [program, ...scripts].flatMap((word) => readByDefault.get(basename(word)) ?? []);
  const words = [...(/[\\/]/.test(program) ? [program] : []), ...named, ...read];
  return new Set(words.filter((word) => word !== '').slice(0, maxWords));
}

/** Maximum number of words of one `run` that are looked at. */
const maxWords = 10_000;

/** What stands between words of a shell's script. */
const shellSeparators = /[\s;|&<>()"'`{}]+/;

const makefiles = ['GNUmakefile', 'makefile', 'Makefile'];
const packages = ['package.json'];

/** The files that programs read in the folder where they run, by the programs' names. */
const readByDefault: ReadonlyMap<string, readonly string[]> = new Map([
  ['make', makefiles],
  ['gmake', makefiles],
  ['npm', packages],
  ['npx', packages],
  ['pnpm', packages],
  ['yarn', packages],
  ['just', ['justfile', 'Justfile', '.justfile']],
  ['task', ['Taskfile.yml', 'Taskfile.yaml', 'taskfile.yml', 'taskfile.yaml']],
]);

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
