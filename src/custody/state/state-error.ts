import { ReconcileError } from '../../core/model/errors.ts';

/** Runs work on the state directory, and explains errors of the file system. */
export async function withStateErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof ReconcileError || code === undefined) throw error;
    throw new ReconcileError(
      {
        code: 'STATE_BROKEN',
        message: `the state directory can't be used (${path}): ${reasons[code] ?? code}`,
        hint: 'it holds state that must not be lost: fix it, or pass another one to --state-dir',
      },
      { cause: error },
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no write permission',
  EPERM: 'this user has no write permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOTDIR: 'a folder is expected, but it is a file',
  EEXIST: 'a folder is expected, but it is a file',
};
