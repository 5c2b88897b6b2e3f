import { constants } from 'node:fs';
import { access, lstat, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { undefinedIfMissing } from '../../system/read-file.ts';
import { mountedAlone, sinkError } from './sink-error.ts';

/** A function that returns the mount points of this process; `undefined` if the system doesn't list them. */
export type Mounts = () => Promise<ReadonlySet<string> | undefined>;

/** Reads the mount points as they are now: proc_pid_mountinfo(5). */
export const readMounts: Mounts = async () => {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  return text === undefined ? undefined : new Set(text.split('\n').map(mountPointOf));
};

/**
 * Throws if a file, absolute and without links, can't be replaced by renaming another over it. Otherwise that would only
 * fail after the secret was created. A missing file is fine.
 * @param sink the file as the user wrote its path
 */
export async function requireReplaceable(sink: string, path: string, mounts: Mounts): Promise<void> {
  const file = await undefinedIfMissing(lstat(path));
  if (!file) return;
  const folder = await stat(dirname(path));
  const points = await mounts();
  // Without a list of mount points, a file counts as one if its file system differs from that of its folder.
  if (points ? points.has(path) : file.dev !== folder.dev) throw mountedAlone(sink);
  const code = await access(path, constants.W_OK).catch((error: NodeJS.ErrnoException) => error.code);
  if (code === 'EROFS') throw sinkError(sink, 'the file system is read-only', 'choose another path');
  // A file's permissions don't affect a rename: only an immutable file causes this.
  if (code === 'EPERM') {
    throw sinkError(sink, 'the file is immutable', `chattr -i ${sink} if it may be replaced`);
  }
  const isSticky = (folder.mode & sticky) !== 0;
  const user = isSticky ? currentUser() : undefined;
  if (user !== undefined && user !== 0 && user !== file.uid && user !== folder.uid) {
    throw sinkError(
      sink,
      'it belongs to another user, and in a sticky folder only that user can replace it',
      'choose another path',
    );
  }
}

const sticky = 0o1000;

function mountPointOf(line: string): string {
  const [, , , , point = ''] = line.split(' ');
  return point.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Returns the ID of the user of this process; `undefined` if the user has no name, as in some containers. */
function currentUser(): number | undefined {
  try {
    return userInfo().uid;
  } catch {
    return undefined;
  }
}
