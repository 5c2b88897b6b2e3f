/** The clock and timers of the program, injected so that tests don't wait. */
export interface Clock {
  /** Returns milliseconds since 1970. */
  now(): number;
  /** Resolves after this number of milliseconds. Rejects with the signal's reason if that comes first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
