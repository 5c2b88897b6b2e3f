/** A scheduler of requests that take effect after their connection was dropped. */
export interface DelayedCommits {
  /** Carries this out once the delay is over. */
  later(act: () => Promise<unknown>): void;
  /** Resolves when all whose delay is over have taken effect. */
  caughtUp(): Promise<void>;
  /** Resolves when nothing is left to take effect. */
  settled(): Promise<void>;
}

/**
 * Creates a scheduler.
 *
 * @param delay time until an effect, in milliseconds
 */
export function createDelayedCommits(
  delay: number,
  sleep: (milliseconds: number) => Promise<void>,
): DelayedCommits {
  const all = new Set<Promise<unknown>>();
  const awake = new Set<Promise<unknown>>();

  const during = async (set: Set<Promise<unknown>>, work: Promise<unknown>): Promise<void> => {
    set.add(work);
    try {
      await work;
    } finally {
      set.delete(work);
    }
  };
  const emptied = async (set: ReadonlySet<Promise<unknown>>): Promise<void> => {
    while (set.size > 0) await Promise.all(set);
  };

  return {
    later: (act) => {
      void during(
        all,
        sleep(delay).then(() => during(awake, act())),
      );
    },
    caughtUp: () => emptied(awake),
    settled: () => emptied(all),
  };
}
