import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** How a part of the state directory is opened. */
export interface Opening {
  /** Whether what can't be understood is set aside under another name; otherwise it is only passed over. */
  readonly writable: boolean;
  /** Makes the folder, before something is first written. */
  readonly prepare: () => Promise<void>;
  /** Is told of each file that can't be understood, where it is now. */
  readonly broken: (file: string) => void;
}

/** The text of a file; `undefined` where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') return ''; // no file of ours: it can't be understood
    throw error;
  }
}

/** Where a file goes that can't be understood; it may hold a secret, so it never takes another one's place. */
export function brokenName(path: string): string {
  return `${path}.broken-${randomBytes(4).toString('hex')}`;
}
