import type { Clock } from '../core/util/clock.ts';
import type { ProcessTable } from '../system/process-table.ts';

/** A stream for text. Writing never throws: the process reports failures. */
export interface OutputStream {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** The process, as far as commands see it. */
export interface ProcessIo {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: {
    readonly isTTY: boolean;
    /**
     * Reads to the end, or a little past the limit in bytes; rejects with the signal's reason if it is aborted first.
     */
    read(limit: number, signal: AbortSignal): Promise<Buffer>;
  };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /**
   * Asks a question on stderr; `undefined` if the input ends without an answer. Rejects with the signal's reason if
   * it is aborted first.
   */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** Aborted by SIGHUP, SIGINT and SIGTERM, and by a bug, with a `ReconcileError` as the reason. */
  readonly interrupt: AbortSignal;
  /** Returns 129, 130 or 143 once interrupted by a signal. */
  interruptCode(): number | undefined;
  /** Sets the reporter of uncaught exceptions; absent if the embedder handles them. */
  readonly onUncaught?: (report: (error: unknown) => void) => void;
  /** Notes that output was lost, other than on stdout and stderr: a run in which nothing else failed exits with 4. */
  readonly outputLost?: () => void;
  readonly clock: Clock;
  readonly machine: ProcessTable;
  /** The version of Node, for example `20.19.0`. */
  readonly node: string;
  /** The folder of the examples that come with the program. */
  readonly examples: string;
}

/** Exit codes, see docs/reference/exit-codes.md. */
export const exitCodes = { done: 0, failed: 1, pending: 2, refused: 3, partial: 4 } as const;
