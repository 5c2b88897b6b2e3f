import type { Desired } from '../model/desired.ts';
import type { Problem } from '../model/errors.ts';
import { ledgerName } from '../model/generation-name.ts';
import type { Change } from '../model/plan.ts';
import type { Kind } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import type { PlanInput, UnseenInput } from './input.ts';

/** A live token and its scope. */
export interface ScopedToken {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  /** The ID of its scope. */
  readonly scopeId: string;
}

/** Returns the first of these entries that may declare a token, and could not be observed. */
export function unseenClaimant(unseen: readonly UnseenInput[], token: ScopedToken): Desired | undefined {
  return unseen.find((input) => mayMatch(input, token))?.desired;
}

/**
 * Refuses to delete or replace a token that a protected entry may declare. The token of an entry is unknown if its scope
 * could not be resolved or listed, and another entry can lead to the same token by another address.
 */
export function unseenProtections(
  changes: readonly Change[],
  inputs: ReadonlyMap<string, PlanInput>,
  unseen: readonly UnseenInput[],
): readonly Problem[] {
  const protectors = unseen.filter(({ desired }) => desired.protected);
  if (protectors.length === 0) return [];
  return changes.flatMap((change): readonly Problem[] => {
    const { action, id, kind, entryAddress, address, source } = change;
    const input = inputs.get(entryAddress);
    if ((action !== 'delete' && action !== 'replace') || id === null || !input || 'problem' in input)
      return [];
    const name = (input.live.byId(id) ?? input.listed.byId(id))?.name ?? '';
    const token = { kind, id, name, scopeId: input.scope.id };
    const protector = protectors.find((other) => mayMatch(other, token));
    if (!protector) return [];
    const { desired, problem } = protector;
    return [
      {
        code: 'PLAN_UNSAFE',
        message: `the plan would ${action} ${address}, which may be the token that ${desired.address} protects (${desired.source.file}:${desired.source.line}); that entry could not be read: ${problem.message}`,
        hint: 'correct that entry, or run again once its service responds',
        source,
      },
    ];
  });
}

/** Refuses to delete or replace the tokens that the run is signed in with. */
export function ownCredentials(
  changes: readonly Change[],
  inputs: ReadonlyMap<string, PlanInput>,
): readonly Problem[] {
  return changes.flatMap(({ action, id, entryAddress, address, source }): readonly Problem[] => {
    const input = inputs.get(entryAddress);
    if ((action !== 'delete' && action !== 'replace') || id === null || !input || 'problem' in input)
      return [];
    if (input.ownToken === undefined || !sameId(input.ownToken, id)) return [];
    return [
      {
        code: 'PLAN_UNSAFE',
        message: `the plan would ${action} ${address} (${id}), the token that this run is signed in with`,
        hint: 'sign in with another credential',
        source,
      },
    ];
  });
}

/** Tells whether an entry that could not be observed may declare a token, by its names and its scope. */
function mayMatch({ desired, scope }: UnseenInput, { kind, id, name, scopeId }: ScopedToken): boolean {
  if (desired.kind !== kind) return false;
  // An account without a name can be any account.
  if (scope?.id && scopeId && scope.id !== scopeId) return false;
  if (desired.rotation && ledgerName(desired, name) === desired.rotation.base) return true;
  return [desired.name, desired.existing, desired.id].some(
    (known) => known === name || known?.toLowerCase() === id.toLowerCase(),
  );
}
