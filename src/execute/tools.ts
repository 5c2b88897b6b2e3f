import type { ReportBug } from '../core/errors.ts';
import type { Change, Observed, Result } from '../core/model.ts';
import type { Standard } from '../core/ours.ts';
import type { Custodian } from '../custody/custodian.ts';
import type { Clock } from '../http/clock.ts';
import type { Records } from './observe.ts';
import type { Snapshot, Target } from './target.ts';

/** Is told how far a run has come. */
export interface Watcher {
  /** A change is begun. */
  begins(change: Change): void;
  /** A change can't go on until the service shows something: `to be gone`. */
  waits(address: string, until: string): void;
  done(result: Result): void;
}

/** What carrying out a plan takes besides the plan. */
export interface Tools {
  readonly custodian: Custodian;
  readonly clock: Clock;
  readonly standard: Standard;
  readonly records: Records;
  /** Lists a target's scope; those who ask at the same time share a listing, which was begun after they asked. */
  readonly freshListing: (target: Target) => Promise<Snapshot>;
  /** Tells whether another entry of the run declares a token. */
  readonly isDeclaredElsewhere: (target: Target, token: Pick<Observed, 'id'>) => boolean;
  readonly watcher: Watcher;
  readonly bug: ReportBug;
  /** Once aborted, nothing new is started; what was begun is finished. */
  readonly stop: AbortSignal;
}

/** Never aborted: a write that was begun is seen through. */
export const unstoppable: AbortSignal = new AbortController().signal;

/** So much later than a request can end its deadline is. */
export const slackSeconds = 1;

/**
 * A wait for what lost requests may do, in seconds: no longer than such a request can last, whatever a server's clock
 * said in between.
 */
export function atMost({ client }: Target, seconds: number, { standard }: Tools): number {
  return Math.min(seconds, client.timeoutSeconds + slackSeconds + standard.grace);
}

/** The server's clock, in seconds since 1970. */
export function serverNow(clock: Clock, { ahead }: { readonly ahead: number }): number {
  return clock.now() / 1000 + ahead;
}
