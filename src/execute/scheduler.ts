import pLimit, { type LimitFunction } from 'p-limit';

/** A queue of a run: requests, creates with their writes to disk, or confirmations of new tokens. */
export type Lane = 'requests' | 'creates' | 'confirmations';

/**
 * Creates in flight per request slot. While one waits for fsync before or after its request, others use the connection.
 */
const createsPerRequest = 4;

/** A scheduler of the work of a run. It limits how much runs at the same time in each lane. */
export class Scheduler {
  readonly #lanes: Readonly<Record<Lane, LimitFunction>>;

  /**
   * @param parallelism the maximum number of concurrent requests. With 1, all lanes share one slot.
   * @param recordsTogether true if the attempts of all creates are best recorded at once, before the first request
   */
  constructor(parallelism: number, recordsTogether = false) {
    const requests = pLimit(parallelism);
    const isSerial = parallelism === 1;
    this.#lanes = {
      requests,
      creates: isSerial
        ? requests
        : pLimit(recordsTogether ? Number.POSITIVE_INFINITY : parallelism * createsPerRequest),
      // All created tokens are confirmed together, so that the ledger is written once.
      confirmations: isSerial ? requests : pLimit(Number.POSITIVE_INFINITY),
    };
  }

  /** Runs a task as soon as its lane has a free slot. */
  run<T>(lane: Lane, task: () => Promise<T> | T): Promise<T> {
    return this.#lanes[lane](task);
  }
}
