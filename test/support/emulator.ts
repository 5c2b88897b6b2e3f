import { onTestFinished } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';

type Variables = Readonly<Record<string, string>>;

/** An emulator with an address. */
export interface ServedEmulator extends Emulator {
  readonly url: string;
  /** What leads to its IONOS, and to its Docker Hub. */
  readonly env: Variables;
  readonly hubEnv: Variables;
  /** What leads to its Harbor. */
  readonly harborEnv: Variables;
  /** What leads to its GitLab. */
  readonly gitlabEnv: Variables;
}

/** An emulator that listens until the test is over, and the variables that lead to it. */
export async function servedEmulator(
  seed: string,
  options: Omit<EmulatorOptions, 'seed'> = {},
): Promise<ServedEmulator> {
  const emulator = createEmulator({ ...options, seed: parseSeed(seed) });
  const served = await serve(emulator, { port: 0 });
  onTestFinished(() => served.close());
  return {
    ...emulator,
    url: served.url,
    env: { IONOS_API_URL: served.url, IONOS_TOKEN: 'emulator' },
    hubEnv: {
      DOCKER_HUB_API_URL: served.url,
      DOCKER_HUB_USERNAME: 'emulator',
      DOCKER_HUB_PASSWORD: 'emulator',
    },
    harborEnv: { HARBOR_URL: served.url, HARBOR_USERNAME: 'emulator', HARBOR_PASSWORD: 'emulator' },
    gitlabEnv: { GITLAB_URL: served.url, GITLAB_TOKEN: 'glpat-emulator' },
  };
}

/** The requests that wrote, as `METHOD path`. */
export function writes(emulator: Emulator): readonly string[] {
  return emulator.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}
