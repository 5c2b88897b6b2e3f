/**
 * Creates a function that shares its work among concurrent callers. Each caller gets work that was begun after its call, so
 * callers during a run share the next run.
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

/** Creates a function that does its work once for each key, and remembers the outcome. */
export function memoizeAsync<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const done = known.get(key) ?? work(key);
    known.set(key, done);
    return done;
  };
}

/** Creates a function like `singleFlight`, with separate work for each key. Remembers only work in progress. */
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
