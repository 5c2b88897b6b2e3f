import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { services } from '../providers/registry.ts';
import { apply } from './apply.ts';
import { emulatorEnvironment, serveSeeded } from './emulator.ts';
import { exitCodes, type ProcessIo } from './io.ts';
import type { OutputOptions } from './options.ts';
import { plan } from './plan.ts';
import { createSession, type Session } from './session.ts';

/** The folders of the examples: one for each service. */
const folders = services.map(({ info }) => info.id);

/** The examples of the demo, by their paths. */
const paths = services.map(({ info: { id, demo: file } }) => (file === undefined ? id : `${id}/${file}`));
const shown = paths.join(' ');

/**
 * Runs `reconcile demo`: plans, applies, and plans again on a copy of the examples, against the emulator over HTTP.
 */
export async function demo(session: Session, output: OutputOptions): Promise<number> {
  const { io } = session;
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-demo-'));
  const served = await serveSeeded(io, 0);
  try {
    for (const service of folders) {
      await cp(join(io.examples, service), join(folder, service), { recursive: true });
    }
    const demoIo: ProcessIo = {
      ...io,
      cwd: folder,
      env: { ...terminal(io), ...emulatorEnvironment(served.url) },
    };
    const options = {
      ...output,
      allowHost: [],
      allowFileReference: [],
      allowSinkDir: [],
      allowInsecureHttp: false,
      policy: [],
      strict: false,
      replace: [],
      target: [],
      grace: 30,
      allowTrackedState: false,
      strictOutcome: false,
      lockTimeout: 0,
      parallelism: 10,
      timeout: 30,
      maxWait: 120,
    };
    const step = async (command: string, work: (session: Session) => Promise<number>): Promise<number> => {
      session.info(`\n$ reconcile ${command}`);
      const inner = await createSession(demoIo, output);
      try {
        return await work(inner);
      } finally {
        inner.progress.end();
      }
    };
    const first = await step(`plan ${shown}`, (inner) =>
      plan(inner, paths, { ...options, detailedExitcode: false, checkSinks: true }),
    );
    if (first !== exitCodes.done) return first;
    const second = await step(`apply ${shown} --yes`, (inner) =>
      apply(inner, paths, { ...options, yes: true, keepGoing: false }),
    );
    if (second !== exitCodes.done) return second;
    const third = await step(`plan ${shown} --detailed-exitcode`, (inner) =>
      plan(inner, paths, { ...options, detailedExitcode: true, checkSinks: true }),
    );
    session.info(
      third === exitCodes.done
        ? '\nThe demo ran against embedded APIs, in a temporary folder.\nTo use reconcile yourself: reconcile help'
        : '\nThe second plan still shows changes. This is a bug, please report it.',
    );
    return third === exitCodes.done ? exitCodes.done : exitCodes.failed;
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the variables of the environment that control printing. Others could lead the demo to a real account. */
function terminal({ env }: ProcessIo): Record<string, string | undefined> {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  return { NO_COLOR, FORCE_COLOR, TERM };
}
