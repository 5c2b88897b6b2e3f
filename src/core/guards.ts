import type { Problem } from './errors.ts';
import type { Change, Desired } from './model.ts';

/** Why these changes must not be executed, all reasons; empty where they may. */
export function guards(
  changes: readonly Change[],
  desired: ReadonlyMap<string, Desired>,
): readonly Problem[] {
  return (
    changes
      .filter((change) => change.action === 'delete' || change.action === 'replace')
      // What an unfinished run of ours has left behind serves nobody, and an old token has its successor.
      .filter((change) => change.custody !== 'half_made' && change.leftover === null)
      .filter((change) => desired.get(change.entry)?.protected)
      .map((change) => ({
        code: 'PLAN_UNSAFE',
        message: `${change.address} is protected, and the plan would ${change.action} it`,
        hint: 'take protected: true out of the manifest, in a change of its own, if that is meant',
        source: change.source,
      }))
  );
}
