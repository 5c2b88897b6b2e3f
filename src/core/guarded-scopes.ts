import type { Problem } from './errors.ts';
import type { GuardedScope } from './guards.ts';
import type { Change, Desired } from './model.ts';
import type { PlanInput } from './plan.ts';

/** What is to be done in each scope that was seen. */
export function guardedScopes(
  inputs: readonly PlanInput[],
  changes: readonly Change[],
  aside: readonly Desired[],
): readonly GuardedScope[] {
  const byEntry = new Map<string, Change[]>();
  for (const change of changes) byEntry.set(change.entry, [...(byEntry.get(change.entry) ?? []), change]);
  const scopes = new Map<string, GuardedScope & { changes: Change[] }>();
  for (const input of inputs) {
    if ('problem' in input) continue;
    const { desired, listed } = input;
    const key = scopeIdentity(input);
    const known = scopes.get(key);
    const own = byEntry.get(desired.address) ?? [];
    scopes.set(key, {
      place: desired.place,
      live: listed.all.length,
      wanted:
        known?.wanted === true ||
        desired.state !== 'absent' ||
        aside.some((entry) => entry.state !== 'absent' && sameScope(entry, desired)),
      changes: known?.changes ?? [],
    });
    scopes.get(key)?.changes.push(...own);
  }
  return [...scopes.values()];
}

/** A registry is the same one by whatever address its service is reached; an account is not. */
function scopeIdentity({ desired, scope, scopeKey }: Exclude<PlanInput, { problem: Problem }>): string {
  return /^[0-9a-f]{8}-/i.test(scope.id) ? `${desired.kind} ${scope.id}` : scopeKey;
}

function sameScope(one: Desired, other: Desired): boolean {
  return one.kind === other.kind && one.scope === other.scope;
}
