import { claimedNames } from '../model/claimed-names.ts';
import type { Problem } from '../model/errors.ts';
import { familyResolver } from '../model/generation-name.ts';
import { hiddenWarning } from '../model/granted-values.ts';
import type { Change, Plan, RetiredToken } from '../model/model.ts';
import { placeKey } from '../model/sink-place.ts';
import { tokenKey } from '../model/token-id.ts';
import { compareCodeUnits } from '../util/json.ts';
import { resolveCandidates } from './candidates.ts';
import { errorChange, makeChange } from './change.ts';
import { type Claim, claimantsOf, conflictOf, findConflicts } from './conflicts.ts';
import { decide } from './decide.ts';
import { planRelatedDeletes } from './delete.ts';
import { planDigest } from './digest.ts';
import { attributeChange } from './drift.ts';
import { checkGuards, type GuardOptions } from './guards.ts';
import type { PlanInput, SeenInput, UnseenInput } from './input.ts';
import { unseenClaimant, unseenProtections } from './protection.ts';
import { applyQuotas, type ScopedChange } from './quota.ts';
import { planRetirements } from './retire.ts';
import { isRotating } from './rotation/family.ts';
import type { RotationPlan } from './rotation/old-generations.ts';
import { planRotation } from './rotation/rotate.ts';
import { groupByScope } from './scope-changes.ts';
import { scopeIdentities } from './scopes.ts';

/** Returns the change for an entry that couldn't be observed. If its scope doesn't exist, its token doesn't either. */
function unseenChange({ desired, problem }: UnseenInput): Change {
  const isDeclaredAbsent = desired.state === 'absent' && desired.prunedBy === undefined;
  if (!isDeclaredAbsent || problem.code !== 'NOT_FOUND') return errorChange(desired, problem);
  return makeChange(desired, {
    action: 'noop',
    reason: `there is no ${desired.place}, and so no token in it`,
    warnings: [`${problem.message}; a token in it can't be there either, unless the name is misspelt`],
  });
}

/**
 * Creates the plan for all entries: one change each, and one for each superseded token; sorted by address.
 *
 * @param aside entries that the run leaves alone. Their tokens count as declared.
 * @param obstacles reasons why the secrets of these entries, by their addresses, can't be delivered
 */
export function createPlan(
  inputs: readonly PlanInput[],
  options: GuardOptions = {},
  aside: readonly PlanInput[] = [],
  obstacles: ReadonlyMap<string, Problem> = new Map(),
): Plan {
  const seen = [...inputs, ...aside].filter(isSeen);
  const unseen = [...inputs, ...aside].filter((input): input is UnseenInput => !isSeen(input));
  const identity = scopeIdentities(seen);
  const claims = seen.map(claimsFor(seen, identity));
  const claimants = claimantsOf(claims);
  const conflicting = findConflicts(claims, claimants);
  const problems = new Map([...conflicting].map(([claim, problem]) => [claim.input, problem]));
  /** Returns the claim of another entry on a resource. */
  const other = (input: SeenInput, key: string): Claim | undefined =>
    claimants.get(key)?.find((claim) => claim.input !== input);
  const families = new Map<PlanInput, RotationPlan>();
  const initialChanges = inputs.map((input) => {
    if ('problem' in input) return unseenChange(input);
    const conflict = problems.get(input);
    if (conflict) return errorChange(input.desired, conflict);
    if (!isRotating(input)) return withoutOthersToken(decide(input), input, other);
    const rotated = planRotation(input);
    families.set(input, rotated);
    return rotated.change;
  });
  const withQuotas = applyQuotas(
    inputs.flatMap((input, index) => scopedChange(input, initialChanges[index])),
  );
  const decided = initialChanges.map((change, index) => {
    const input = inputs[index];
    const obstacle = change.secret === null ? undefined : obstacles.get(change.entryAddress);
    if (input && obstacle) return errorChange(input.desired, obstacle, change.id);
    const final = withQuotas.get(change.address) ?? change;
    return input && !('problem' in input)
      ? { ...final, cause: final.cause ?? attributeChange(final, input) }
      : final;
  });
  const warned = new Map<number, readonly string[]>();
  const leftovers = inputs.flatMap((input, index) => {
    if ('problem' in input) return [];
    const { desired, scope, listed } = input;
    const declaredBy = ({ id, name }: Pick<RetiredToken, 'id' | 'name'>): string => {
      const claim = other(input, tokenKey(desired.kind, id)) ?? other(input, nameKey(identity(input), name));
      const token = { kind: desired.kind, id, name, scopeId: scope.id };
      return (claim ?? unseenClaimant(unseen, token) ?? desired).address;
    };
    const isOwn = ({ id }: Change): boolean =>
      id === null || declaredBy({ id, name: listed.byId(id)?.name ?? '' }) === desired.address;
    const failed = decided[index]?.error !== null;
    if (isRotating(input)) return failed ? [] : (families.get(input)?.oldGenerationChanges ?? []);
    const { changes, warnings } = planRetirements(input, declaredBy);
    warned.set(index, warnings);
    return [...(failed ? [] : planRelatedDeletes(input).filter(isOwn)), ...changes];
  });
  const withWarnings = decided.map((change, index) => ({
    ...change,
    warnings: [...change.warnings, ...(warned.get(index) ?? [])],
  }));
  const changes = withHiddenWarnings(
    [...withWarnings, ...withOwnAddresses(leftovers, decided)].sort((a, b) =>
      compareCodeUnits(a.address, b.address),
    ),
  );
  const byAddress = new Map(inputs.map((input) => [input.desired.address, input]));
  const desired = new Map(inputs.map((input) => [input.desired.address, input.desired]));
  return {
    version: 1,
    changes,
    guards: [
      ...checkGuards(changes, desired, groupByScope(inputs, changes, aside, identity), options),
      ...unseenProtections(changes, byAddress, unseen),
    ],
    digest: planDigest(changes, byAddress),
  };
}

function isSeen(input: PlanInput): input is SeenInput {
  return !('problem' in input);
}

/**
 * Refuses a delete or a replace if another entry declares the token. Records can name a token that the entry doesn't
 * declare.
 */
function withoutOthersToken(
  change: Change,
  input: SeenInput,
  other: (input: SeenInput, key: string) => Claim | undefined,
): Change {
  const { action, id, kind } = change;
  if ((action !== 'delete' && action !== 'replace') || id === null) return change;
  const claim = other(input, tokenKey(kind, id));
  if (!claim) return change;
  return errorChange(input.desired, conflictOf(input.desired, `the token ${id}`, claim), id);
}

/** Keeps drift and errors only, for `--drift-only`. */
export function filterDrift(plan: Plan): Plan {
  const changes = plan.changes.filter(
    ({ action, cause }) => action === 'noop' || action === 'error' || cause === 'drift' || cause === 'both',
  );
  // Pending manifest changes are not drift, and neither are the guards that block them.
  return { ...plan, changes, guards: [], digest: planDigest(changes, new Map()) };
}

function scopedChange(input: PlanInput, change: Change | undefined): readonly ScopedChange[] {
  if ('problem' in input || input.limit === undefined || change === undefined) return [];
  const { desired, scopeKey, limit, listed } = input;
  return [{ change, desired, scopeKey, limit, tokens: listed.all.length }];
}

/** Makes addresses unique: those of superseded tokens get the ID if several changes would have the same address. */
function withOwnAddresses(leftovers: readonly Change[], decided: readonly Change[]): readonly Change[] {
  const times = new Map<string, number>();
  for (const { address } of [...decided, ...leftovers]) times.set(address, (times.get(address) ?? 0) + 1);
  return leftovers.map((left) =>
    (times.get(left.address) ?? 0) > 1 ? { ...left, address: `${left.address} (${left.id})` } : left,
  );
}

/** An entry's claim, and its observations. */
type InputClaim = Claim & { readonly input: SeenInput };

/** Adds one warning for each field of a kind that the service doesn't show, as it applies to every token. */
function withHiddenWarnings(changes: readonly Change[]): readonly Change[] {
  const told = new Set<string>();
  return changes.map((change) => {
    const news = (change.hidden ?? [])
      .map((field) => hiddenWarning(change.kind, field))
      .filter((warning) => !told.has(warning));
    for (const warning of news) told.add(warning);
    return news.length === 0 ? change : { ...change, warnings: [...change.warnings, ...news] };
  });
}

/** Creates a function that returns an entry's claims. The name of a generation is claimed for its family. */
function claimsFor(
  inputs: readonly SeenInput[],
  identity: (input: SeenInput) => string,
): (input: SeenInput) => InputClaim {
  const families = new Map<string, Set<string>>();
  for (const input of inputs) {
    if (!input.desired.rotation) continue;
    const known = families.get(identity(input)) ?? new Set();
    families.set(identity(input), known.add(input.desired.rotation.base));
  }
  return (input) =>
    claimOf(input, identity(input), familyResolver(families.get(identity(input)) ?? new Set()));
}

function claimOf(input: SeenInput, identity: string, owner: (name: string) => string): InputClaim {
  const { desired } = input;
  const { address, source, kind } = desired;
  const resources = [
    ...claimedNames(desired).map((name) => ({
      key: nameKey(identity, owner(name)),
      label: `the token ${name}`,
    })),
    ...resolveCandidates(input).map(({ id, name }) => ({
      key: tokenKey(kind, id),
      label: `the token ${name} (${id})`,
    })),
    ...(input.logins ?? []).map((login) => ({ key: placeKey(login), label: login.label })),
  ];
  return { address, source, resources, input };
}

function nameKey(scope: string, name: string): string {
  return `name ${scope} ${name}`;
}
