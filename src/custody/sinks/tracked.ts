import { isTracked, type TrackedLookup } from '../../system/git-index.ts';
import { sinkError } from './sink-error.ts';

/** Throws if Git would publish the file. */
export async function rejectTracked(sink: string, path: string, look?: TrackedLookup): Promise<void> {
  const tracked = await isTracked(path, look).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw sinkError(
      sink,
      "can't check if Git tracks it: Git's index can't be read",
      'check that git status works; a file with age recipients may be tracked',
    );
  });
  if (tracked) {
    throw sinkError(
      sink,
      'Git tracks it, and the secret would be in plain text',
      `encrypt it with age recipients; or git rm --cached ${sink}, and add it to .gitignore`,
    );
  }
}
