import type { ReportBug } from '../core/model/errors.ts';
import type { Change, Observed, Result } from '../core/model/model.ts';
import type { EvidencePolicy } from '../core/plan/ownership.ts';
import type { Clock } from '../core/util/clock.ts';
import type { SecretStore } from '../custody/secret-store.ts';
import type { RecordLookup } from '../observe/observer.ts';
import type { Snapshot, Target } from '../observe/target.ts';

/** Is told how far a run has come. */
export interface ProgressListener {
  /** A change is begun. */
  begins(change: Change): void;
  /** A change can't go on until the service shows something: `to be gone`. */
  waits(address: string, until: string): void;
  done(result: Result): void;
}

/** What carrying out a plan takes besides the plan. */
export interface ExecutionContext {
  readonly custodian: SecretStore;
  readonly clock: Clock;
  readonly standard: EvidencePolicy;
  readonly records: RecordLookup;
  /** Lists a target's scope; those who ask at the same time share a listing, which was begun after they asked. */
  readonly freshListing: (target: Target) => Promise<Snapshot>;
  /** Tells whether another entry of the run declares a token. */
  readonly isDeclaredElsewhere: (target: Target, token: Pick<Observed, 'id'>) => boolean;
  readonly watcher: ProgressListener;
  readonly bug: ReportBug;
  /** Once aborted, nothing new is started; what was begun is finished. */
  readonly stop: AbortSignal;
}

/** So much later than a request can end its deadline is. */
export const deadlineMarginSeconds = 1;

/**
 * A wait for what lost requests may do, in seconds: no longer than such a request can last, whatever a server's clock
 * said in between.
 */
export function capWait({ client }: Target, seconds: number, { standard }: ExecutionContext): number {
  return Math.min(seconds, client.timeoutSeconds + deadlineMarginSeconds + standard.grace);
}

/** The server's clock, in seconds since 1970. */
export function serverNow(clock: Clock, { ahead }: { readonly ahead: number }): number {
  return clock.now() / 1000 + ahead;
}
