import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Problem, ReconcileErrors } from '../core/errors.ts';
import { whyUnreadable } from '../manifest/files.ts';
import type { Policy } from '../manifest/policy.ts';
import type { Runtime } from './runtime.ts';

/** Reads the policies in files, and all that is wrong with them. */
export async function readPolicies(
  files: readonly string[],
  { cwd, clock }: Pick<Runtime, 'cwd' | 'clock'>,
): Promise<{ readonly policies: readonly Policy[]; readonly problems: readonly Problem[] }> {
  if (files.length === 0) return { policies: [], problems: [] };
  // Loaded when needed: as a rule there is none, and what compiles schemas is large.
  const { readPolicy } = await import('../manifest/policy.ts');
  const now = Math.floor(clock.now() / 1000);
  const policies: Policy[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    try {
      policies.push(readPolicy(file, await textOf(file, cwd), now));
    } catch (error) {
      if (!(error instanceof ReconcileErrors)) throw error;
      problems.push(...error.problems);
    }
  }
  return { policies, problems };
}

async function textOf(file: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new ReconcileErrors([
      {
        code: 'USAGE',
        message: `the policy ${file} can't be used: ${whyUnreadable(error)}`,
        hint: 'check the path of --policy',
      },
    ]);
  }
}
