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
        hint: 'it keeps what must not be lost: mend it, or name another one with --state-dir',
      },
      { cause: error },
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written by this user',
  EPERM: 'it may not be written by this user',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOTDIR: 'a file is where a folder should be',
  EEXIST: 'a file is where a folder should be',
};
