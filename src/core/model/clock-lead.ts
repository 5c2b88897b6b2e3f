/**
 * The seconds that a server's clock is ahead of ours. It has told its time at some moment between our request and the moment
 * when we read its response, which may be long after it has arrived if the process was paused.
 */
export interface ClockLead {
  readonly atLeast: number;
  readonly atMost: number;
}

/** The lead of a server that doesn't tell its time. */
export const noLead: ClockLead = { atLeast: 0, atMost: 0 };

/**
 * Returns the lead of a server's clock, rounded up as its time has no fractions. All times are in milliseconds since 1970.
 * @param sentAt the time of our request
 * @param readAt the time when we read the response
 */
export function clockLead(date: number, sentAt: number, readAt: number): ClockLead {
  return { atLeast: Math.ceil((date - readAt) / 1000), atMost: Math.ceil((date - sentAt) / 1000) };
}
