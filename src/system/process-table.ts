/** The processes of the machine, as the lock needs them. */
export interface ProcessTable {
  readonly host: string;
  readonly pid: number;
  /** Tells whether a process with this ID exists. */
  readonly isRunning: (pid: number) => boolean;
}
