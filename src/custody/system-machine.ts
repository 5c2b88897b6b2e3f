import { hostname } from 'node:os';
import { kill, pid } from 'node:process';
import type { LockMachine } from './lock.ts';

/** This machine, and this process. */
export const systemMachine: LockMachine = { host: hostname(), pid, isRunning };

function isRunning(other: number): boolean {
  try {
    kill(other, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
