import { randomUUID } from 'node:crypto';
import { link, open, readFile, readlink, rename, rm } from 'node:fs/promises';
import { ReconcileError } from '../../../core/model/errors.ts';
import { isObject, type Json, parseJson } from '../../../core/util/json.ts';
import type { ProcessTable } from '../../../system/process-table.ts';
import { readFileIfExists } from '../../../system/read-file.ts';
import { withStateErrors } from '../state-error.ts';

/** The identity of a process. It differs from that of a later process with the same number, and after a restart. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Changes when the machine is restarted; empty if the system doesn't show it. */
  readonly boot: string;
  /** The start of the process in the system's units; empty if the system doesn't show it. */
  readonly started: string;
  /** The namespace of its number; empty if the system has none. */
  readonly namespace: string;
}

/** The clock and the events of a wait for a lock. */
export interface LockWaitOptions {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
  /** Called once with the owner that is waited for. */
  readonly onWait?: (owner: string) => void;
}

const pollMilliseconds = 100;
const maxImmediateRetries = 100;

/**
 * Acquires a lock, a file that names its owner. A lock whose owner is gone is taken over. Returns the function that releases
 * it. Throws `LOCKED` if the owner is alive, or not surely gone, when the time is over.
 */
export function acquireLock(
  path: string,
  machine: ProcessTable,
  options: LockWaitOptions,
): Promise<() => Promise<void>> {
  return withStateErrors(path, () => take(path, machine, options));
}

/** Returns the owner of a lock, as messages name it; `undefined` if there is no lock. */
export async function lockOwner(path: string): Promise<string | undefined> {
  const text = await withStateErrors(path, () => readFileIfExists(path));
  return text === undefined ? undefined : nameOf(ownerOf(text));
}

/** Removes a lock of this owner, whether it is alive or not. Returns false if the lock has another owner, or is gone. */
export async function breakLock(path: string, owner: string): Promise<boolean> {
  if ((await lockOwner(path)) !== owner) return false;
  await withStateErrors(path, async () => {
    await rm(`${path}.takeover`, { force: true });
    await rm(path, { force: true });
  });
  return true;
}

async function take(
  path: string,
  machine: ProcessTable,
  options: LockWaitOptions,
): Promise<() => Promise<void>> {
  const { now, sleep, timeoutMilliseconds, signal } = options;
  const token = randomUUID();
  const self = await identify(machine);
  const mine = `${JSON.stringify({ ...self, token })}\n`;
  const end = now() + timeoutMilliseconds;
  let hurried = 0;
  let reported = false;
  for (;;) {
    signal.throwIfAborted();
    if (await place(path, mine, token)) {
      return () =>
        withStateErrors(path, async () => {
          if ((await readFileIfExists(path)) === mine) await rm(path, { force: true });
        });
    }
    const text = await readFileIfExists(path);
    const owner = text === undefined ? undefined : ownerOf(text);
    const dead = text !== undefined && owner !== undefined && (await isGone(owner, self, machine));
    if (dead) await breakStaleLock(path, text, { mine, token, self, machine });
    // The lock was released or removed in between, so try again at once. Limited, as a dangling link stays.
    hurried += 1;
    if ((dead || text === undefined) && hurried < maxImmediateRetries) continue;
    const left = end - now();
    if (left <= 0) throw held(path, owner);
    if (!reported) options.onWait?.(nameOf(owner));
    reported = true;
    await sleep(Math.min(pollMilliseconds, left), signal);
  }
}

/** Writes the lock file with its content, or not at all. */
async function place(path: string, content: string, token: string): Promise<boolean> {
  const temporary = `${path}.${token}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync(); // after a power cut the lock must still name its owner
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

interface Taker {
  readonly mine: string;
  readonly token: string;
  readonly self: ProcessIdentity;
  readonly machine: ProcessTable;
}

/**
 * Removes a dead owner's lock. One run at a time does so, under a lock of its own: otherwise the second would remove the
 * lock that the first has acquired meanwhile.
 */
async function breakStaleLock(
  path: string,
  dead: string,
  { mine, token, self, machine }: Taker,
): Promise<void> {
  const guard = `${path}.takeover`;
  if (await place(guard, mine, token)) {
    try {
      if ((await readFileIfExists(path)) === dead) await rm(path, { force: true });
    } finally {
      await rm(guard, { force: true });
    }
    return;
  }
  const text = await readFileIfExists(guard);
  const owner = text === undefined ? undefined : ownerOf(text);
  if (text !== undefined && owner && (await isGone(owner, self, machine)))
    await removeStaleGuard(guard, text, token);
}

/** Moves a dead owner's file away. Another process may have put its own there, which is then put back. */
async function removeStaleGuard(path: string, dead: string, token: string): Promise<void> {
  const deadPath = `${path}.${token}.dead`;
  try {
    await rename(path, deadPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFileIfExists(deadPath)) !== dead) await link(deadPath, path).catch(() => undefined);
  await rm(deadPath, { force: true });
}

async function identify({ host, pid }: ProcessTable): Promise<ProcessIdentity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return { host, pid, boot: boot.trim(), started: await startOf(pid), namespace };
}

/** Returns when a process was started, in ticks since boot; empty if there is no such process, or no /proc. */
async function startOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets, and may hold anything. The start is the 22nd field.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/**
 * Tells whether the owner of a lock is gone. For another machine or another container that is unknown, so it returns false.
 */
async function isGone(
  owner: ProcessIdentity,
  self: ProcessIdentity,
  machine: ProcessTable,
): Promise<boolean> {
  if (owner.host !== self.host) return false;
  if (owner.boot !== self.boot) return true;
  if (owner.namespace !== self.namespace) return false;
  return !machine.isRunning(owner.pid) || (await startOf(owner.pid)) !== owner.started;
}

function ownerOf(text: string): ProcessIdentity | undefined {
  const value: Json | undefined = parseJson(text);
  if (!isObject(value)) return undefined;
  const { host, pid, boot, started, namespace } = value;
  if (typeof host !== 'string' || typeof pid !== 'number') return undefined;
  const textOf = (member: Json | undefined): string => (typeof member === 'string' ? member : '');
  return { host, pid, boot: textOf(boot), started: textOf(started), namespace: textOf(namespace) };
}

function nameOf(owner: ProcessIdentity | undefined): string {
  return owner ? `process ${owner.pid} on ${owner.host}` : 'an unknown process';
}

function held(path: string, owner: ProcessIdentity | undefined): ReconcileError {
  return new ReconcileError({
    code: 'LOCKED',
    message: `another run is using this state directory: ${nameOf(owner)} holds ${path}`,
    hint: 'wait for that run, or pass --lock-timeout SECONDS to wait in this one; if that run has certainly ended, run reconcile state unlock',
  });
}
