import type { Change } from './plan.ts';

/** Number of changes of a plan, by action. */
export type ActionCounts = Readonly<Record<Change['action'], number>>;

/** Counts the changes by action. */
export function countActions(changes: readonly { readonly action: Change['action'] }[]): ActionCounts {
  const summary = { create: 0, patch: 0, replace: 0, delete: 0, deliver: 0, noop: 0, error: 0 };
  for (const { action } of changes) summary[action] += 1;
  return summary;
}
