import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { ReconcileError } from '../core/errors.ts';
import { isObject, type Json, parseJson } from '../core/json.ts';
import { onState } from './failure.ts';
import { readIfThere } from './files.ts';

/** A process, told apart from all others: also from a later one of the same number, and after a restart. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Changes when the machine is started; empty where the system doesn't tell. */
  readonly boot: string;
  /** When the process was started, as the system counts; empty where it doesn't tell. */
  readonly started: string;
}

/** What the lock needs to know of the machine. */
export interface LockMachine {
  readonly host: string;
  readonly pid: number;
  /** Whether a process of this number is there. */
  readonly isRunning: (pid: number) => boolean;
}

/** How a lock is waited for. */
export interface LockPatience {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
}

const pollMilliseconds = 100;

/**
 * Takes a lock: a file that names its owner. One whose owner is gone is taken over. Gives the way to release it.
 * Throws `USAGE` where the owner is alive, or can't be told to be gone, when the time is over.
 */
export function takeLock(
  path: string,
  machine: LockMachine,
  patience: LockPatience,
): Promise<() => Promise<void>> {
  return onState(path, () => take(path, machine, patience));
}

async function take(
  path: string,
  machine: LockMachine,
  patience: LockPatience,
): Promise<() => Promise<void>> {
  const { now, sleep, timeoutMilliseconds, signal } = patience;
  const token = randomUUID();
  const self = await identify(machine);
  const mine = `${JSON.stringify({ ...self, token })}\n`;
  const end = now() + timeoutMilliseconds;
  for (;;) {
    if (await place(path, mine, token)) {
      return () =>
        onState(path, async () => {
          if ((await readIfThere(path)) === mine) await rm(path, { force: true });
        });
    }
    const text = await readIfThere(path);
    if (text === undefined) continue; // released in between
    const owner = ownerOf(text);
    if (owner && (await isGone(owner, self, machine))) {
      await takeAway(path, text, token);
      continue;
    }
    const left = end - now();
    if (left <= 0) throw held(path, owner);
    await sleep(Math.min(pollMilliseconds, left), signal);
  }
}

/** Puts the lock down with all that is in it, or not at all. */
async function place(path: string, content: string, token: string): Promise<boolean> {
  const temporary = `${path}.${token}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync(); // a power cut must not leave a lock that names nobody
    } finally {
      await file.close();
    }
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes a dead owner's lock. Another run may have done so before, and hold it now: then it gets it back. */
async function takeAway(path: string, dead: string, token: string): Promise<void> {
  const aside = `${path}.${token}.dead`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readIfThere(aside)) !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function identify({ host, pid }: LockMachine): Promise<ProcessIdentity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return { host, pid, boot: boot.trim(), started: await startOf(pid) };
}

/** When a process was started, in ticks since boot; empty where there is no such process, or no /proc. */
async function startOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets, and may hold anything; the start is the 22nd.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Of another machine nothing can be told. */
async function isGone(owner: ProcessIdentity, self: ProcessIdentity, machine: LockMachine): Promise<boolean> {
  if (owner.host !== self.host) return false;
  if (owner.boot !== self.boot) return true;
  return !machine.isRunning(owner.pid) || (await startOf(owner.pid)) !== owner.started;
}

function ownerOf(text: string): ProcessIdentity | undefined {
  const value: Json | undefined = parseJson(text);
  if (!isObject(value)) return undefined;
  const { host, pid, boot, started } = value;
  if (typeof host !== 'string' || typeof pid !== 'number') return undefined;
  return { host, pid, boot: String(boot ?? ''), started: String(started ?? '') };
}

function held(path: string, owner: ProcessIdentity | undefined): ReconcileError {
  const who = owner ? `process ${owner.pid} on ${owner.host}` : 'somebody who left no name';
  return new ReconcileError({
    code: 'LOCKED',
    message: `another run is at work on this state directory: ${who} holds ${path}`,
    hint: 'wait for it, or let this run wait with --lock-timeout SECONDS; if it is surely over, delete that file',
  });
}
