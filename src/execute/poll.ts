import type { Clock } from '../core/util/clock.ts';

/** How long to wait, and by whose clock. */
export interface PollOptions {
  readonly clock: Clock;
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
  /** Is told that the first answer was not enough. */
  readonly waits: () => void;
}

const firstWait = 250;
const longestWait = 5_000;
/** A question that is asked at the end of the time may be answered this much later. */
const lastAnswer = 5_000;

/**
 * Asks again and again, with growing pauses, until the answer is there; `undefined` once the time is over. The
 * first question is asked at once, the last one at the end of the time.
 *
 * @param ask is given a signal that ends it with the time, for those to whom no answer is as good as nothing there
 */
export async function poll<T>(
  ask: (signal: AbortSignal) => Promise<T | undefined>,
  patience: PollOptions,
): Promise<T | undefined> {
  const { clock, timeoutMilliseconds, signal } = patience;
  const end = clock.now() + timeoutMilliseconds;
  const over = new AbortController();
  const answered = new AbortController();
  clock.sleep(timeoutMilliseconds + lastAnswer, answered.signal).then(
    () => over.abort(),
    () => undefined,
  );
  try {
    for (let wait = firstWait; ; wait = Math.min(wait * 1.6, longestWait)) {
      const answer = await ask(over.signal);
      if (answer !== undefined) return answer;
      const left = end - clock.now();
      if (left <= 0) return undefined;
      if (wait === firstWait) patience.waits();
      await clock.sleep(Math.min(wait, left), signal);
    }
  } catch (error) {
    if (over.signal.aborted && error === over.signal.reason) return undefined;
    throw error;
  } finally {
    answered.abort();
  }
}
