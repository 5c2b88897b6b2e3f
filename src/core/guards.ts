import type { Problem } from './errors.ts';
import type { Change, Desired } from './model.ts';

/** Why these changes must not be executed, all reasons; empty where they may. */
export function guards(
  changes: readonly Change[],
  desired: ReadonlyMap<string, Desired>,
): readonly Problem[] {
  // An old token that is left over has its successor. A half-made one is protected like any other: that nobody
  // has its secret is the word of a file that others may write to.
  return changes
    .filter((change) => change.action === 'delete' || change.action === 'replace')
    .filter((change) => change.leftover === null && desired.get(change.entry)?.protected)
    .map((change) => ({
      code: 'PLAN_UNSAFE',
      message: `${change.address} is protected, and the plan would ${change.action} it`,
      hint: 'take protected: true out of the manifest, in a change of its own, if that is meant',
      source: change.source,
    }));
}
