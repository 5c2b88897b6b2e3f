import { readdir, readFile } from 'node:fs/promises';
import { kill, platform } from 'node:process';
import { finished } from '../support/cli.ts';

/** Kills a process and all that it started, in any process group: a machine that vanishes lets no child finish. */
export async function killTree(root: number): Promise<void> {
  const stopped = new Set<number>();
  // A process that is stopped starts no other, so this comes to an end.
  for (let found: readonly number[] = [root]; found.length > 0; ) {
    for (const pid of found) {
      send(pid, 'SIGSTOP');
      stopped.add(pid);
    }
    const parents = platform === 'linux' ? await parentsInProc() : await parentsByPs();
    found = parents.filter(([pid, parent]) => stopped.has(parent) && !stopped.has(pid)).map(([pid]) => pid);
  }
  for (const pid of stopped) send(pid, 'SIGKILL');
}

/** A process and its parent. */
type Parent = readonly [pid: number, parent: number];

/** Returns the parent of each process. `ps` isn't part of every container. */
async function parentsInProc(): Promise<readonly Parent[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid): Promise<Parent> => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it has just ended
      // The name, in parentheses, may hold anything; the state and the parent follow.
      const [, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return [Number(pid), Number(parent)];
    }),
  );
}

async function parentsByPs(): Promise<readonly Parent[]> {
  const { stdout } = await finished('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { cwd: '/' });
  return stdout.split('\n').map((line): Parent => {
    const [pid, parent] = line.trim().split(/\s+/);
    return [Number(pid), Number(parent)];
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}
