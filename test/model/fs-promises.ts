import { constants } from 'node:fs';
import { Disk, type DiskStep, failure } from './virtual-disk.ts';

let disk = new Disk();
let locate = (path: string): string => path;

/**
 * Which disk the functions below work on.
 * @param placeOf returns the place on the disk of a path as the running process has it
 */
export function useDisk(other: Disk, placeOf = (path: string): string => path): void {
  disk = other;
  locate = placeOf;
}

async function step<T>(
  name: string,
  path: string,
  act: (place: string) => T,
  more?: Partial<DiskStep>,
): Promise<T> {
  const on = disk;
  const place = locate(path);
  await on.gate({ name, path: place, writes: false, ...more });
  return act(place);
}

const writes = { writes: true };

// What the program uses of node:fs/promises, and no more; in its place by vi.mock.

export const stat = (path: string) => step('stat', path, (place) => disk.status('stat', place));
export const lstat = (path: string) => step('lstat', path, (place) => disk.status('lstat', place));
export const readdir = (path: string, options?: { readonly withFileTypes: true }) =>
  step('readdir', path, (place) => {
    const names = disk.readFolder(place);
    // There are no links on this disk.
    return options ? names.map((name) => ({ name, isSymbolicLink: () => false })) : names;
  });
export const access = (path: string) =>
  step('access', path, (place) => {
    disk.status('access', place);
  });
export const realpath = (path: string) =>
  step('realpath', path, (place) => {
    disk.status('realpath', place);
    return path;
  });
export const readFile = (path: string, encoding?: string) =>
  step('readFile', path, (place) => {
    const content = disk.read('open', place);
    return encoding === 'utf8' ? content.toString('utf8') : content;
  });
export const mkdir = (path: string, { recursive = false }: { recursive?: boolean } = {}) =>
  step(
    'mkdir',
    path,
    (place) => {
      if (!recursive) throw new TypeError('only recursively');
      const first = disk.makeFolder(place);
      return first && path.slice(0, path.length - (place.length - first.length));
    },
    writes,
  );
export const rename = (from: string, to: string) =>
  step('rename', to, (place) => disk.rename(locate(from), place), writes);
export const link = (from: string, to: string) =>
  step('link', to, (place) => disk.link(locate(from), place), writes);
export const rm = (path: string, { force = false }: { force?: boolean } = {}) =>
  step('rm', path, (place) => disk.remove(place, force), writes);
export const copyFile = (from: string, to: string) =>
  step(
    'copyFile',
    to,
    (place) => {
      disk.create('copyFile', place, 0o600);
      disk.write('copyFile', place, disk.read('copyFile', locate(from)));
    },
    writes,
  );
export const writeFile = async (
  path: string,
  content: Uint8Array,
  { flag, mode = 0o666 }: { flag?: string; mode?: number } = {},
): Promise<void> => {
  if (flag !== 'wx') throw new TypeError('only new files');
  const write = (bytes: Buffer): void => {
    disk.create('open', locate(path), mode);
    disk.write('write', locate(path), bytes);
  };
  const whole = Buffer.from(content);
  const half = (): void => write(whole.subarray(0, whole.length / 2));
  await step('writeFile', path, () => write(whole), { writes: true, half });
};

export const open = async (path: string, flags: string | number, mode = 0o666) => {
  const isNew = flags === 'wx';
  if (!isNew && flags !== 'r' && flags !== (constants.O_RDONLY | constants.O_NONBLOCK)) {
    throw new TypeError(`only to read, or new: ${flags}`);
  }
  await step(
    'open',
    path,
    (place) => {
      if (isNew) disk.create('open', place, mode);
      else disk.status('open', place);
    },
    { writes: isNew },
  );
  return {
    stat: () => step('fstat', path, (place) => disk.status('fstat', place)),
    readFile: () => step('read', path, (place) => disk.read('read', place)),
    chmod: (bits: number) => step('fchmod', path, (place) => disk.setMode(place, bits), writes),
    sync: () => step('fsync', path, (place) => disk.flush(place), writes),
    close: async () => undefined,
    writeFile: (text: string | Uint8Array) => {
      if (!isNew) throw failure('EBADF', 'write', path);
      const whole = Buffer.from(text as string);
      const half = (): void => disk.write('write', locate(path), whole.subarray(0, whole.length / 2));
      return step('write', path, (place) => disk.write('write', place, whole), { writes: true, half });
    },
  };
};

/** There are no links here, and no /proc. */
export async function readlink(path: string): Promise<string> {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}
