import pLimit from 'p-limit';
import type { Clock } from '../core/util/clock.ts';

/** A limiter for the number and the rate of requests to one host. */
export interface RateLimiter {
  /**
   * Runs a try in its turn. Rejects with the signal's reason if that comes first.
   * @param noRetry once aborted, rejects with its reason instead of waiting for a pause
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>, noRetry?: AbortSignal): Promise<T>;
  /** Waits until requests to the host are allowed again. Rejects with the signal's reason if that comes first. */
  waitUntilOpen(signal: AbortSignal): Promise<void>;
  /** Reports a response to a request that was not rate limited. */
  onAccepted(): void;
  /** Reports a 429 to a request that was sent at this time (milliseconds since 1970). */
  onThrottled(sentAt: number): void;
  /** Holds all requests back for this many milliseconds. */
  pause(milliseconds: number): void;
}

/** The options of a rate limiter. */
export interface RateLimiterOptions {
  /** Maximum number of concurrent requests. */
  readonly parallelism: number;
  readonly clock: Clock;
  /** Called for each pause, with its milliseconds; not again if it is slightly longer. */
  readonly paused?: (milliseconds: number) => void;
}

/** Window in which the host's rate is measured, in milliseconds. */
const memory = 1000;
/** Factor from the accepted rate to the new rate after a 429. */
const slowdown = 0.9;
/** Rate increase per second without throttling: fast far below the best observed rate, slow near it. */
const speedups = { far: 0.1, near: 0.01 } as const;
/** Share of the best observed rate that is forgotten each second. */
const forgetting = 0.01;
/** Precision of the times that servers send, in milliseconds. */
const clockPrecisionMs = 1000;
/** Minimum rate in requests per second. A host that needs a lower rate sends the time to wait. */
const slowest = 5;

/**
 * Creates an adaptive rate limiter. A 429 sets the rate just below that accepted in the second before, and halves the
 * parallelism. Without throttling both rise again, slowly once they are near the best observed rate. A 429 to a request that
 * was already in flight when the rate was lowered carries no new information. Neither does one after a pause, when there was
 * no rate to measure.
 */
export function createRateLimiter({
  parallelism,
  clock,
  paused = () => undefined,
}: RateLimiterOptions): RateLimiter {
  const limit = pLimit(parallelism);
  let taken: number[] = [];
  let pausedUntil = 0;
  /** Requests per second; unlimited until the first 429. */
  let pace: number | undefined;
  /** The best observed rate, forgotten gradually. */
  let best = 0;
  let nextAt = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  let raisedAt = 0;

  /** Waits for the end of a pause. */
  async function waitUntilOpen(signal: AbortSignal): Promise<void> {
    while (pausedUntil > clock.now()) {
      const until = pausedUntil;
      await clock.sleep(until - clock.now(), signal);
      // A finished wait ends the pause even if the clock was set back meanwhile.
      if (pausedUntil === until) pausedUntil = 0;
    }
  }

  /** Waits for the end of a pause, then for a turn at the current rate. A pause that begins meanwhile counts as well. */
  async function clear(signal: AbortSignal, noRetry: AbortSignal): Promise<void> {
    for (;;) {
      await waitUntilOpen(noRetry);
      if (pace === undefined) return;
      const now = clock.now();
      const at = Math.max(now, nextAt);
      nextAt = at + 1000 / pace;
      if (at <= now) return;
      await clock.sleep(at - now, signal);
      if (pausedUntil <= clock.now()) return;
    }
  }

  /** Returns the rate of requests that the host has accepted in the last second. */
  const lately = (now: number): number => taken.filter((at) => at > now - memory).length * (1000 / memory);

  return {
    run: (signal, work, noRetry) =>
      limit(async () => {
        signal.throwIfAborted();
        await clear(signal, noRetry ? AbortSignal.any([signal, noRetry]) : signal);
        return work();
      }),

    waitUntilOpen,

    onAccepted() {
      const now = clock.now();
      taken.push(now);
      if (taken.length > 4096) taken = taken.filter((at) => at > now - memory);
      if (pace === undefined || now - raisedAt < memory) return;
      raisedAt = now;
      best = Math.max(best * (1 - forgetting), lately(now));
      pace *= 1 + (pace < slowdown * best ? speedups.far : speedups.near);
      limit.concurrency = Math.min(parallelism, limit.concurrency + 1);
    },

    onThrottled(sentAt) {
      const now = clock.now();
      if (sentAt <= slowedAt || now - slowedAt < memory) return;
      slowedAt = now;
      raisedAt = now;
      const rate = lately(now);
      best = Math.max(best, rate);
      limit.concurrency = Math.max(1, Math.ceil(limit.concurrency / 2));
      if (rate < (pace === undefined ? slowest : pace / 2)) return;
      pace = Math.max(slowest, slowdown * Math.min(pace ?? Number.POSITIVE_INFINITY, rate));
    },

    pause(milliseconds) {
      const now = clock.now();
      const until = now + milliseconds;
      if (until <= pausedUntil) return;
      // Concurrent responses name the same time, give or take the precision of the server's clock.
      const isKnown = pausedUntil > now && until - pausedUntil <= clockPrecisionMs;
      pausedUntil = until;
      if (!isKnown) paused(milliseconds);
    },
  };
}
