import type { SpoolEntry } from '../custody/spool.ts';
import type { Session } from './session.ts';

/** Tells of what the spool holds that this run does nothing about. */
export function tellOfStrangers(session: Session, entries: readonly SpoolEntry[]): void {
  for (const { attempt, made } of entries) {
    const { address } = attempt;
    session.tell(
      made
        ? {
            code: 'MANIFEST_CONFLICT',
            message: `the spool holds the secret of ${address} (${made.id}), which no manifest of this run declares; it is left alone`,
            hint: `reconcile spool deliver ${address} hands it to its sinks; reconcile spool drop ${address} gives it up`,
          }
        : {
            code: 'MANIFEST_CONFLICT',
            message: `an attempt at ${address} was interrupted, and no manifest of this run declares it; it is left alone`,
            hint: `declare it again to have it finished, or give it up with reconcile spool drop ${address}`,
          },
      'warning',
    );
  }
}
