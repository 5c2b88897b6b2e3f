import type { Problem } from '../model/errors.ts';
import { hiddenWarning } from '../model/granted-values.ts';
import type { Change, Plan } from '../model/plan.ts';
import { compareCodeUnits } from '../util/json.ts';
import { errorChange, makeChange } from './change.ts';
import { type Claims, collectClaims } from './claims.ts';
import { classify } from './classify.ts';
import { conflictOf } from './conflicts.ts';
import { decide } from './decide.ts';
import { planDigest } from './digest.ts';
import { attributeDrift } from './drift.ts';
import type { EntryPlan } from './entry-plan.ts';
import { checkGuards, type GuardOptions } from './guards.ts';
import { rejectUnable } from './inabilities.ts';
import type { PlanInput, SeenInput, UnseenInput } from './input.ts';
import { ownCredentials, unseenProtections } from './protection.ts';
import { applyQuotas } from './quota.ts';
import { retireSuperseded } from './retire.ts';
import { groupByScope } from './scope-changes.ts';
import { uncertainNamesake } from './uncertain-namesake.ts';

/**
 * Creates the plan for all entries: one change each, and one for each related token; sorted by address.
 *
 * @param untargeted entries that the run leaves alone. Their tokens count as declared.
 * @param obstacles reasons why the changes of these entries, by their addresses, can't be sent, or their secrets delivered
 */
export function createPlan(
  inputs: readonly PlanInput[],
  options: GuardOptions = {},
  untargeted: readonly PlanInput[] = [],
  obstacles: ReadonlyMap<string, Problem> = new Map(),
): Plan {
  const claims = collectClaims([...inputs, ...untargeted]);
  const decided = inputs.map((input): EntryPlan => {
    if ('problem' in input) return { input, change: unseenChange(input) };
    const conflict = claims.conflicts.get(input);
    if (conflict) return { input, change: errorChange(input.desired, conflict) };
    const entry = { input, ...decide(classify(input)) };
    if (entry.change.action === 'create') return withoutUncertainCreate(entry, input, claims);
    return isDestructive(entry.change) ? withoutOthersTokens(entry, input, claims) : entry;
  });
  const limited = applyQuotas(decided);
  const deliverable = obstacles.size === 0 ? limited : withoutUndeliverable(limited, obstacles);
  const attributed = attributeDrift(deliverable);
  const retired = retireSuperseded(attributed, claims);
  const isRestricted = inputs.some((input) => 'inabilities' in input && input.inabilities.length > 0);
  const entries = isRestricted ? rejectUnable(retired) : retired;
  const changes = listChanges(entries);
  const byAddress = new Map(inputs.map((input) => [input.desired.address, input]));
  const desired = new Map(inputs.map((input) => [input.desired.address, input.desired]));
  return {
    version: 1,
    changes,
    guards: changes.some(isDestructive)
      ? [
          ...checkGuards(
            changes,
            desired,
            groupByScope(inputs, changes, untargeted, claims.identity),
            options,
          ),
          ...unseenProtections(changes, byAddress, claims.unseen),
          ...ownCredentials(changes, byAddress),
        ]
      : [],
    digest: planDigest(changes, byAddress),
  };
}

/** Keeps drift and errors only, for `--drift-only`. */
export function filterDrift(plan: Plan): Plan {
  const changes = plan.changes.filter(
    ({ action, cause }) => action === 'noop' || action === 'error' || cause === 'drift' || cause === 'both',
  );
  // Pending manifest changes are not drift, and neither are the guards that block them.
  return {
    ...plan,
    changes,
    guards: [],
    digest: planDigest(changes, new Map()),
    manifestChangesOmitted: plan.changes.length - changes.length,
  };
}

/** Tells whether a change deletes a live token, at once or after its successor is delivered. */
const isDestructive = ({ action }: Change): boolean => action === 'delete' || action === 'replace';

/** Returns the change for an entry that couldn't be observed. If its scope doesn't exist, its token doesn't either. */
function unseenChange({ desired, problem }: UnseenInput): Change {
  const isDeclaredAbsent = desired.state === 'absent' && desired.prunedBy === undefined;
  if (!isDeclaredAbsent || problem.code !== 'NOT_FOUND') return errorChange(desired, problem);
  return makeChange(desired, {
    action: 'noop',
    reason: `${desired.place} does not exist, so the token doesn't either`,
    warnings: [`${problem.message}; so the token doesn't exist either, unless the name is misspelt`],
  });
}

/**
 * Rejects the delete or replace of a token that another entry declares. Records can name a token that the entry doesn't
 * declare.
 */
function withoutOthersTokens(entry: EntryPlan, input: SeenInput, claims: Claims): EntryPlan {
  const { change, related = [] } = entry;
  const { desired, listed } = input;
  if (desired.rotation || change.id === null) return entry;
  const claim = claims.otherOn(input, change.id);
  if (claim) {
    const problem = conflictOf(desired, `the token ${change.id}`, claim);
    return { input, change: errorChange(desired, problem, change.id) };
  }
  const isOwn = ({ id }: Change): boolean =>
    id === null || claims.declaredBy(input, { id, name: listed.byId(id)?.name ?? '' }) === desired.address;
  return { input, change, related: related.filter(isOwn) };
}

/** Rejects the create that its apply would not send, as a live token may come from an earlier request for it. */
function withoutUncertainCreate(entry: EntryPlan, input: SeenInput, claims: Claims): EntryPlan {
  const found = uncertainNamesake(entry.change, input, ({ id }) => claims.otherOn(input, id) !== undefined);
  return found ? { input, change: errorChange(input.desired, found.problem, found.token.id) } : entry;
}

/** Rejects the changes that can't be sent, and those whose secrets can't be delivered. */
function withoutUndeliverable(
  entries: readonly EntryPlan[],
  obstacles: ReadonlyMap<string, Problem>,
): readonly EntryPlan[] {
  return entries.map((entry) => {
    const { input, change } = entry;
    const isHindered = change.secret !== null || change.action === 'patch';
    const obstacle = isHindered ? obstacles.get(change.entryAddress) : undefined;
    return obstacle ? { input, change: errorChange(input.desired, obstacle, change.id) } : entry;
  });
}

/**
 * Returns the changes of all entries, sorted by address. Adds one warning for each field of a kind that the service doesn't
 * show, as it applies to every token.
 */
function listChanges(entries: readonly EntryPlan[]): readonly Change[] {
  const own = entries.map(({ change }) => change);
  const related = entries.flatMap((entry) => entry.related ?? []);
  const changes = related.length === 0 ? own : [...own, ...withUniqueAddresses(related, own)];
  const reported = new Set<string>();
  return changes
    .toSorted((a, b) => compareCodeUnits(a.address, b.address))
    .map((change) => {
      const warnings = (change.hidden ?? [])
        .map((field) => hiddenWarning(change.kind, field))
        .filter((warning) => !reported.has(warning));
      for (const warning of warnings) reported.add(warning);
      return warnings.length === 0 ? change : { ...change, warnings: [...change.warnings, ...warnings] };
    });
}

/** Adds the ID to the address of a related token if several changes would have the same address. */
function withUniqueAddresses(related: readonly Change[], own: readonly Change[]): readonly Change[] {
  const times = new Map<string, number>();
  for (const { address } of [...own, ...related]) times.set(address, (times.get(address) ?? 0) + 1);
  return related.map((change) =>
    (times.get(change.address) ?? 0) > 1
      ? { ...change, address: `${change.address} (${change.id})` }
      : change,
  );
}
