import type { ChildProcess } from 'node:child_process';
import { platform } from 'node:os';
import { kill } from 'node:process';

/** Kills a program that was started detached, with all processes of its group; on Windows the program alone. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (platform() === 'win32') child.kill('SIGKILL');
    else kill(-child.pid, 'SIGKILL');
  } catch {
    // The process has just ended by itself.
  }
}
