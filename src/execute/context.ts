import type { ReportBug } from '../core/model/errors.ts';
import type { Change, Result } from '../core/model/plan.ts';
import type { Observed } from '../core/model/token.ts';
import type { EvidencePolicy } from '../core/plan/ownership.ts';
import type { Clock } from '../core/util/clock.ts';
import type { SecretStore } from '../custody/secret-store.ts';
import type { RecordLookup } from '../observe/observer.ts';
import type { Snapshot, Target } from '../observe/target.ts';

/** A listener for the progress of a run. */
export interface ProgressListener {
  /** Called when a change begins. */
  begins(change: Change): void;
  /** Called when a change has to wait for the service to show something, for example `to be gone`. */
  waits(address: string, until: string): void;
  done(result: Result): void;
}

/** The tools that applying a plan needs. */
export interface ExecutionContext {
  readonly custodian: SecretStore;
  readonly clock: Clock;
  readonly standard: EvidencePolicy;
  readonly records: RecordLookup;
  /** Lists a target's scope. Concurrent callers share a listing that began after their calls. */
  readonly freshListing: (target: Target) => Promise<Snapshot>;
  /** Tells whether another entry of the run declares a token. */
  readonly isDeclaredElsewhere: (target: Target, token: Pick<Observed, 'id'>) => boolean;
  readonly watcher: ProgressListener;
  readonly bug: ReportBug;
  /** Once aborted, nothing new starts; work in progress is completed. */
  readonly stop: AbortSignal;
}

/** Safety margin added to a request's deadline. */
export const deadlineMarginSeconds = 1;

/**
 * Returns the wait for late effects of lost requests, in seconds. Capped at the maximum duration of such a request, so that
 * a jump of the server's clock can't extend it.
 */
export function capWait({ client }: Target, seconds: number, { standard }: ExecutionContext): number {
  return Math.min(seconds, client.timeoutSeconds + deadlineMarginSeconds + standard.grace);
}

/** Returns the server's time in seconds since 1970. */
export function serverNow(clock: Clock, { ahead }: { readonly ahead: number }): number {
  return clock.now() / 1000 + ahead;
}
