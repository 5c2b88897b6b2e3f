import type { Standard } from '../core/ours.ts';
import type { Custodian } from '../custody/custodian.ts';
import type { Clock } from '../http/clock.ts';
import type { Records } from './observe.ts';

/** What carrying out a plan takes besides the plan. */
export interface Tools {
  readonly custodian: Custodian;
  readonly clock: Clock;
  readonly standard: Standard;
  readonly records: Records;
  /** Once aborted, nothing new is started; what was begun is finished. */
  readonly stop: AbortSignal;
}

/** Never aborted: a write that was begun is seen through. */
export const unstoppable: AbortSignal = new AbortController().signal;

/** The server's clock, in seconds since 1970. */
export function serverNow(clock: Clock, { ahead }: { readonly ahead: number }): number {
  return clock.now() / 1000 + ahead;
}
