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

/** Returns the server's time in seconds since 1970. */
export function serverNow(clock: Clock, { ahead }: { readonly ahead: number }): number {
  return clock.now() / 1000 + ahead;
}
