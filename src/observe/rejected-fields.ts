import { type Problem, toProblem } from '../core/model/errors.ts';
import type { Plan } from '../core/model/plan.ts';
import type { Target } from './target.ts';

/** Returns the entries with a change that the service would reject, each with the reason. */
export async function findRejected(
  { changes }: Plan,
  targets: ReadonlyMap<string, Target>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Problem>> {
  const found = await Promise.all(
    changes.map(async ({ action, payload, entryAddress }) => {
      const target = targets.get(entryAddress);
      const isSent = action === 'create' || action === 'replace' || action === 'patch';
      if (!isSent || !target?.client.rejects) return [];
      const problem = await whyRejected(target, payload, signal);
      return problem ? [[entryAddress, { ...problem, source: target.desired.source }] as const] : [];
    }),
  );
  return new Map(found.flat());
}

async function whyRejected(
  { client, scope }: Target,
  fields: Parameters<NonNullable<Target['client']['rejects']>>[1],
  signal: AbortSignal,
): Promise<Problem | undefined> {
  try {
    const message = await client.rejects?.(scope, fields, signal);
    return message === undefined ? undefined : { code: 'MANIFEST_INVALID', message };
  } catch (error) {
    return toProblem(error);
  }
}
