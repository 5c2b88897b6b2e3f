import type { CreateAttempt } from '../../../core/model/custody-record.ts';
import { ReconcileError } from '../../../core/model/errors.ts';
import type { Clock } from '../../../core/util/clock.ts';
import type { Lease } from '../lease.ts';
import { isPermitted, type LeasedStep, type LeaseTimes, secondsAtEnd } from '../lease-rules.ts';

/** The lease as its store knows it. */
interface LeaseSource {
  readonly clock: Clock;
  /** Returns the time that is left, in seconds. */
  left(): number;
  times(): LeaseTimes;
  /** Throws if the lease is lost. */
  assertHeld(): void;
  isHeld(): boolean;
  /** Pushes a commit that states a new lease. Throws if another run may hold the state by now. */
  renew(): Promise<void>;
  /** Tells whether the branch shows an attempt as unresolved: then no other run can take its token for its own. */
  isMarkedUnresolved(attempt: CreateAttempt): Promise<boolean>;
}

/** Maximum number of renewals for one step, in case that each takes nearly as long as the lease. */
const maxRenewals = 3;
const minWatchMilliseconds = 200;
const maxWatchMilliseconds = 2000;

/** Time after its push within which an attempt may be sent, in seconds. Later it is pushed again first. */
const sendWithinSeconds = 60;

/** Creates the lease of a run on a branch. */
export function createLease(source: LeaseSource): Lease {
  const isPossible = (step: LeasedStep): boolean => isPermitted(step, source.left(), source.times());
  const permit = async (step: LeasedStep): Promise<void> => {
    source.assertHeld();
    for (let renewals = 0; !isPossible(step); renewals += 1) {
      if (renewals === maxRenewals) throw tooSlow();
      await source.renew();
    }
  };
  return {
    sendWithinSeconds,
    permit,
    async during(step, act) {
      await permit(step);
      const end = new AbortController();
      const done = new AbortController();
      void watch(source, secondsAtEnd(step, source.times()), end, done.signal);
      try {
        return await act(end.signal);
      } finally {
        done.abort();
      }
    },
    isHeld: source.isHeld,
    mayDeleteUnsaved: async (attempt) =>
      isPossible({ kind: 'delete_in_use' }) || source.isMarkedUnresolved(attempt),
  };
}

/**
 * Aborts `end` once too little of the lease is left. A renewal meanwhile moves that moment. Looks often, as a timer stands
 * still while the machine sleeps.
 */
async function watch(
  { clock, left }: LeaseSource,
  secondsNeeded: number,
  end: AbortController,
  done: AbortSignal,
): Promise<void> {
  for (;;) {
    const milliseconds = (left() - secondsNeeded) * 1000;
    if (milliseconds < 0) return end.abort(ended());
    try {
      await clock.sleep(Math.min(Math.max(milliseconds, minWatchMilliseconds), maxWatchMilliseconds), done);
    } catch {
      return;
    }
  }
}

function ended(): ReconcileError {
  return new ReconcileError({
    code: 'STATE_LOST',
    message: 'stopped before the lease on the state ended',
    hint: 'run again to finish interrupted work',
  });
}

function tooSlow(): ReconcileError {
  return new ReconcileError({
    code: 'STATE_UNAVAILABLE',
    message: 'pushing the state takes nearly as long as its lease lasts',
    hint: 'run again when the Git server is faster',
  });
}
