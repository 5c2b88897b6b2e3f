import { createHash } from 'node:crypto';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import pLimit from 'p-limit';
import type { Desired } from '../core/model/desired.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import type { Json } from '../core/util/json.ts';
import { isWithin } from '../core/util/paths.ts';
import { memoizeAsync } from '../core/util/single-flight.ts';
import { readNamed } from '../system/named-files.ts';

/** Maximum number of bytes of a file that the digest covers; programs are smaller. */
const maxProgramBytes = 64 * 1024 * 1024;

/** Maximum number of files open at once: processes have a limit. */
const filesAtOnce = 16;

/** Looks up the part of a plan's digest that covers the files which the command sinks of an entry run or name. */
export type ProgramsOf = (desired: Desired) => Promise<Json>;

/**
 * Creates the lookup of programs for one run, which reads each file once. It covers words of `run` that name a file
 * inside the manifests' folder. Nothing outside is read: manifests are untrusted, and a digest reveals a file's
 * content. docs/review.md lists what is covered.
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
        // For a link that leads outside, the digest covers its path, not its target's content.
        found.set(shown, isInside ? await contents(file) : await readlink(path).catch(() => null));
      }
    }
    return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  };
}

/**
 * Returns the words that can name a file: arguments, values after a `=`, the words of a shell script, and the files
 * that well-known programs read by default. A program without a slash is looked up in `PATH`, never in a folder.
 */
function candidates([program = '', ...args]: readonly string[]): ReadonlySet<string> {
  const scripts = args.flatMap((word) => word.split(shellSeparators));
  const named = [...args, ...scripts].flatMap((word) => [word, word.slice(word.indexOf('=') + 1)]);
  const read = [program, ...scripts].flatMap((word) => readByDefault.get(basename(word)) ?? []);
  const words = [...(/[\\/]/.test(program) ? [program] : []), ...named, ...read];
  return new Set(words.filter((word) => word !== '').slice(0, maxWords));
}

/** Maximum number of words of one `run` that are checked. */
const maxWords = 10_000;

/** Separators between words of a shell script. */
const shellSeparators = /[\s;|&<>()"'`{}]+/;

const makefiles = ['GNUmakefile', 'makefile', 'Makefile'];
const packages = ['package.json'];

/** Files that programs read by default from their working folder, by the programs' names. */
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

/** Returns the digest of a file; `null` if it is not a file, or can't be read. */
async function hashOf(file: string): Promise<string | null> {
  try {
    if (!(await stat(file)).isFile()) return null;
    const content = await readNamed(file, maxProgramBytes);
    return `sha256:${createHash('sha256').update(content).digest('hex')}`;
  } catch {
    return null;
  }
}
