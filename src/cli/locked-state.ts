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
      `Ignoring ${printable(ignored)}: reconcile never looks for state below a PATH. To keep using it, pass it to --state-dir from a folder that pull requests can't change.`,
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
  const options = {
    lockTimeoutSeconds: lockTimeout,
    signal: io.interrupt,
    onWait: (owner: string) =>
      info(`Another run, ${owner}, is using this state directory: waiting up to ${lockTimeout} s.`),
  };
  return withLockedState(folder, runtime, options, (state) => {
    session.reportAll(state.problems, 'warning');
    return work(state);
  });
}

/** Warns of spool entries that this run doesn't handle. */
export function warnUnrelatedSpool(session: Session, entries: readonly SpoolEntry[]): void {
  session.reportAll(
    entries.map(({ attempt, made }): Problem => {
      const { address } = attempt;
      return made
        ? {
            code: 'MANIFEST_CONFLICT',
            message: `the spool holds the secret of ${address} (${made.id}), which no manifest of this run declares; nothing was changed`,
            hint: `deliver it with reconcile spool deliver ${address}, or discard it with reconcile spool drop ${address}`,
          }
        : {
            code: 'MANIFEST_CONFLICT',
            message: `creating ${address} was interrupted, and no manifest of this run declares it; nothing was changed`,
            hint: `declare it again to finish the create, or discard it with reconcile spool drop ${address}`,
          };
    }),
    'warning',
  );
}
