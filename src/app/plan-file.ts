import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Desired } from '../core/model/desired.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { fileOfSink } from '../core/model/sink-place.ts';
import { describeWriteError } from '../core/util/file-error.ts';
import { isObject, parseJson } from '../core/util/json.ts';
import { isStatePath } from '../custody/state/folder/state-dir.ts';
import { readNamed } from '../system/named-files.ts';
import { undefinedIfMissing } from '../system/read-file.ts';

/** Maximum size of a saved plan, in bytes. */
export const maxPlanBytes = 256 * 1024 * 1024;

/**
 * Finds the file for a saved plan: a new file, or one that holds a saved plan. Links are followed, so that they stay.
 * Throws `USAGE` for anything else, for example a device, a pipe or a manifest.
 *
 * @param out the file as the user has named it
 * @param path the same, absolute
 */
export async function outFile(out: string, path: string): Promise<string> {
  try {
    const file = await undefinedIfMissing(stat(path));
    if (!file) return await newFile(out, path);
    if (file.isDirectory()) throw refused(out, 'it is a directory', nameAFile);
    if (!file.isFile()) throw refused(out, 'it is not a regular file', nameAFile);
    const stdout = await stat('/dev/stdout').catch(() => undefined);
    if (stdout?.ino === file.ino && stdout.dev === file.dev) {
      throw refused(
        out,
        'stdout already goes to this file',
        'use --out - to print the saved plan and nothing else',
      );
    }
    const real = await realpath(path);
    await access(dirname(real), constants.W_OK | constants.X_OK);
    if (file.size > 0) await requirePlan(out, real, file.size);
    return real;
  } catch (error) {
    throw unwritable(out, error);
  }
}

const nameAFile = 'pass a regular file or a new one, or - to print the saved plan to stdout';

async function newFile(out: string, path: string): Promise<string> {
  if (await undefinedIfMissing(lstat(path))) throw refused(out, 'it is a broken symbolic link', nameAFile);
  const folder = await realpath(dirname(path));
  await access(folder, constants.W_OK | constants.X_OK);
  return join(folder, basename(path));
}

async function requirePlan(out: string, file: string, bytes: number): Promise<void> {
  const text = bytes > maxPlanBytes ? '' : (await readNamed(file, maxPlanBytes)).toString('utf8');
  const content = parseJson(text);
  if (isObject(content) && 'reconcile' in content && 'digest' in content) return;
  throw refused(out, 'the file exists and is not a saved plan', 'choose another file');
}

/**
 * Throws `USAGE` if a saved plan would overwrite a file that the run itself reads or writes, even if it doesn't exist
 * yet or is empty.
 */
export async function keepApart(
  out: string,
  file: string,
  {
    files,
    desired,
    state,
  }: { files: readonly string[]; desired: readonly Desired[]; state: string | undefined },
): Promise<void> {
  if (state !== undefined && isStatePath(await realPathOf(state), file))
    throw refused(out, 'it is in the state directory', nameAFile);
  const read = await Promise.all(files.map(realPathOf));
  if (read.includes(file)) throw refused(out, 'it is a manifest or a policy of this run', nameAFile);
  for (const path of new Set(desired.flatMap(sinkFiles))) {
    if ((await realPathOf(path)) === file) throw refused(out, 'a sink writes a secret there', nameAFile);
  }
}

/** Returns the absolute paths of the files that an entry names for its secrets. */
function sinkFiles(desired: Desired): readonly string[] {
  // Without an environment, no file has a default.
  return sinksOf(desired).flatMap((sink) => fileOfSink(sink, {}) ?? []);
}

/** Returns a path with its links followed, as far as it exists. */
async function realPathOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined || dirname(path) === path) return real ?? path;
  return join(await realPathOf(dirname(path)), basename(path));
}

/** Renders a file system error at `--out`. Returns any other error unchanged. */
export function unwritable(out: string, error: unknown): unknown {
  if (error instanceof ReconcileError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return refused(out, describeWriteError(error), 'choose a file in an existing, writable folder');
}

function refused(out: string, why: string, hint: string): ReconcileError {
  return new ReconcileError({ code: 'USAGE', message: `--out ${out}: ${why}`, hint });
}
