import type { Clock } from '../core/util/clock.ts';

/** The clock and the time limit of a wait. */
export interface PollOptions {
  readonly clock: Clock;
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
  /** Called if the first response was not enough. */
  readonly onWait: () => void;
}

const minWaitMs = 250;
const maxWaitMs = 5_000;
/** Extra time for a request that is sent at the end of the wait. */
const lastResponseMs = 5_000;

/**
 * Repeats a request with growing pauses until it returns a value; `undefined` once the time is over. The first request is
 * sent at once, the last one at the end of the time: a response that was requested earlier says nothing about that moment,
 * even if the process was paused and only reads it afterwards.
 * @param ask gets a signal that aborts at the end of the time, for requests whose missing response may count as absence
 */
export async function poll<T>(
  ask: (signal: AbortSignal) => Promise<T | undefined>,
  options: PollOptions,
): Promise<T | undefined> {
  const { clock, timeoutMilliseconds, signal } = options;
  const end = clock.now() + timeoutMilliseconds;
  for (let wait = minWaitMs; ; wait = Math.min(wait * 1.6, maxWaitMs)) {
    const sentAt = clock.now();
    const response = await askUntil(ask, Math.max(0, end - sentAt) + lastResponseMs, clock);
    if (response !== undefined) return response;
    if (sentAt >= end) return undefined;
    if (wait === minWaitMs) options.onWait();
    await clock.sleep(Math.min(wait, Math.max(0, end - clock.now())), signal);
  }
}

/** Sends a request; `undefined` if its signal was aborted after this time. */
async function askUntil<T>(
  ask: (signal: AbortSignal) => Promise<T | undefined>,
  milliseconds: number,
  clock: Clock,
): Promise<T | undefined> {
  const over = new AbortController();
  const responded = new AbortController();
  clock.sleep(milliseconds, responded.signal).then(
    () => over.abort(),
    () => undefined,
  );
  try {
    return await ask(over.signal);
  } catch (error) {
    if (over.signal.aborted && error === over.signal.reason) return undefined;
    throw error;
  } finally {
    responded.abort();
  }
}
