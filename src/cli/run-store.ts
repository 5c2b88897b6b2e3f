import { openStore } from '../app/state.ts';
import { ignoredStateFolders } from '../app/state-location.ts';
import type { Problem } from '../core/model/errors.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { Store, WaitOptions } from '../custody/state/store.ts';
import { printable } from '../render/sanitize.ts';
import type { ConnectionOptions, CustodyOptions, LockOptions } from './options.ts';
import type { Session } from './session.ts';

/** Opens the place of a run's state. Notes state directories beside the manifests, which earlier versions used. */
export async function openRunStore(
  { runtime, info }: Session,
  paths: readonly string[],
  options: CustodyOptions & Pick<ConnectionOptions, 'timeout'>,
): Promise<Store> {
  const store = await openStore(options, runtime);
  if (store.folder === undefined) return store;
  for (const ignored of await ignoredStateFolders(paths, store.folder, runtime)) {
    info(
      `Ignoring ${printable(ignored)}: reconcile never looks for state below a PATH. To keep using it, pass it to --state-dir from a folder that pull requests can't change.`,
    );
  }
  return store;
}

/** Returns the options of waiting for another run. Reports the wait. */
export function waitForOthers(
  { io, info }: Session,
  { lockTimeout }: Pick<LockOptions, 'lockTimeout'>,
): WaitOptions {
  return {
    lockTimeoutSeconds: lockTimeout,
    signal: io.interrupt,
    onWait: (owner) =>
      info(`Another run, ${printable(owner)}, is using this state: waiting up to ${lockTimeout} s.`),
    onTakeOver: (owner) =>
      info(`Another run, ${printable(owner)}, ended without releasing this state: taking it over.`),
  };
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

/** Warns of signed-in credentials that need attention. */
export function warnCredentials(session: Session, warnings: readonly string[]): void {
  session.reportAll(
    warnings.map(
      (message): Problem => ({ code: 'AUTH', message, hint: 'create a new one, and replace it in time' }),
    ),
    'warning',
  );
}
