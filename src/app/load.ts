import { resolve } from 'node:path';
import { type Manifests, readManifests } from '../manifest/load.ts';
import { tokenKinds } from '../providers/registry.ts';
import { readPolicies } from './policies.ts';
import type { Permissions, Runtime } from './runtime.ts';

/**
 * Reads and checks manifests and policies. Never throws for their content: faults are in the result.
 *
 * @param policyFiles the policies that every entry must satisfy
 */
export async function loadManifests(
  paths: readonly string[],
  runtime: Runtime,
  allowances: Permissions,
  policyFiles: readonly string[],
): Promise<Manifests> {
  const { policies, problems } = await readPolicies(policyFiles, runtime);
  const loaded = await readManifests(paths, {
    ...allowances,
    policies,
    cwd: runtime.cwd,
    env: runtime.env,
    stdin: runtime.stdin,
    declarations: tokenKinds,
    now: Math.floor(runtime.clock.now() / 1000),
    debug: runtime.debug,
  });
  const files = policyFiles.map((file) => resolve(runtime.cwd, file));
  return { ...loaded, files: [...loaded.files, ...files], errors: [...problems, ...loaded.errors] };
}
