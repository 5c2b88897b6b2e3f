/** A clock that stands still while anything is going on, and then jumps to what comes next. */
export interface VirtualClock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Does something later. */
  after(milliseconds: number, act: () => void): void;
  /** Lets everything run that can without time passing; then time jumps, until `done` says so. */
  run(done: () => boolean): Promise<void>;
  /** Lets so much time pass. */
  pass(milliseconds: number): Promise<void>;
}

const maxJumps = 100_000;

interface Timer {
  readonly at: number;
  readonly number: number;
  readonly act: () => void;
}

/** A clock of its own. Timers of one time go off in the order in which they were set. */
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

/** Resolves when all promises that can go on have done so: nothing here waits for the real world. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
