import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file: writes a temporary file beside it, flushes that to disk and renames it over the old one. A reader, or
 * the next run after a power cut, finds the old content or the new. A failure leaves the old content.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode: number,
  flushFolder: (folder: string) => Promise<void> = fsyncDirectory,
): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode); // the umask may have removed bits
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // The first error is the cause; an error of the cleanup must not hide it.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Checks that `bytes` can be written beside a file, with a temporary file that it removes. Throws if they can't. */
export async function probeWrite(path: string, bytes: number): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    await writeFile(temporary, Buffer.alloc(bytes), { flag: 'wx', mode: 0o600 });
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Removes the temporary files that killed writes of this file left beside it. Only for a file that no other process is
 * writing at the moment.
 */
export async function removeStaleTempFiles(
  path: string,
  leftovers: TempFileLister = listTempFiles,
): Promise<void> {
  const folder = dirname(path);
  const prefix = temporaryPrefix(path);
  const names = (await leftovers(folder)).filter(
    (name) => name.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length)),
  );
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

/** A function that lists the temporary files that killed writes may have left in a folder. */
export type TempFileLister = (folder: string) => Promise<readonly string[]>;

/** Lists the files of a folder that end in `.tmp`; none if the folder can't be read. */
export const listTempFiles: TempFileLister = async (folder) => {
  const names = await readdir(folder).catch(() => []); // the folder may be writable, but not readable
  return names.filter((name) => name.endsWith('.tmp'));
};

/** Flushes a folder, so that its created, renamed and removed files stay so after a power cut. */
export async function fsyncDirectory(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Some systems can't flush folders, and a folder without read permission can't be opened. Nothing more can be done
    // then.
    if (!unable.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const unable = new Set(['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']);

function temporaryFor(path: string): string {
  return join(dirname(path), `${temporaryPrefix(path)}${randomUUID().slice(-12)}.tmp`);
}

/**
 * Returns the prefix of temporary names. A name may have 255 bytes and a temporary one is longer, so long names are hashed.
 */
function temporaryPrefix(path: string): string {
  const name = basename(path);
  if (Buffer.byteLength(name) <= maxNameBytes) return `.${name}.`;
  return `.${createHash('sha256').update(name).digest('hex')}.`;
}

const maxNameBytes = 200;
