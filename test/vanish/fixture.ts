import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { generateIdentity } from 'age-encryption';
import { ConnectionDropped } from '../../src/emulator/fault.ts';
import { createEmulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import type { Ended } from '../crash/program.ts';
import type { Live } from '../crash/scenario.ts';
import { branchFiles } from '../support/git-remote.ts';
import { createHost, type Host, type RunningOnHost } from './host.ts';
import { send, serveLoopback } from './loopback.ts';
import { createRepository, credentials } from './repository.ts';
import { type Scenario, toSink } from './scenario.ts';
import { createWatch, Interrupted, type KillPoint, type Step, type Watch } from './steps.ts';

/** A service, a repository and a sink that outlive all hosts. */
export interface Fixture {
  /** The folder of the bare repository. */
  readonly remote: string;
  /** The branch of the state. */
  readonly branch: string;
  /** Runs the work of the scenario on a host of its own, which vanishes at a point if given, else at the end. */
  firstRun(killPoint?: KillPoint): Promise<WatchedRun>;
  /** Runs the work of the scenario on a host of its own, while one connection is dropped. */
  firstRunWithDrop(at: KillPoint): Promise<WatchedRun>;
  /** Runs `apply` on another host with a fresh clone, which vanishes at a point if given, else at the end. */
  nextRun(killPoint?: KillPoint): Promise<WatchedRun>;
  /** Runs a command on another host with a fresh clone, which vanishes at the end. */
  runElsewhere(command: readonly string[]): Promise<Ended>;
  live(): readonly Live[];
  others(): readonly Live[];
  /** The secret that was put last into the sink of an address. */
  held(address: string): Held | undefined;
  /** All passwords that the service ever made, the key of the state and the credentials of the repository. */
  secrets(): readonly string[];
  /** The steps that were taken too early: before the branch had what has to be there by then; and leaks on hosts. */
  violations(): readonly string[];
  /** Advances the clocks of the services and of all hosts. */
  passTime(seconds: number): void;
  close(): Promise<void>;
}

/** The end of a run, and its steps until then. */
export interface WatchedRun {
  readonly ended: Ended;
  readonly steps: readonly Step[];
}

/** The content of a sink. */
export interface Held {
  readonly id: string;
  readonly password: string;
}

const options = ['--parallelism', '1', '--timeout', '10', '--grace', '0'];

/** Command lines of the runs after the first. */
export const apply = ['apply', '-y', ...options];
export const plan = ['plan', ...options, '--detailed-exitcode', '--format', 'json'];

/** The text in each age file that is armored. */
export const encryptedMark = 'AGE ENCRYPTED FILE';

const identity = await generateIdentity();

/**
 * Creates a fixture, with the earlier run of the scenario done.
 * @param program the path of the built program
 */
export async function createFixture(scenario: Scenario, program: string): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-vanish-'));
  const unwatched = createWatch();
  let watch: Watch = unwatched;
  const repository = await createRepository(folder, scenario.transport, () => watch);
  const { branch, origin } = repository;
  const remote = origin.folder;

  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const { fault } = scenario;
  const emulator = createEmulator({ seed: parseSeed(scenario.seed), now, ...(fault && { fault }) });
  const made = new Set<string>();
  const violations: string[] = [];
  const held = new Map<string, Held>();

  /** Notes a step that was taken though the branch has no file in the spool with this text. */
  const requireSpooled = async (text: string, step: Step): Promise<void> => {
    const files = [...((await branchFiles(remote, branch)) ?? [])];
    const isSpooled = files.some(([path, content]) => path.startsWith('spool/') && content.includes(text));
    if (!isSpooled)
      violations.push(`step ${step.number}, ${step.text}: the branch has no ${text || 'attempt'}`);
  };

  const respond = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const isLasting = request.method !== 'GET' && !/\/(auth\/token|users\/login)$/.test(pathname);
    const step = await watch.begin(`${request.method} ${pathname}${search}`, isLasting);
    if (isLasting && request.method === 'POST') await requireSpooled('', step);
    try {
      return await emulator.fetch(request);
    } finally {
      for (const { password } of [...scenario.live(emulator), ...scenario.others(emulator)])
        made.add(password);
      await watch.end(step);
    }
  };
  const service = await serve({ fetch: (request) => respond(request).catch(dropped) }, { port: 0 });

  const sink = await serveLoopback(async (_path, body) => {
    const { address, id, password } = JSON.parse(body);
    const step = await watch.begin(`sink ${address}`, true);
    await requireSpooled(encryptedMark, step);
    held.set(address, { id, password });
    await watch.end(step);
  });

  const env = {
    ...scenario.env(service.url),
    RECONCILE_STATE: repository.location,
    RECONCILE_STATE_KEY: identity,
  };
  const publish = (manifest: string): Promise<void> => {
    const command = JSON.stringify([process.execPath, send, sink.url]);
    const text = manifest.replaceAll(toSink, `{ command: { run: ${command}, format: json } }`);
    return repository.publish(text);
  };

  let hosts = 0;
  const onHost = async <T>(work: (host: Host) => Promise<T>): Promise<T> => {
    hosts += 1;
    const host = await createHost(`host-${hosts}`, program, origin);
    try {
      const result = await work(host);
      const leaked = await host.filesWith([...made, identity]);
      violations.push(...leaked.map((file) => `a secret is in ${file} on host ${hosts}`));
      return result;
    } finally {
      await host.vanish();
    }
  };
  const runElsewhere = (command: readonly string[]): Promise<Ended> =>
    onHost(async (host) => {
      const ended = await host.start(command, env, ahead).ended;
      const temporary = await host.temporaryFiles();
      violations.push(...temporary.map((name) => `temporary file ${name} was left on host ${hosts}`));
      return ended;
    });

  const replace = scenario.replace.flatMap((address) => ['--replace', address]);
  const watchedRun = (
    command: readonly string[],
    watchOf: (running: RunningOnHost) => Watch,
  ): Promise<WatchedRun> =>
    onHost(async (host) => {
      const running = host.start(command, env, ahead);
      const watched = watchOf(running);
      watch = watched;
      const ended = await running.ended;
      watch = unwatched;
      return { ended, steps: watched.steps };
    });

  if (scenario.earlier) {
    await publish(scenario.earlier.manifest);
    const earlier = await runElsewhere(apply);
    if (earlier.code !== 0) throw new Error(`the earlier run failed: ${earlier.stderr}${earlier.stdout}`);
    ahead += scenario.earlier.pause * 1000;
  }
  await publish(scenario.manifest);

  return {
    remote,
    branch,
    firstRun: (killPoint) => watchedRun([...apply, ...replace], killedAt(killPoint)),
    firstRunWithDrop: (at) => watchedRun([...apply, ...replace], () => createWatch({ at })),
    nextRun: (killPoint) => watchedRun(apply, killedAt(killPoint)),
    runElsewhere,
    live: () => scenario.live(emulator),
    others: () => scenario.others(emulator),
    held: (address) => held.get(address),
    secrets: () => [...made, identity, credentials, base64Of(credentials)],
    violations: () => violations,
    passTime(seconds) {
      ahead += seconds * 1000;
    },
    async close() {
      for (const each of [service, sink, repository]) await each.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Returns a function that watches a run, and lets its host vanish at a point. */
function killedAt(killPoint: KillPoint | undefined): (running: RunningOnHost) => Watch {
  return ({ kill }) => createWatch(killPoint && { at: killPoint, kill });
}

function dropped(error: unknown): never {
  throw error instanceof Interrupted ? new ConnectionDropped() : error;
}

function base64Of(text: string): string {
  return Buffer.from(text).toString('base64');
}
