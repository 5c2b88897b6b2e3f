import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';

/** Of a file in the state directory, in bytes. */
const largest = 256 * 1024 * 1024;

/** How a part of the state directory is opened. */
export interface Opening {
  /** Whether what can't be understood is set aside under another name; otherwise it is only passed over. */
  readonly writable: boolean;
  /** Makes the folder, before something is first written. */
  readonly prepare: () => Promise<void>;
  /** Is told of each file that can't be understood, where it is now. */
  readonly broken: (file: string) => void;
}

/** The text of a file; `undefined` where there is none, empty where it is no file of ours: that can't be understood. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    // A link could lead to a pipe, or to a device that never ends.
    const status = await stat(path);
    if (!status.isFile() || status.size > largest) return '';
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where a file goes that can't be understood; it may hold a secret, so it never takes another one's place. */
export function brokenName(path: string): string {
  return `${path}.broken-${randomBytes(4).toString('hex')}`;
}

/** The text of a file, as `readSmallBytes` gives its bytes. */
export async function readSmall(path: string): Promise<string | undefined> {
  return (await readSmallBytes(path))?.toString('utf8');
}

/**
 * The bytes of a file, or `undefined` where there is none. Throws for what is no plain file, or larger than it
 * can sensibly be; never waits, as opening a pipe would.
 */
export async function readSmallBytes(path: string): Promise<Buffer | undefined> {
  const file = await unlessMissing(open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (!file) return undefined;
  try {
    const { size } = await file.stat().then((status) => {
      if (!status.isFile()) throw unreadable('EINVAL', 'no plain file');
      return status;
    });
    if (size > maxBytes) throw unreadable('EFBIG', 'too large');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Of a file that a sink reads, in bytes. */
const maxBytes = 1024 * 1024;

/** What a call of the file system gives; `undefined` where the file isn't there. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function unreadable(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
