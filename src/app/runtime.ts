import type { ReportBug } from '../core/model/errors.ts';
import type { Masker } from '../core/model/secret.ts';
import type { Clock } from '../core/util/clock.ts';
import type { Branch } from '../custody/state/git/branch.ts';
import type { BranchOptions } from '../custody/state/git/open-repository.ts';
import type { Fetch, RequestLog } from '../http/client.ts';
import type { ProcessTable } from '../system/process-table.ts';

/** The environment of a run: everything that isn't an argument. */
export interface Runtime {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: (limit: number) => Promise<Buffer>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Asks the user at the terminal; absent if there is none. */
  readonly ask?: (question: string) => Promise<string>;
  /** Replaces the network, in tests. */
  readonly fetch?: Fetch;
  /** Replaces the program `git`, in tests. */
  readonly openBranch?: (options: BranchOptions) => Promise<Branch>;
  /** Registry of every credential and secret of the run. */
  readonly masker: Masker;
  readonly logRequest: (entry: RequestLog) => void;
  /** Reports that a service asks for a pause. */
  readonly onRateLimit: (service: string, seconds: number) => void;
  readonly debug: (message: string) => void;
  /** Shows a line to people who watch. */
  readonly note: (text: string) => void;
  /** Writes a line to stderr as it is, unmasked. */
  readonly writeLine: (line: string) => void;
  readonly machine: ProcessTable;
  /** Aborted when the run must end; absent if nothing interrupts it. */
  readonly interrupt?: AbortSignal;
}

/** Returns a logger for the stack of an unforeseen exception. */
export function bugReporter({ debug }: Pick<Runtime, 'debug'>): ReportBug {
  return (error) => debug(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** Permissions of a manifest beyond its folder and the service's own host. */
export interface Permissions {
  readonly allowHosts: readonly string[];
  readonly allowFileReferences: readonly string[];
  readonly allowSinkDirs: readonly string[];
  readonly allowInsecureHttp: boolean;
}

/** Limits of the requests of a run. */
export interface NetworkOptions {
  /** Maximum number of concurrent requests per host. */
  readonly parallelism: number;
  /** Timeout of one request. */
  readonly timeoutSeconds: number;
  /** The longest wait that a service may ask for. */
  readonly maxWaitSeconds: number;
  /** Once aborted, no request is retried. */
  readonly noRetry: AbortSignal;
}
