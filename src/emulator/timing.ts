/** Delays of a service's reads behind its writes. Times in milliseconds. */
export interface Lags {
  /** Time in which the list of tokens doesn't show a new one yet, and still shows a deleted one. */
  readonly listLag: number;
  /** Time until a new token can be read by its ID. */
  readonly readLag: number;
  /** Time in which a token reads as before after a PATCH, or as enabled after it was created with another status. */
  readonly statusLag: number;
}

/** The lags of a service's reads, and the delay of late requests. Times in milliseconds. */
export interface Timing extends Lags {
  /** Time until a request whose fault is `late` takes effect. */
  readonly lateCommit: number;
}

/** The default: reads don't lag, and late requests take effect after five seconds. */
export const defaultTiming: Timing = { listLag: 0, readLag: 0, statusLag: 0, lateCommit: 5_000 };
