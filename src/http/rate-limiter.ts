import pLimit from 'p-limit';
import type { Clock } from '../core/util/clock.ts';

/** Lets requests to one host through, as many and as fast as it takes. */
export interface RateLimiter {
  /**
   * Does a try in its turn. Rejects with the signal's reason if that comes before.
   *
   * @param hurry once aborted, a pause is not waited for: rejects with its reason
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>, hurry?: AbortSignal): Promise<T>;
  /** Waits until the host may be asked again. Rejects with the signal's reason if that comes before. */
  open(signal: AbortSignal): Promise<void>;
  /** A request was answered, and had not come too soon. */
  onAccepted(): void;
  /** A request that was sent then (milliseconds since 1970) came too soon: 429. */
  refused(sentAt: number): void;
  /** Holds all requests back for so many milliseconds. */
  pause(milliseconds: number): void;
}

/** How a gate is set up. */
export interface GateOptions {
  /** So many requests under way at once at most. */
  readonly parallelism: number;
  readonly clock: Clock;
  /** Is told of each pause, in milliseconds. */
  readonly paused?: (milliseconds: number) => void;
}

/** What is known of a host's pace counts for this long, in milliseconds. */
const memory = 1000;
/** A host that refused is asked so much less often than it has taken lately. */
const slowdown = 0.9;
/** So much faster a second as long as it refuses nothing: far below what it has taken before, and near to that. */
const speedups = { far: 0.1, near: 0.01 } as const;
/** What it has taken before counts for so much less each second. */
const forgetting = 0.01;
/** No slower than this, in requests a second: what is slower still says for how long to wait. */
const slowest = 5;

/**
 * A gate that learns. At a 429 it sets its pace by what the host has taken in the second before, and halves the
 * parallelism; while nothing is refused both go up again, slowly once they are near to what was taken before. Requests
 * that were on their way when it slowed down say nothing new, and neither do those after a pause, when there was no
 * pace to speak of.
 */
export function createGate({ parallelism, clock, paused = () => undefined }: GateOptions): RateLimiter {
  const limit = pLimit(parallelism);
  let taken: number[] = [];
  let pausedUntil = 0;
  /** Requests a second; unlimited until the host has refused one. */
  let pace: number | undefined;
  /** The most that it has taken in a second, by and by forgotten. */
  let best = 0;
  let nextAt = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  let raisedAt = 0;

  /** Waits for the end of a pause. */
  async function open(signal: AbortSignal): Promise<void> {
    while (pausedUntil > clock.now()) {
      const until = pausedUntil;
      await clock.sleep(until - clock.now(), signal);
      // Over is over, whatever the clock says: somebody may have set it back.
      if (pausedUntil === until) pausedUntil = 0;
    }
  }

  /** Waits for the end of a pause, then for a place in the pace; a pause that comes meanwhile counts as well. */
  async function clear(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    for (;;) {
      await open(hurry);
      if (pace === undefined) return;
      const now = clock.now();
      const at = Math.max(now, nextAt);
      nextAt = at + 1000 / pace;
      if (at <= now) return;
      await clock.sleep(at - now, signal);
      if (pausedUntil <= clock.now()) return;
    }
  }

  /** What the host has taken in the last second. */
  const lately = (now: number): number => taken.filter((at) => at > now - memory).length * (1000 / memory);

  return {
    run: (signal, work, hurry) =>
      limit(async () => {
        signal.throwIfAborted();
        await clear(signal, hurry ? AbortSignal.any([signal, hurry]) : signal);
        return work();
      }),

    open,

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

    refused(sentAt) {
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
      const until = clock.now() + milliseconds;
      if (until <= pausedUntil) return;
      pausedUntil = until;
      paused(milliseconds);
    },
  };
}
