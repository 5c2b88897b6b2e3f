import type { LockMachine } from '../custody/lock.ts';
import type { Clock } from '../http/clock.ts';

/** A stream that text is written to. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** The process, as far as commands see it. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: {
    readonly isTTY: boolean;
    /** Reads to the end, or a little past so many bytes; rejects with the signal's reason if that comes before. */
    read(limit: number, signal: AbortSignal): Promise<Buffer>;
  };
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Asks a question on stderr; `undefined` where the input ends without an answer. Rejects with the signal's reason if
   * that comes before.
   */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** Aborted by SIGINT and SIGTERM, with a `ReconcileError` as the reason. */
  readonly interrupt: AbortSignal;
  /** 130 or 143 once interrupted by a signal. */
  interruptCode(): number | undefined;
  readonly clock: Clock;
  readonly machine: LockMachine;
  /** The version of Node, as `20.19.0`. */
  readonly node: string;
  /** The folder of the examples that come with the program. */
  readonly examples: string;
}

/** Exit codes: contract §2. */
export const exitCodes = { done: 0, failed: 1, pending: 2, refused: 3, partial: 4 } as const;
