import { constants } from 'node:fs';
import { Disk, type DiskStep, failure } from './virtual-disk.ts';

let disk = new Disk();

/** Which disk the functions below work on. */
export function useDisk(other: Disk): void {
  disk = other;
}

async function step<T>(name: string, path: string, act: () => T, more?: Partial<DiskStep>): Promise<T> {
  const on = disk;
  await on.gate({ name, path, writes: false, ...more });
  return act();
}

const writes = { writes: true };

// What the program uses of node:fs/promises, and no more; in its place by vi.mock.

export const stat = (path: string) => step('stat', path, () => disk.status('stat', path));
export const lstat = (path: string) => step('lstat', path, () => disk.status('lstat', path));
export const readdir = (path: string, options?: { readonly withFileTypes: true }) =>
  step('readdir', path, () => {
    const names = disk.readFolder(path);
    // There are no links on this disk.
    return options ? names.map((name) => ({ name, isSymbolicLink: () => false })) : names;
  });
export const access = (path: string) =>
  step('access', path, () => {
    disk.status('access', path);
  });
export const realpath = (path: string) =>
  step('realpath', path, () => {
    disk.status('realpath', path);
    return path;
  });
export const readFile = (path: string, encoding?: string) =>
  step('readFile', path, () => {
    const content = disk.read('open', path);
    return encoding === 'utf8' ? content.toString('utf8') : content;
  });
export const mkdir = (path: string, { recursive = false }: { recursive?: boolean } = {}) =>
  step(
    'mkdir',
    path,
    () => {
      if (!recursive) throw new TypeError('only recursively');
      return disk.makeFolder(path);
    },
    writes,
  );
export const rename = (from: string, to: string) => step('rename', to, () => disk.rename(from, to), writes);
export const link = (from: string, to: string) => step('link', to, () => disk.link(from, to), writes);
export const rm = (path: string, { force = false }: { force?: boolean } = {}) =>
  step('rm', path, () => disk.remove(path, force), writes);
export const copyFile = (from: string, to: string) =>
  step(
    'copyFile',
    to,
    () => {
      disk.create('copyFile', to, 0o600);
      disk.write('copyFile', to, disk.read('copyFile', from));
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
    disk.create('open', path, mode);
    disk.write('write', path, bytes);
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
    () => {
      if (isNew) disk.create('open', path, mode);
      else disk.status('open', path);
    },
    { writes: isNew },
  );
  return {
    stat: () => step('fstat', path, () => disk.status('fstat', path)),
    readFile: () => step('read', path, () => disk.read('read', path)),
    chmod: (bits: number) => step('fchmod', path, () => disk.setMode(path, bits), writes),
    sync: () => step('fsync', path, () => disk.flush(path), writes),
    close: async () => undefined,
    writeFile: (text: string | Uint8Array) => {
      if (!isNew) throw failure('EBADF', 'write', path);
      const whole = Buffer.from(text as string);
      const half = (): void => disk.write('write', path, whole.subarray(0, whole.length / 2));
      return step('write', path, () => disk.write('write', path, whole), { writes: true, half });
    },
  };
};

/** There are no links here, and no /proc. */
export async function readlink(path: string): Promise<string> {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
}
