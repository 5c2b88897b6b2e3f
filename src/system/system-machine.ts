import { hostname } from 'node:os';
import type { ProcessTable } from './process-table.ts';

/** The machine that a process runs on. To import `node:process` would open all its streams. */
export function systemMachine({ pid, kill }: Pick<NodeJS.Process, 'pid' | 'kill'>): ProcessTable {
  const isRunning = (other: number): boolean => {
    try {
      return kill(other, 0);
    } catch (error) {
      // It is there, and belongs to somebody else.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  };
  return { host: hostname(), pid, isRunning };
}
