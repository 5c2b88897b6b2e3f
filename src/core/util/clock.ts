/** The clock and timers of the program, injected so that tests don't wait. */
export interface Clock {
  /** Returns milliseconds since 1970. */
  now(): number;
  /** Returns milliseconds since any moment. Never goes back, whatever is done to the time of day. */
  monotonic(): number;
  /** Resolves after this number of milliseconds. Rejects with the signal's reason if that comes first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
