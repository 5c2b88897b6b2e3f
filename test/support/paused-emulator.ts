import { onTestFinished } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';

/** An emulator whose requests of one method wait. */
export interface PausedEmulator {
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
  /** Resolves once such a request has arrived. */
  readonly asked: Promise<void>;
  /** Lets all requests go on. */
  readonly goOn: () => void;
}

/**
 * Serves an emulator whose requests of a method wait, until they may go on.
 * @param when whether they wait before their effect, or after it
 */
export async function pausedEmulator(
  seed: string,
  method: string,
  when: 'before' | 'after',
  options: Omit<EmulatorOptions, 'seed'> = {},
): Promise<PausedEmulator> {
  const emulator = createEmulator({ ...options, seed: parseSeed(seed) });
  let ask = (): void => undefined;
  let goOn = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const fetch: Emulator['fetch'] = async (request) => {
    if (request.method !== method) return emulator.fetch(request);
    const early = when === 'after' ? await emulator.fetch(request) : undefined;
    ask();
    await going;
    return early ?? emulator.fetch(request);
  };
  const served = await serve({ ...emulator, fetch }, { port: 0 });
  onTestFinished(async () => {
    goOn();
    await served.close();
  });
  return { emulator, env: { IONOS_API_URL: served.url, IONOS_TOKEN: 'emulator' }, asked, goOn };
}
