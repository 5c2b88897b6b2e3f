import type { Change } from '../model/plan.ts';
import type { ScopeChanges } from './guards.ts';
import type { PlanInput, SeenInput } from './input.ts';

/**
 * Groups the changes by the scopes that were observed.
 *
 * @param untargeted entries that the run leaves alone. Their tokens count as wanted.
 * @param identity returns the same key for two inputs with one scope, even if their addresses differ
 */
export function groupByScope(
  inputs: readonly PlanInput[],
  changes: readonly Change[],
  untargeted: readonly PlanInput[],
  identity: (input: SeenInput) => string,
): readonly ScopeChanges[] {
  const byEntry = new Map<string, Change[]>();
  for (const change of changes)
    byEntry.set(change.entryAddress, [...(byEntry.get(change.entryAddress) ?? []), change]);
  const isWanted = new Set(
    [...inputs, ...untargeted].flatMap((input) =>
      'problem' in input || input.desired.state === 'absent' ? [] : [identity(input)],
    ),
  );
  const scopes = new Map<string, ScopeChanges & { changes: Change[] }>();
  for (const input of inputs) {
    if ('problem' in input) continue;
    const { desired, listed } = input;
    const key = identity(input);
    const scope = scopes.get(key) ?? {
      place: desired.place,
      live: listed.all.length,
      hasDesired: isWanted.has(key),
      changes: [],
    };
    scope.changes.push(...(byEntry.get(desired.address) ?? []));
    scopes.set(key, scope);
  }
  return [...scopes.values()];
}
