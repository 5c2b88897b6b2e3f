/** A clock that stands still while anything runs, and then jumps to the next timer. */
export interface VirtualClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** The same as `now`. */
  monotonic(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls a function later. */
  after(milliseconds: number, act: () => void): void;
  /** Runs everything that doesn't wait, then jumps to the next timer, until `done` returns true. */
  run(done: () => boolean): Promise<void>;
  /** Lets this much time pass. */
  pass(milliseconds: number): Promise<void>;
}

const maxJumps = 100_000;

interface Timer {
  readonly at: number;
  readonly number: number;
  readonly act: () => void;
}

/** Creates a virtual clock. Timers of the same time fire in the order in which they were set. */
export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let count = 0;
  const timers = new Set<Timer>();

  const set = (milliseconds: number, act: () => void): Timer => {
    count += 1;
    const timer = { at: now + Math.max(0, milliseconds), number: count, act };
    timers.add(timer);
    return timer;
  };
  const first = (): Timer | undefined => {
    let found: Timer | undefined;
    for (const timer of timers) {
      if (!found || timer.at < found.at || (timer.at === found.at && timer.number < found.number))
        found = timer;
    }
    return found;
  };

  const clock: VirtualClock = {
    now: () => now,
    monotonic: () => now,
    after: (milliseconds, act) => {
      set(milliseconds, act);
    },
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const stop = (): void => {
          timers.delete(timer);
          reject(signal?.reason);
        };
        const timer = set(milliseconds, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      }),
    run: async (done) => {
      for (let jumps = 0; ; jumps += 1) {
        await quiet();
        if (done()) return;
        if (jumps > maxJumps) throw new Error('time goes on and on, and nothing comes of it');
        const timer = first();
        if (!timer) throw new Error('everything waits for something that never comes');
        timers.delete(timer);
        now = timer.at;
        timer.act();
      }
    },
    pass: async (milliseconds) => {
      let over = false;
      set(milliseconds, () => {
        over = true;
      });
      await clock.run(() => over);
    },
  };
  return clock;
}

/** Resolves once no promise can continue, as nothing here waits for real time. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
