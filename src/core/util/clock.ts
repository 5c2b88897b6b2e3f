/** Time, as far as the program depends on it; injected, so that no test waits. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason if that comes first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
