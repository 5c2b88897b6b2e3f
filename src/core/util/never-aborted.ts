/** Never aborted: a write that was begun is seen through. */
export const neverAborted: AbortSignal = new AbortController().signal;
