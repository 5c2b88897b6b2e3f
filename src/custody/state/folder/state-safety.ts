import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { ReconcileError } from '../../../core/model/errors.ts';
import { findTrackedBelow, workTreeRoot } from '../../../system/git-index.ts';
import { undefinedIfMissing } from '../../../system/read-file.ts';
import { withStateErrors } from '../state-error.ts';

/** The context for checking a state directory. All paths are absolute. */
export interface StateSafety {
  /** The folder in which the run was started. */
  readonly cwd: string;
  /** Accept files that Git tracks (`--allow-tracked-state`). */
  readonly allowTracked: boolean;
}

/**
 * Throws `STATE_UNSAFE` if a pull request could have written a state directory or could lead it elsewhere. The ledger
 * says which tokens are superseded and the spool holds secrets, so neither may come from a checkout.
 */
export async function assertSafeState(folder: string, { cwd, allowTracked }: StateSafety): Promise<void> {
  await withStateErrors(folder, async () => {
    const root = (await workTreeRoot(cwd)) ?? cwd;
    for (const path of pathsToCheck(folder, root)) {
      const status = await undefinedIfMissing(lstat(path));
      if (!status) return;
      if (status.isSymbolicLink()) throw linked(folder, path);
    }
    for (const inside of [folder, join(folder, 'spool')]) {
      const link = (await entriesOf(inside)).find((entry) => entry.isSymbolicLink());
      if (link) throw linked(folder, join(inside, link.name));
    }
    if (!allowTracked) await rejectTracked(folder);
  });
}

/**
 * Returns the folders that must not be links: from the root of the checkout down if the folder is in it, else the folder
 * itself.
 */
function pathsToCheck(folder: string, root: string): readonly string[] {
  const steps = relative(root, folder).split(sep);
  if (steps[0] === '..' || steps[0] === '' || relative(root, folder) === folder) return [folder];
  return steps.map((_, index) => join(root, ...steps.slice(0, index + 1)));
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

async function rejectTracked(folder: string): Promise<void> {
  const tracked = await findTrackedBelow(await realpath(folder)).catch((error: unknown) => {
    throw new ReconcileError(
      {
        code: 'STATE_UNSAFE',
        message: `cannot tell whether Git tracks files in the state directory ${folder}: Git's index can't be read`,
        hint: 'repair the repository, pass another folder to --state-dir, or pass --allow-tracked-state if only trusted people can change the checkout',
      },
      { cause: error },
    );
  });
  if (tracked === undefined) return;
  throw new ReconcileError({
    code: 'STATE_UNSAFE',
    message: `Git tracks ${tracked}, which is in the state directory ${folder}: a pull request could change the state and have tokens deleted`,
    hint: `untrack it (git rm -r --cached ${dirname(tracked)}) and keep it in a cache or volume, pass another folder to --state-dir, or pass --allow-tracked-state if only trusted people can change it`,
  });
}

function linked(folder: string, link: string): ReconcileError {
  return new ReconcileError({
    code: 'STATE_UNSAFE',
    message: `the state directory ${folder} can't be used: ${link} is a symbolic link, which could lead secrets elsewhere`,
    hint: 'remove the link, or pass its target to --state-dir',
  });
}
