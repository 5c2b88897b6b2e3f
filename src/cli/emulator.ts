import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { ReconcileError } from '../core/model/errors.ts';
import { createEmulator, emulated } from '../emulator/index.ts';
import { parseSeed, type Seed } from '../emulator/seed.ts';
import { type Served, serve } from '../emulator/serve.ts';
import { readNamed } from '../system/named-files.ts';
import { exitCodes, type ProcessIo } from './io.ts';
import type { OutputOptions } from './options.ts';
import type { Session } from './session.ts';

/** Runs `reconcile emulator`: serves the embedded API until it is interrupted. */
export async function emulator(
  session: Session,
  options: OutputOptions & { readonly port: number; readonly seed?: string },
): Promise<number> {
  const { io } = session;
  const served = await serveSeeded(io, options.port, options.seed);
  const env = emulatorEnvironment(served.url);
  if (options.format === 'json') io.stdout.write(`${JSON.stringify({ url: served.url, env })}\n`);
  else {
    session.print(
      Object.entries(env)
        .map(([name, value]) => `export ${name}=${value}\n`)
        .join(''),
    );
    session.info(`Serving the APIs of ${titles()} on loopback. Ctrl-C ends it.`);
  }
  if (!io.interrupt.aborted) await once(io.interrupt, 'abort');
  await served.close();
  return io.interruptCode() ?? exitCodes.done;
}

function titles(): string {
  return new Intl.ListFormat('en-GB').format(emulated.map(({ title }) => title));
}

/** Returns the variables that point reconcile to an emulator. */
export function emulatorEnvironment(url: string): Readonly<Record<string, string>> {
  return Object.assign({}, ...emulated.map(({ environment }) => environment(url)));
}

/** Serves an emulator with the content of a seed file; by default that of the examples. */
export async function serveSeeded(io: ProcessIo, port: number, seedFile?: string): Promise<Served> {
  const seed = await readSeed(io, seedFile ?? join(io.examples, 'emulator', 'seed.yaml'));
  try {
    return await serve(createEmulator({ seed }), { port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ReconcileError({
      code: 'USAGE',
      message: `can't listen on port ${port}: ${code === 'EADDRINUSE' ? 'it is already in use' : code}`,
      hint: 'choose another port, or pass --port 0 for any free one',
    });
  }
}

/** Maximum size of a seed, in bytes. */
const largest = 256 * 1024 * 1024;

async function readSeed({ cwd, interrupt }: ProcessIo, shown: string): Promise<Seed> {
  try {
    return parseSeed((await readNamed(resolve(cwd, shown), largest, interrupt)).toString('utf8'));
  } catch (error) {
    if (error instanceof ReconcileError) throw error;
    throw new ReconcileError({
      code: 'USAGE',
      message: `the seed ${shown} can't be used: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'see examples/emulator/seed.yaml for the format',
    });
  }
}
