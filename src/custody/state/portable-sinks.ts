import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { CreateAttempt } from '../../core/model/custody-record.ts';
import type { Sink } from '../../core/model/sink.ts';

/**
 * Returns an attempt for a state that other machines read: the folders of its sinks are relative to the base of the state if
 * they are in the same checkout.
 */
export function withPortableSinks<A extends Pick<CreateAttempt, 'sinks'>>(attempt: A, base: string): A {
  const root = dirname(base);
  return withFolders(attempt, (folder) => {
    const way = relative(root, folder);
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)
      ? folder
      : relative(base, folder).split(sep).join('/');
  });
}

/** Returns an attempt of such a state with the folders of its sinks on this machine. */
export function withLocalSinks<A extends Pick<CreateAttempt, 'sinks'>>(attempt: A, base: string): A {
  return withFolders(attempt, (folder) => resolve(base, folder));
}

function withFolders<A extends Pick<CreateAttempt, 'sinks'>>(
  attempt: A,
  change: (folder: string) => string,
): A {
  const sinks = attempt.sinks.map(
    (sink): Sink => ({
      ...sink,
      folder: change(sink.folder),
      ...('within' in sink && { within: sink.within.map(change) }),
    }),
  );
  return { ...attempt, sinks };
}
