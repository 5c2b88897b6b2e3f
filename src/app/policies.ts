import { resolve } from 'node:path';
import { type Problem, ReconcileError, ReconcileErrors } from '../core/model/errors.ts';
import { describeReadError } from '../core/util/file-error.ts';
import type { Policy } from '../manifest/policy/policy.ts';
import { readNamed } from '../system/named-files.ts';
import type { Runtime } from './runtime.ts';

/** Reads policy files, and returns their problems. */
export async function readPolicies(
  files: readonly string[],
  { cwd, clock, interrupt }: Pick<Runtime, 'cwd' | 'clock' | 'interrupt'>,
): Promise<{ readonly policies: readonly Policy[]; readonly problems: readonly Problem[] }> {
  if (files.length === 0) return { policies: [], problems: [] };
  // Loaded on demand: usually there is no policy, and the schema compiler is large.
  const { readPolicy } = await import('../manifest/policy/policy.ts');
  const now = Math.floor(clock.now() / 1000);
  const policies: Policy[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    try {
      policies.push(readPolicy(file, await textOf(file, cwd, interrupt), now));
    } catch (error) {
      if (!(error instanceof ReconcileErrors)) throw error;
      problems.push(...error.problems);
    }
  }
  return { policies, problems };
}

/** Maximum size of a policy, in bytes. */
const maxPolicyBytes = 256 * 1024;

async function textOf(file: string, cwd: string, interrupt: AbortSignal | undefined): Promise<string> {
  try {
    const bytes = await readNamed(resolve(cwd, file), maxPolicyBytes, interrupt);
    if (bytes.length <= maxPolicyBytes) return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof ReconcileError) throw error;
    throw unusable(file, describeReadError(error));
  }
  throw unusable(file, `it is larger than ${maxPolicyBytes / 1024} KiB`);
}

function unusable(file: string, why: string): ReconcileErrors {
  return new ReconcileErrors([
    {
      code: 'USAGE',
      message: `the policy ${file} can't be used: ${why}`,
      hint: 'check the path of --policy',
    },
  ]);
}
