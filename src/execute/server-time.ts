import type { ClockLead } from '../core/model/clock-lead.ts';
import type { Clock } from '../core/util/clock.ts';
import type { Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';

/** Safety margin added to a request's deadline. */
export const deadlineMarginSeconds = 1;

/**
 * Returns the wait for late effects of lost requests, in seconds. Capped at the maximum duration of such a request, so that
 * a jump of the server's clock can't extend it.
 */
export function capWait({ client }: Target, seconds: number, { evidence }: ExecutionContext): number {
  return Math.min(seconds, client.timeoutSeconds + deadlineMarginSeconds + evidence.grace);
}

interface Timed {
  readonly ahead: ClockLead;
}

/** Returns the earliest time that the server's clock may show now, in seconds since 1970: for the end of a wait. */
export function earliestServerTime(clock: Clock, { ahead }: Timed): number {
  return clock.now() / 1000 + ahead.atLeast;
}

/** Returns the latest time that the server's clock may show now, in seconds since 1970: for a deadline. */
export function latestServerTime(clock: Clock, { ahead }: Timed): number {
  return clock.now() / 1000 + ahead.atMost;
}
