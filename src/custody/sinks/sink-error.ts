import { ReconcileError } from '../../core/model/errors.ts';

/** Creates the error of a sink that can't accept a secret, with the reason and the fix. The cause must not quote a secret. */
export function sinkError(sink: string, why: string, hint: string, cause?: unknown): ReconcileError {
  return new ReconcileError(
    { code: 'SINK_FAILED', message: `the secret can't be written to ${sink}: ${why}`, hint },
    cause === undefined ? undefined : { cause },
  );
}

/** Creates the error for a file that is a mount point: nothing can be renamed over it. */
export function mountedAlone(sink: string): ReconcileError {
  return sinkError(
    sink,
    "the file is mounted by itself, so it can't be replaced",
    'mount the folder instead of the file',
  );
}

/** Creates the error for a file system error; `folder` is the file's folder as the user wrote it. */
export function fileError(sink: string, folder: string, error: unknown): ReconcileError {
  if (error instanceof ReconcileError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  if (code === 'EBUSY' || code === 'EXDEV') return mountedAlone(sink);
  const [why, hint] = reasons(folder)[code] ?? [code, 'fix it and run again'];
  return sinkError(sink, why, hint, error);
}

function reasons(folder: string): Readonly<Record<string, readonly [string, string]>> {
  const permissions = ['not allowed to write there', `check the permissions of ${folder}`] as const;
  return {
    ENOENT: ['its folder is missing', `mkdir -p ${folder} beside the manifest`],
    ENOTDIR: ['its parent is not a folder', 'choose another path'],
    ELOOP: ['its symbolic links form a loop', 'choose another path'],
    EINVAL: ['it is not a regular file', 'choose another path'],
    ENAMETOOLONG: ['its name is too long', 'choose a shorter path'],
    EFBIG: ['it is too large', 'choose another path'],
    EACCES: permissions,
    EPERM: permissions,
    EROFS: ['the file system is read-only', 'choose another path'],
    ENOSPC: ['the disk is full', 'make room and run again'],
    EDQUOT: ['the disk quota is used up', 'make room and run again'],
  };
}
