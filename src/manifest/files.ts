import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { type Problem, ReconcileError } from '../core/model/errors.ts';
import { describeReadError } from '../core/util/file-error.ts';
import { compareCodeUnits } from '../core/util/json.ts';
import { isWithin } from '../core/util/paths.ts';
import { findInvalidUtf8 } from '../core/util/utf8.ts';

/** Name of standard input, shown in place of a file. */
export const stdinName = '<stdin>';

/** A file that may hold manifests. */
export interface ManifestFile {
  /** The path shown to the user: the path as reached from the argument; `stdinName` for standard input. */
  readonly file: string;
  /** Its folder, absolute. */
  readonly folder: string;
  /** The folder of the PATH argument that led to it, absolute. */
  readonly root: string;
  /** True if it was named itself, and so must be a manifest. */
  readonly named: boolean;
  readonly text: string;
}

/** Maximum size of a manifest file, in bytes. */
const maxBytes = 16 * 1024 * 1024;

/** Number of files of a folder that are read at once. */
const readAtOnce = 16;

/** Maximum number of files and folders that are visited, manifests or not. */
const maxEntries = 100_000;

/** Maximum size of all files of a run, in bytes. */
const maxTotalBytes = 128 * 1024 * 1024;

/**
 * Reads the files that PATH arguments name: files, directories (walked for YAML, sorted; dot-directories and
 * node_modules skipped), `-` for standard input. Each file is read once, even if it is reached several times.
 *
 * @param stdin reads standard input, and need not read on past this limit in bytes
 */
export async function readManifestFiles(
  paths: readonly string[],
  cwd: string,
  stdin: (limit: number) => Promise<Buffer>,
): Promise<{ files: readonly ManifestFile[]; problems: readonly Problem[] }> {
  const files: ManifestFile[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const walked = new Set<string>();
  let total = 0;
  let readAhead = 0;
  let entries = 0;

  const read = async (file: string, root: string, named: boolean, ahead?: ReadAhead): Promise<void> => {
    const path = resolve(cwd, file);
    const real = ahead?.real ?? (await realpath(path));
    if (seen.has(real)) return;
    seen.add(real);
    const bytes = ahead?.bytes ?? (await readFile(path));
    total += bytes.length;
    if (total > maxTotalBytes) {
      throw usage(
        `${file}: with it, the manifests of this run are larger than ${mebibytes(maxTotalBytes)} MiB`,
        'run on fewer files or folders at a time',
      );
    }
    files.push({ file, folder: dirname(path), root, named, text: decode(file, bytes) });
  };

  const walk = async (directory: string, root: string): Promise<void> => {
    const real = await realpath(resolve(cwd, directory));
    // Through links, a few folders can be reached in a vast number of ways, and so can the whole disk.
    if (walked.has(real) || !isWithin([await realpath(root)], real)) return;
    walked.add(real);
    const found = await readdir(real, { withFileTypes: true });
    entries += found.length;
    if (entries > maxEntries) {
      throw usage(
        `${directory}: with it, the folders hold more than ${maxEntries} files`,
        'pass only the folders of manifests',
      );
    }
    const limit = pLimit(readAtOnce);
    const looked = found
      .sort((a, b) => compareCodeUnits(a.name, b.name))
      // In a folder of a hundred thousand files each call of the file system counts.
      .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .filter((entry) => isYaml(entry.name) || !entry.isFile())
      .map((entry) => {
        const path = join(directory, entry.name);
        const looking = limit(() => look(path, entry, real));
        // Its error is reported when it is the file's turn.
        looking.catch(() => undefined);
        return { path, looking };
      });
    for (const { path, looking } of looked) {
      await attempt(path, async () => {
        const { isFolder, ahead } = await looking;
        if (isFolder) await walk(path, root);
        else if (ahead) await read(path, root, false, ahead);
      });
    }
  };

  /** Looks at an entry of a folder, and reads a file ahead of its turn if that can't exceed the bounds. */
  const look = async (path: string, entry: Dirent, folder: string): Promise<Looked> => {
    const yaml = isYaml(entry.name);
    const absolute = resolve(cwd, path);
    const status = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
      if (!yaml) return undefined;
      throw error;
    });
    if (!status?.isFile() || !yaml) return { isFolder: status?.isDirectory() === true };
    rejectLarge(path, status.size);
    if (!entry.isFile()) return { isFolder: false, ahead: {} };
    const real = join(folder, entry.name);
    readAhead += status.size;
    const isWorthwhile = readAhead <= maxTotalBytes && !seen.has(real);
    return { isFolder: false, ahead: { real, ...(isWorthwhile && { bytes: await readFile(absolute) }) } };
  };

  const attempt = async (path: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(unreadable(path, error));
    }
  };

  for (const path of paths.length > 0 ? paths : ['.']) {
    await attempt(path, async () => {
      if (path === '-') {
        files.push({
          file: stdinName,
          folder: cwd,
          root: cwd,
          named: true,
          text: decode(stdinName, await stdin(maxBytes)),
        });
        return;
      }
      const absolute = resolve(cwd, path);
      const status = await stat(absolute);
      if (status.isDirectory()) await walk(path, absolute);
      else if (status.isFile()) {
        rejectLarge(path, status.size);
        await read(path, dirname(absolute), true);
      } else
        throw usage(
          `${path}: neither a file nor a directory`,
          'pass a manifest, a folder of manifests, or - for standard input',
        );
    });
  }
  return { files, problems };
}

/** The path and the content of a file, as far as they are known before its turn. */
interface ReadAhead {
  /** The canonical path, unless it is reached through a link. */
  readonly real?: string;
  readonly bytes?: Buffer;
}

/** An entry of a folder: a folder, a file, or nothing that matters. */
interface Looked {
  readonly isFolder: boolean;
  /** Set for a file. */
  readonly ahead?: ReadAhead;
}

function isYaml(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

function rejectLarge(path: string, bytes: number): void {
  if (bytes > maxBytes) {
    throw usage(`${path}: larger than ${mebibytes(maxBytes)} MiB`, 'split it into several manifests');
  }
}

function mebibytes(bytes: number): number {
  return bytes / 1024 / 1024;
}

function decode(file: string, bytes: Buffer): string {
  rejectLarge(file, bytes.length);
  const invalid = findInvalidUtf8(bytes);
  if (!invalid) return new TextDecoder('utf-8').decode(bytes);
  throw new ReconcileError({
    code: 'MANIFEST_SYNTAX',
    message: 'not UTF-8',
    hint: 'save the file as UTF-8',
    source: { file, ...invalid },
  });
}

function usage(message: string, hint: string): ReconcileError {
  return new ReconcileError({ code: 'USAGE', message, hint });
}

function unreadable(path: string, error: unknown): Problem {
  if (error instanceof ReconcileError) return error;
  return {
    code: 'USAGE',
    message: `${path}: ${describeReadError(error)}`,
    hint: 'check the path, or run reconcile in the folder of the manifests',
  };
}
