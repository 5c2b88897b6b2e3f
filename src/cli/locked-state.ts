import { ignoredStateFolders, resolveStateDir, withLockedState } from '../app/state-dir.ts';
import type { Problem } from '../core/model/errors.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { State } from '../custody/state/state.ts';
import { printable } from '../render/sanitize.ts';
import type { CustodyOptions, LockOptions } from './options.ts';
import type { Session } from './session.ts';

/** Returns the state directory of a run. Notes those beside the manifests, which earlier versions used. */
export async function chooseStateFolder(
  { runtime, info }: Session,
  paths: readonly string[],
  options: CustodyOptions,
): Promise<string> {
  const folder = await resolveStateDir(options, runtime);
  for (const ignored of await ignoredStateFolders(paths, folder, runtime)) {
    info(
      `Ignoring ${printable(ignored)}: state is never looked for below a PATH. To keep using it, pass it as --state-dir from a folder that pull requests can't change.`,
    );
  }
  return folder;
}

/** Works on a state directory under its lock. Reports waiting for the lock, and problems with the state. */
export function inLockedState<T>(
  session: Session,
  folder: string,
  { lockTimeout }: Pick<LockOptions, 'lockTimeout'>,
  work: (state: State) => Promise<T>,
): Promise<T> {
  const { io, runtime, info } = session;
  const patience = {
    lockTimeoutSeconds: lockTimeout,
    signal: io.interrupt,
    waits: (owner: string) =>
      info(`Another run is at work on this state directory, ${owner}: waiting ${lockTimeout} s at most.`),
  };
  return withLockedState(folder, runtime, patience, (state) => {
    session.tellAll(state.problems, 'warning');
    return work(state);
  });
}

/** Warns of spool entries that this run doesn't handle. */
export function warnUnrelatedSpool(session: Session, entries: readonly SpoolEntry[]): void {
  session.tellAll(
    entries.map(({ attempt, made }): Problem => {
      const { address } = attempt;
      return made
        ? {
            code: 'MANIFEST_CONFLICT',
            message: `the spool holds the secret of ${address} (${made.id}), which no manifest of this run declares; it is left alone`,
            hint: `reconcile spool deliver ${address} hands it to its sinks; reconcile spool drop ${address} gives it up`,
          }
        : {
            code: 'MANIFEST_CONFLICT',
            message: `an attempt at ${address} was interrupted, and no manifest of this run declares it; it is left alone`,
            hint: `declare it again to have it finished, or give it up with reconcile spool drop ${address}`,
          };
    }),
    'warning',
  );
}
