/**
 * Work that those who ask for it at about the same time share. What one gets was begun after asking: whoever comes while
 * it is under way gets the next.
 */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= running.then(() => {
      const begun = work();
      running = begun.catch(() => undefined);
      next = undefined;
      return begun;
    });
    return next;
  };
}

/** Work that is done once for each key, and its outcome remembered. */
export function memoizeAsync<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const done = known.get(key) ?? work(key);
    known.set(key, done);
    return done;
  };
}

/** As `sharing`, for work on many things. Remembers only what is under way. */
export function singleFlightByKey<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, { readonly ask: () => Promise<T>; asking: number }>();
  return async (key) => {
    const shared = known.get(key) ?? { ask: singleFlight(() => work(key)), asking: 0 };
    known.set(key, shared);
    shared.asking += 1;
    try {
      return await shared.ask();
    } finally {
      shared.asking -= 1;
      if (shared.asking === 0) known.delete(key);
    }
  };
}
