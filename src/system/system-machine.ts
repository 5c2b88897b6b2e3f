import { hostname } from 'node:os';
import type { ProcessTable } from './process-table.ts';

/** Creates the process table of this machine. Importing `node:process` would open all its streams. */
export function systemMachine({ pid, kill }: Pick<NodeJS.Process, 'pid' | 'kill'>): ProcessTable {
  const isRunning = (other: number): boolean => {
    try {
      return kill(other, 0);
    } catch (error) {
      // The process exists, and belongs to another user.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  };
  return { host: hostname(), pid, isRunning };
}
