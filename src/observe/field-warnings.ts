import { ReconcileError } from '../core/model/errors.ts';
import type { Change, Plan } from '../core/model/plan.ts';
import { liveToken, type Target } from './target.ts';

/** Returns a plan with the warnings of the services about the fields of its tokens. */
export async function warnOfFields(
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  signal: AbortSignal,
): Promise<Plan> {
  const changes = await Promise.all(
    plan.changes.map(async (change): Promise<Change> => {
      const target = targets.get(change.entryAddress);
      const isOwn = change.address === change.entryAddress;
      if (!target?.client.warnings || !isOwn || change.action === 'error' || change.action === 'delete')
        return change;
      const warnings = await warningsOf(change, target, signal);
      return warnings.length === 0 ? change : { ...change, warnings: [...change.warnings, ...warnings] };
    }),
  );
  return { ...plan, changes };
}

async function warningsOf(
  { id, payload }: Change,
  target: Target,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return (await target.client.warnings?.(payload, liveToken(target, id)?.fields, signal)) ?? [];
  } catch (error) {
    // The requests of the change itself show what is wrong.
    if (error instanceof ReconcileError) return [];
    throw error;
  }
}
