/** How far reads of a service are behind its writes. Times in milliseconds. */
export interface Lags {
  /** How long the list of tokens doesn't show a new one yet, and still shows a deleted one. */
  readonly listLag: number;
  /** How long a new token is not found by its ID yet. */
  readonly readLag: number;
  /** How long a token reads as before after a PATCH, or as enabled after it was made with another status. */
  readonly statusLag: number;
}

/** How long a service takes where it doesn't act at once. */
export interface Timing extends Lags {
  /** After how long a request whose fate is `late` takes effect. */
  readonly lateCommit: number;
}

/** Nothing lags, and what is late is five seconds late. */
export const defaultTiming: Timing = { listLag: 0, readLag: 0, statusLag: 0, lateCommit: 5_000 };
