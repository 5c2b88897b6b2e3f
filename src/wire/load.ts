import { loadManifests as load, type Manifests } from '../manifest/load.ts';
import { providers } from './providers.ts';
import type { Allowances, Runtime } from './runtime.ts';

/** Reads and checks manifests. Never throws for what they contain: their faults are in the answer. */
export function loadManifests(
  paths: readonly string[],
  runtime: Runtime,
  allowances: Allowances,
): Promise<Manifests> {
  return load(paths, {
    ...allowances,
    cwd: runtime.cwd,
    env: runtime.env,
    stdin: runtime.stdin,
    declarations: providers.map(({ declaration }) => declaration),
    now: Math.floor(runtime.clock.now() / 1000),
    debug: runtime.debug,
  });
}
