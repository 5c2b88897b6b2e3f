import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator } from '../../src/emulator/index.ts';
import { serve } from '../../src/emulator/serve.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import type { Finished } from '../support/cli.ts';
import { inThisProcess } from './program.ts';
import { copyOf, type Generation, generationsOf } from './services.ts';

/** The state at one time, which a run that is killed then leaves behind. */
export interface StateCapture {
  /** A copy of the folder. */
  readonly folder: string;
  readonly services: Emulator;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly writes: readonly Write[];
}

/** A request that creates or deletes a token, and the state when it arrived. */
export interface Write {
  readonly method: string;
  /** The end of its path; for a delete, the ID. */
  readonly target: string;
  readonly live: readonly Generation[];
  /** The secrets of the sinks, by file. */
  readonly held: ReadonlyMap<string, string>;
}

/**
 * A folder, and services at an address that never changes, as the ledger knows tokens by it too. What has been here can
 * be put back, and everybody's clock with it.
 */
export interface Sandbox {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  now(): number;
  pass(seconds: number): void;
  live(): readonly Generation[];
  /** Returns the creates and deletes since the last restore or `forgetWrites`. */
  writes(): readonly Write[];
  forgetWrites(): void;
  /** Forwards a request to the services, for interceptors. */
  respond(request: Request): Promise<Response>;
  /** Puts a handler between the services and the run. */
  intercept(service: Emulator['fetch']): void;
  /** Runs the source in this process, where it is never killed. */
  run(args: readonly string[]): Promise<Finished>;
  /** A copy of the services as they are now. */
  servicesNow(): Emulator;
  restore(capture: StateCapture): Promise<void>;
  close(): Promise<void>;
}

const options = ['--parallelism', '1', '--timeout', '10', '--grace', '1'];

/** Returns the command line of a run. */
export function commandLine(args: readonly string[]): readonly string[] {
  return [...args, ...options];
}

/**
 * Opens a sandbox.
 *
 * @param sinks the files that secrets go to
 * @param services makes those that are there at first
 */
export async function openSandbox(
  sinks: readonly string[],
  services: (now: () => number) => Emulator,
): Promise<Sandbox> {
  let ahead = startOfMinute() - Date.now();
  const now = (): number => Date.now() + ahead;
  let emulator = services(now);
  let writes: readonly Write[] = [];
  const respond = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (/\/(robots|(access-)?tokens)(\/|$)/.test(pathname) && ['POST', 'DELETE'].includes(request.method)) {
      const target = pathname.split('/').at(-1) ?? '';
      const live = generationsOf(emulator);
      writes = [...writes, { method: request.method, target, live, held: await heldIn(folder, sinks) }];
    }
    return emulator.fetch(request);
  };
  let service: Emulator['fetch'] = respond;
  const served = await serve({ fetch: (request) => service(request) }, { port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-sandbox-'));
  const env = {
    IONOS_API_URL: served.url,
    IONOS_TOKEN: 'emulator',
    DOCKER_HUB_API_URL: served.url,
    DOCKER_HUB_USERNAME: 'emulator',
    DOCKER_HUB_PASSWORD: 'emulator',
    HARBOR_URL: served.url,
    HARBOR_USERNAME: 'emulator',
    HARBOR_PASSWORD: 'emulator',
  };

  return {
    folder,
    env,
    now,
    respond,
    pass(seconds) {
      ahead += seconds * 1000;
    },
    live: () => generationsOf(emulator),
    writes: () => writes,
    forgetWrites() {
      writes = [];
    },
    intercept(other) {
      service = other;
    },
    run: (args) => inThisProcess(commandLine(args), { cwd: folder, env, clock: { ...systemClock, now } }),
    servicesNow: () => copyOf(emulator, now),
    async restore(capture) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      await cp(capture.folder, folder, { recursive: true });
      ahead = capture.at - Date.now();
      emulator = copyOf(capture.services, now);
      writes = capture.writes;
      service = respond;
    },
    async close() {
      await served.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Returns a time a few seconds after the full minute, so that the next steps are in the same minute. */
function startOfMinute(): number {
  return Math.ceil(Date.now() / 60_000) * 60_000 + 5_000;
}

async function heldIn(folder: string, files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8').catch(() => undefined);
    if (text !== undefined) held.set(file, file.endsWith('.json') ? JSON.parse(text).password : text);
  }
  return held;
}
