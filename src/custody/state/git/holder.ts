import { ReconcileError } from '../../../core/model/errors.ts';
import { formatInstant } from '../../../core/util/instant.ts';
import type { LockFile } from './lock-file.ts';

/** Returns the name of the run that holds a lock. */
export function holderName(lock: LockFile | 'unreadable' | undefined): string {
  return lock === undefined || lock === 'unreadable' ? 'an unknown run' : `${lock.holder} on ${lock.host}`;
}

/** Returns the name of the run that holds a lock, and the end of its lease if that is known. */
export function holderOf(lock: LockFile | 'unreadable'): string {
  return `${holderName(lock)}${untilText(lock)}`;
}

function untilText(lock: LockFile | 'unreadable'): string {
  return lock === 'unreadable' ? '' : ` until ${formatInstant(Math.ceil(lock.expiryMs / 1000))}`;
}

/** Returns the error of a state that another run holds, and that this run waits for no longer. */
export function heldByOther(label: string, lock: LockFile | 'unreadable'): ReconcileError {
  return new ReconcileError({
    code: 'LOCKED',
    message: `another run is using the state in ${label}: ${holderName(lock)} holds it${untilText(lock)}`,
    hint: 'wait for that run, or pass --lock-timeout SECONDS to wait in this one; if that run is surely dead, its lease ends by itself, or run reconcile state unlock',
  });
}

/**
 * Returns the error `STATE_LOST` of a branch that was changed while this run held it.
 *
 * @param lock the lease that the branch states now
 */
export function lost(label: string, lock?: LockFile | 'unreadable'): ReconcileError {
  const by = lock === undefined ? '' : `; ${holderName(lock)} holds it now`;
  return new ReconcileError({
    code: 'STATE_LOST',
    message: `the branch ${label} was changed while this run held it${by}; this run stopped`,
    hint: 'run again to finish interrupted work. If no other run changed the branch, check who can push to it',
  });
}
