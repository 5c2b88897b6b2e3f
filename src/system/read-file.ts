import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';

/** Maximum size of a file in the state directory, in bytes. */
const maxStateFileBytes = 256 * 1024 * 1024;

/**
 * Reads a state file. Returns `undefined` if it is missing, '' if it is not a regular file or too large (then treated as
 * corrupt).
 */
export async function readFileIfExists(path: string): Promise<string | undefined> {
  try {
    // A link could lead to a pipe, or to an endless device.
    const status = await stat(path);
    if (!status.isFile() || status.size > maxStateFileBytes) return '';
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Returns the new name of a corrupt file. The file may hold a secret, so the name never replaces another file. */
export function quarantinePath(path: string): string {
  return `${path}.broken-${randomBytes(4).toString('hex')}`;
}

/** Reads a file as `readSmallBytes` does, as text. */
export async function readBoundedFile(path: string): Promise<string | undefined> {
  return (await readSmallBytes(path))?.toString('utf8');
}

/**
 * Reads a file; `undefined` if it is missing. Throws if it is not a regular file, or larger than expected. Never blocks, as
 * opening a pipe would.
 */
export async function readSmallBytes(path: string): Promise<Buffer | undefined> {
  const file = await undefinedIfMissing(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (!file) return undefined;
  try {
    const { size } = await file.stat().then((status) => {
      if (!status.isFile()) throw unreadable('EINVAL', 'not a regular file');
      return status;
    });
    if (size > maxBytes) throw unreadable('EFBIG', 'too large');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Maximum size of a file that a sink reads, in bytes. */
const maxBytes = 1024 * 1024;

/** Returns the result of a call of the file system; `undefined` if the file is missing. */
export async function undefinedIfMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function unreadable(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
