import { isUtf8 } from 'node:buffer';

/** A file of a tree. */
export interface TreeFile {
  readonly path: string;
  readonly id: string;
  readonly bytes: number;
  /** False for links and submodules. */
  readonly isRegular: boolean;
}

/** Parses the output of `git ls-tree -r -l -z`; `undefined` if a name is not UTF-8. */
export function parseTree(output: Buffer): readonly TreeFile[] | undefined {
  if (!isUtf8(output)) return undefined;
  return output
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/);
      return { path: line.slice(tab + 1), id, bytes: Number(size) || 0, isRegular: mode.startsWith('100') };
    });
}

/** An object that `git cat-file --batch` has printed. */
export interface PrintedObject {
  readonly id: string;
  readonly content: Buffer;
}

/** Parses the output of `git cat-file --batch`; `undefined` if it is incomplete. */
export function parseObjects(output: Buffer): readonly PrintedObject[] | undefined {
  const objects: PrintedObject[] = [];
  for (let offset = 0; offset < output.length; ) {
    const end = output.indexOf(10, offset);
    const [, id = '', size = ''] =
      /^(\S+) \S+ (\d+)$/.exec(output.toString('latin1', offset, Math.max(end, offset))) ?? [];
    const start = end + 1;
    offset = start + Number(size) + 1;
    if (id === '' || offset > output.length) return undefined;
    objects.push({ id, content: output.subarray(start, offset - 1) });
  }
  return objects;
}

/**
 * Splits the path of a file of a commit into its folder ('' at the top) and its name. Throws for a path that Git or a
 * file system could take for something else.
 */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const parts = path.split('/');
  const isPlain = parts.every((part) => /^[^.\p{Cc}\p{Cs}\\:][^\p{Cc}\p{Cs}\\:]*$/u.test(part));
  if (!isPlain || parts.length > 2)
    throw new RangeError(`not a path of a file of the state: ${JSON.stringify(path)}`);
  return { folder: parts.length === 2 ? (parts[0] ?? '') : '', name: parts.at(-1) ?? '' };
}
