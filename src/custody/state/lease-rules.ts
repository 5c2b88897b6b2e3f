import type { Clock } from '../../core/util/clock.ts';

/** A step that a run takes only with enough of its lease left. Times are in seconds. */
export type LeasedStep =
  /** A request that changes something at the service: a create, a patch, a delete of a token that is not in use. */
  | { readonly kind: 'request' }
  /** The delete of a token whose successor isn't created yet. */
  | { readonly kind: 'delete_in_use' }
  /** A delivery to a sink with this timeout. */
  | { readonly kind: 'delivery'; readonly timeoutSeconds: number };

/** The times that the length of a lease depends on, in seconds. */
export interface LeaseTimes {
  /** The timeout of one request. */
  readonly timeoutSeconds: number;
  /** The time within which a lost request may still take effect. */
  readonly graceSeconds: number;
  /** The longest timeout of a sink. */
  readonly sinkTimeoutSeconds: number;
}

/** A moment by both clocks of a process, in milliseconds. The monotonic clock may stop while the machine sleeps. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** Returns the present moment. */
export function momentNow(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/** Part of a lease that is left unused at the end of each step, in seconds: docs/state.md, "The lease". */
const reserveSeconds = 30;
/** Time after the end of a lease before another run takes over: the clocks of two runners may differ by half of it each way. */
const takeOverAfterSeconds = 60;

const minLengthSeconds = 120;
/** Maximum length, so that a crash never locks the state for longer than a day. */
export const maxLengthSeconds = 86_400;

/** Returns the length of a lease, in seconds: every step fits into it with time for renewing it. */
export function leaseLength({ timeoutSeconds, graceSeconds, sinkTimeoutSeconds }: LeaseTimes): number {
  const needed = Math.max(minLengthSeconds, timeoutSeconds + graceSeconds + 60, sinkTimeoutSeconds + 60);
  return Math.min(Math.ceil(needed), maxLengthSeconds);
}

/** Returns the time that is left of a lease since the commit that states it was made, in seconds. May be negative. */
export function secondsLeft(lengthSeconds: number, madeAt: Moment, now: Moment): number {
  const elapsed = Math.max(now.wall - madeAt.wall, now.monotonic - madeAt.monotonic);
  return lengthSeconds - elapsed / 1000;
}

/** Returns the time that must be left of the lease when a step begins, in seconds. */
export function secondsNeeded(step: LeasedStep, { timeoutSeconds, graceSeconds }: LeaseTimes): number {
  switch (step.kind) {
    case 'request':
      return reserveSeconds;
    case 'delivery':
      return step.timeoutSeconds + reserveSeconds;
    case 'delete_in_use':
      return timeoutSeconds + graceSeconds + reserveSeconds;
  }
}

/**
 * Returns the time that must be left of the lease when a step ends, in seconds. The effect of the delete of a token in use
 * may come later by the grace.
 */
export function secondsAtEnd(step: LeasedStep, { graceSeconds }: Pick<LeaseTimes, 'graceSeconds'>): number {
  return step.kind === 'delete_in_use' ? graceSeconds + reserveSeconds : reserveSeconds;
}

/** Tells whether a step may begin with this much of the lease left, in seconds. */
export function isPermitted(step: LeasedStep, left: number, times: LeaseTimes): boolean {
  return left >= secondsNeeded(step, times);
}

/** Returns the time until a lease is renewed, in seconds: once a third of it is over. */
export function secondsToRenewal(lengthSeconds: number, left: number): number {
  return left - (lengthSeconds * 2) / 3;
}

/** A lease of another run, as it is read. */
export interface ForeignLease {
  /** The end by the clock of its holder, in milliseconds since 1970. */
  readonly expiryMs: number;
  readonly lengthSeconds: number;
}

/**
 * Tells whether another run's lease may be taken over: its end is long past, or it was seen unchanged for longer than it
 * lasts, whatever end it states.
 * @param unchangedSeconds the time for which this run has seen it unchanged
 */
export function mayTakeOver(
  { expiryMs, lengthSeconds }: ForeignLease,
  nowMs: number,
  unchangedSeconds: number,
): boolean {
  if (nowMs >= expiryMs + takeOverAfterSeconds * 1000) return true;
  return unchangedSeconds >= lengthSeconds + takeOverAfterSeconds;
}
