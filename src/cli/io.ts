import type { Clock } from '../core/util/clock.ts';
import type { ProcessTable } from '../system/process-table.ts';

/** A stream that text is written to. Writing never throws: what comes of a failure is the process's to say. */
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
    /** Reads to the end, or a little past so many bytes; rejects with the signal's reason if that comes before. */
    read(limit: number, signal: AbortSignal): Promise<Buffer>;
  };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /**
   * Asks a question on stderr; `undefined` where the input ends without an answer. Rejects with the signal's reason if
   * that comes before.
   */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** Aborted by SIGHUP, SIGINT and SIGTERM, and by a bug, with a `ReconcileError` as the reason. */
  readonly interrupt: AbortSignal;
  /** 129, 130 or 143 once interrupted by a signal. */
  interruptCode(): number | undefined;
  /** Sets what reports an exception that nothing has caught; absent where that is for others to do. */
  readonly onUncaught?: (report: (error: unknown) => void) => void;
  /** Notes that output was lost otherwise than on stdout and stderr: a run in which nothing else failed ends with 4. */
  readonly outputLost?: () => void;
  readonly clock: Clock;
  readonly machine: ProcessTable;
  /** The version of Node, as `20.19.0`. */
  readonly node: string;
  /** The folder of the examples that come with the program. */
  readonly examples: string;
}

/** Exit codes: contract §2. */
export const exitCodes = { done: 0, failed: 1, pending: 2, refused: 3, partial: 4 } as const;
