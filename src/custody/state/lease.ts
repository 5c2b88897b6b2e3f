import type { CreateAttempt } from '../../core/model/custody-record.ts';
import { neverAborted } from '../../core/util/never-aborted.ts';
import type { LeasedStep } from './lease-rules.ts';

/** The right of a run to act on its state, for as long as it lasts. */
export interface Lease {
  /** Waits until enough of the lease is left for a step that begins at once. Throws as `during` does. */
  permit(step: LeasedStep): Promise<void>;
  /**
   * Carries out a step once enough of the lease is left, which is renewed before if necessary. The step has to end when its
   * signal is aborted. Throws `STATE_LOST` if another run may hold the state by now, or `STATE_UNAVAILABLE` if it can't be
   * renewed.
   */
  during<T>(step: LeasedStep, act: (end: AbortSignal) => Promise<T>): Promise<T>;
  /** Tells whether this run still holds the state, as far as it knows. */
  isHeld(): boolean;
  /** Tells whether a token whose secret could not be saved may be deleted: no other run can know it. */
  mayDeleteUnsaved(attempt: CreateAttempt): Promise<boolean>;
  /** Time after the record of an attempt within which its request may be sent, in seconds; 0 for as long as it takes. */
  readonly sendWithinSeconds: number;
}

/** The lease on a state that is locked for as long as the process runs. */
export const unlimitedLease: Lease = {
  permit: async () => undefined,
  during: (_, act) => act(neverAborted),
  isHeld: () => true,
  mayDeleteUnsaved: async () => true,
  sendWithinSeconds: 0,
};
