import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRecorder, type KillPoint, killPointsOf, type Step } from './kill-points.ts';
import { type Ended, start } from './program.ts';
import { generationsOf } from './services.ts';
import { commandLine, type Sandbox, type StateCapture } from './state-capture.ts';

/** Kill points that leave the same state, and that state. */
export interface KillGroup {
  readonly killPoints: readonly [KillPoint, ...KillPoint[]];
  readonly capture: StateCapture;
}

/** A run that is not killed, and the states that kills would have left. */
export interface WatchedRun {
  readonly ended: Ended;
  readonly steps: readonly Step[];
  readonly groups: readonly KillGroup[];
  close(): Promise<void>;
}

const shiftClock = fileURLToPath(new URL('../support/shift-clock.mjs', import.meta.url));

/**
 * Runs the built program in a sandbox, and keeps what a kill would leave at every point of it: of a process that is killed
 * nothing lasts but the folder and what it has asked of the services.
 */
export async function watch(sandbox: Sandbox, program: string, args: readonly string[]): Promise<WatchedRun> {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-remains-'));
  const keep = join(folder, 'kept');
  const traceFile = join(folder, 'trace');
  await writeFile(traceFile, '');
  const recorder = createRecorder(traceFile);
  const then = (name: string): StateCapture => ({
    folder: join(keep, name),
    services: sandbox.servicesNow(),
    at: sandbox.now(),
    writes: sandbox.writes(),
  });

  const atFirst = then('');
  const arrived: StateCapture[] = [];
  const answered: StateCapture[] = [];
  sandbox.intercept(async (request) => {
    recorder.request(request.method, request.url);
    const name = `request ${arrived.length + 1}`;
    arrived.push(then(name));
    await cp(sandbox.folder, join(keep, name), { recursive: true });
    const respond = await sandbox.respond(request);
    answered.push(then(name));
    return respond;
  });
  const env = {
    ...sandbox.env,
    NODE_OPTIONS: `--import ${shiftClock}`,
    RECONCILE_TEST_AHEAD: String((sandbox.now() - Date.now()) / 1000),
  };
  const ended = await start(program, commandLine(args), {
    cwd: sandbox.folder,
    env,
    watch: { traceFile, keep },
  }).ended;
  sandbox.intercept(sandbox.respond);
  await cp(sandbox.folder, join(keep, 'end'), { recursive: true });

  const steps = recorder.steps();
  const at = ({ moment, step, begun }: KillPoint): StateCapture => {
    const requests = steps.slice(0, begun).filter(({ kind }) => kind === 'request').length;
    const last = requests === 0 ? atFirst : answered[requests - 1];
    const kept = step.kind === 'request' && moment === 'before' ? arrived[requests - 1] : last;
    if (!kept) throw new Error(`nothing was kept of request ${requests}`);
    if (moment === 'after') return { ...kept, folder: join(keep, 'end') };
    return step.kind === 'request' ? kept : { ...kept, folder: join(keep, `${moment} ${step.number}`) };
  };
  const groups = new Map<string, KillGroup>();
  for (const killPoint of killPointsOf(steps)) {
    const capture = at(killPoint);
    const key = await fingerprint(capture);
    const known = groups.get(key);
    groups.set(
      key,
      known
        ? { ...known, killPoints: [...known.killPoints, killPoint] }
        : { capture, killPoints: [killPoint] },
    );
  }
  return {
    ended,
    steps,
    groups: [...groups.values()],
    close: () => rm(folder, { recursive: true }),
  };
}

/** The same for the same files and the same tokens. How locks are left behind is the same for all runs, and no matter here. */
async function fingerprint({ folder, services }: StateCapture): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(generationsOf(services)));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .filter(({ path }) => !path.startsWith(join(folder, '.reconcile', 'lock')));
  for (const { entry, path } of paths.sort((one, other) => (one.path < other.path ? -1 : 1))) {
    const { mode } = await stat(path);
    const content = entry.isFile() ? await readFile(path, 'base64') : '';
    hash.update(JSON.stringify([path.slice(folder.length), mode, content]));
  }
  return hash.digest('hex');
}
