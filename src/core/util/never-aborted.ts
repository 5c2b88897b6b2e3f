/** A signal that is never aborted, for writes that have to be completed once begun. */
export const neverAborted: AbortSignal = new AbortController().signal;
