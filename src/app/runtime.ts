import type { ReportBug } from '../core/model/errors.ts';
import type { Masker } from '../core/model/secret.ts';
import type { Clock } from '../core/util/clock.ts';
import type { Fetch, RequestLog } from '../http/client.ts';
import type { ProcessTable } from '../system/process-table.ts';

/** The world around a run: everything that isn't an argument. */
export interface Runtime {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: (limit: number) => Promise<Buffer>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Asks whoever is at the terminal; absent where nobody is. */
  readonly ask?: (question: string) => Promise<string>;
  /** Replaces the network, in tests. */
  readonly fetch?: Fetch;
  /** Learns every credential and secret of the run. */
  readonly masker: Masker;
  readonly logRequest: (entry: RequestLog) => void;
  /** Is told where a service asks to be left alone for a while. */
  readonly onRateLimit: (service: string, seconds: number) => void;
  readonly debug: (message: string) => void;
  /** Shows a line to people who watch. */
  readonly note: (text: string) => void;
  /** Writes a line to stderr as it is, unmasked. */
  readonly writeLine: (line: string) => void;
  readonly machine: ProcessTable;
  /** Aborted when the run is to end; absent where nothing interrupts it. */
  readonly interrupt?: AbortSignal;
}

/** Returns what logs the stack of an unforeseen exception. */
export function bugReporter({ debug }: Pick<Runtime, 'debug'>): ReportBug {
  return (error) => debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** What a manifest may reach beyond its folder and the service's own host. */
export interface Permissions {
  readonly allowHosts: readonly string[];
  readonly allowFileReferences: readonly string[];
  readonly allowSinkDirs: readonly string[];
  readonly allowInsecureHttp: boolean;
}

/** How the network is used. */
export interface NetworkOptions {
  /** Requests under way at once, a host. */
  readonly parallelism: number;
  /** For one request. */
  readonly timeoutSeconds: number;
  /** The longest wait that a service may ask for. */
  readonly maxWaitSeconds: number;
  /** Once aborted, no request is tried again. */
  readonly noRetry: AbortSignal;
}
