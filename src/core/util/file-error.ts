const common: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links form a loop',
  ENOTDIR: 'its parent is not a directory',
  ENAMETOOLONG: 'its name is too long',
  EINVAL: 'it is not a regular file',
  EFBIG: 'it is too large',
};

const ofWrites: Readonly<Record<string, string>> = {
  ...common,
  ENOENT: 'its folder is missing',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

/** Returns in words why a file can't be read. Rethrows anything but a file system error. */
export function describeReadError(error: unknown): string {
  return describe(error, { ...common, ENOENT: 'no such file or directory' }, "can't be read");
}

/** Returns in words why a file can't be written. Rethrows anything but a file system error. */
export function describeWriteError(error: unknown): string {
  return describe(error, ofWrites, "can't be written");
}

function describe(error: unknown, words: Readonly<Record<string, string>>, what: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return words[code] ?? `${what} (${code})`;
}
