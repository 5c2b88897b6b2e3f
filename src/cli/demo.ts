import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apply } from './apply.ts';
import { emulatorEnvironment, serveSeeded } from './emulator.ts';
import { exitCodes, type Io } from './io.ts';
import type { OutputOptions } from './options.ts';
import { plan } from './plan.ts';
import { createSession, type Session } from './session.ts';

/** `reconcile demo`: plan, apply, and plan again on a copy of the examples, against the emulator over HTTP. */
export async function demo(session: Session, output: OutputOptions): Promise<number> {
  const { io } = session;
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-demo-'));
  const served = await serveSeeded(io, 0, join(io.examples, 'emulator', 'seed.yaml'));
  try {
    await cp(join(io.examples, 'ionos'), join(folder, 'ionos'), { recursive: true });
    const demoIo: Io = { ...io, cwd: folder, env: { ...terminal(io), ...emulatorEnvironment(served.url) } };
    const options = {
      ...output,
      allowHost: [],
      allowFileReference: [],
      allowSinkDir: [],
      allowInsecureHttp: false,
      strict: false,
      replace: [],
      grace: 30,
      strictOutcome: false,
      lockTimeout: 0,
      parallelism: 10,
      timeout: 30,
    };
    const step = async (command: string, work: (session: Session) => Promise<number>): Promise<number> => {
      session.note(`\n$ reconcile ${command}`);
      return work(createSession(demoIo, output));
    };
    const first = await step('plan ionos', (inner) =>
      plan(inner, ['ionos'], { ...options, detailedExitcode: false }),
    );
    if (first !== exitCodes.done) return first;
    const second = await step('apply ionos --yes', (inner) =>
      apply(inner, ['ionos'], { ...options, yes: true, keepGoing: false }),
    );
    if (second !== exitCodes.done) return second;
    const third = await step('plan ionos --detailed-exitcode', (inner) =>
      plan(inner, ['ionos'], { ...options, detailedExitcode: true }),
    );
    session.note(
      third === exitCodes.done
        ? '\nThat was against an embedded API, in a temporary folder. Try it on your own: reconcile help'
        : '\nThe second plan still shows changes: that is a defect, please report it.',
    );
    return third === exitCodes.done ? exitCodes.done : exitCodes.failed;
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What of the environment says how to print; nothing of it may lead the demo to a real account. */
function terminal({ env }: Io): Record<string, string | undefined> {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  return { NO_COLOR, FORCE_COLOR, TERM };
}
