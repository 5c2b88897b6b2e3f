import type { Problem } from '../../../src/core/model/errors.ts';
import { type Policy, readPolicy } from '../../../src/manifest/policy/policy.ts';
import { load, manifest, options } from '../fixtures.ts';

/** A policy in a file called `policy.yaml`. */
export function policy(text: string): Policy {
  return readPolicy('policy.yaml', text, options.now);
}

/** What one policy says of a manifest of one token, with these lines added. */
export async function breaches(text: string, ...lines: readonly string[]): Promise<readonly Problem[]> {
  return (await load(manifest(...lines), { policies: [policy(text)] })).errors;
}
