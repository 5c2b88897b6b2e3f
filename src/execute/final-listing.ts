import type { Snapshot } from '../observe/target.ts';

/** One final listing per scope, made once all writes of the scope are sent, and shared by all tokens to look for in it. */
export interface FinalListing {
  /** Reports that a write of the scope has been sent, or won't be. */
  writeFinished(scopeKey: string): void;
  /** Returns the listing of a scope after its last write; `undefined` if it is not available. */
  listing(scopeKey: string, list: () => Promise<Snapshot | undefined>): Promise<Snapshot | undefined>;
}

/** @param expected the number of writes for each scope */
export function createFinalListing(expected: ReadonlyMap<string, number>): FinalListing {
  const rateLimiters = new Map(
    [...expected].map(([scopeKey, left]) => {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      return [scopeKey, { left, opened, open }];
    }),
  );
  const listings = new Map<string, Promise<Snapshot | undefined>>();
  return {
    writeFinished(scopeKey) {
      const rateLimiter = rateLimiters.get(scopeKey);
      if (!rateLimiter) return;
      rateLimiter.left -= 1;
      if (rateLimiter.left === 0) rateLimiter.open();
    },
    listing(scopeKey, list) {
      const known = listings.get(scopeKey);
      if (known) return known;
      const made = (async () => {
        await rateLimiters.get(scopeKey)?.opened;
        return list();
      })();
      listings.set(scopeKey, made);
      return made;
    },
  };
}
