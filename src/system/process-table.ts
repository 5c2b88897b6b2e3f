/** What the lock needs to know of the machine. */
export interface ProcessTable {
  readonly host: string;
  readonly pid: number;
  /** Whether a process of this number is there. */
  readonly isRunning: (pid: number) => boolean;
}
