import { alsoAbsent } from './absent.ts';
import { causeOf } from './cause.ts';
import { change, failed } from './change.ts';
import { type Claim, claimantsOf, conflictOf, conflicts } from './conflicts.ts';
import { decide } from './decide.ts';
import type { Limit } from './declaration.ts';
import type { Problem } from './errors.ts';
import { digestOf } from './essence.ts';
import { isFamily } from './family.ts';
import { ownerOf } from './generation.ts';
import type { FamilyPlan } from './generations.ts';
import { hiddenWarning } from './granted.ts';
import { guardedScopes } from './guarded-scopes.ts';
import { type GuardOptions, guards } from './guards.ts';
import { compareText, type Json } from './json.ts';
import { heedLimits, type Placed } from './limits.ts';
import type { Change, Desired, Plan, RetiredToken, Scope } from './model.ts';
import { namesOf } from './names.ts';
import { placeKey, type SinkPlace } from './places.ts';
import { unseenClaimant, unseenProtections } from './protection.ts';
import { retirements } from './retire.ts';
import { rotate } from './rotate.ts';
import { scopeIdentities, tokenKey } from './scopes.ts';
import type { Situation } from './situation.ts';
import { targetsOf } from './targets.ts';

/** An entry of the manifests with what was observed for it. */
export type SeenInput = Situation & {
  /** Tells scopes of different accounts apart. */
  readonly scopeKey: string;
  /** How many tokens the scope takes. */
  readonly limit: Limit | undefined;
  /** The files inside the manifests' folder that its command sinks run or name, and what they hold. */
  readonly programs?: Json;
  /** The docker logins that its secret goes to, if any: each may be one entry's only. */
  readonly logins?: readonly SinkPlace[];
};

/** An entry of the manifests of which nothing could be observed, and why; with its scope if that could be resolved. */
export interface UnseenInput {
  readonly desired: Desired;
  readonly problem: Problem;
  readonly scope?: Scope;
}

/** One entry of the manifests with what was observed for it, or why nothing could be. */
export type PlanInput = SeenInput | UnseenInput;

/** Returns the change for an entry of which nothing could be seen. What is in a scope that is gone is gone as well. */
function unseenChange({ desired, problem }: UnseenInput): Change {
  const isDeclaredAbsent = desired.state === 'absent' && desired.prunedBy === undefined;
  if (!isDeclaredAbsent || problem.code !== 'NOT_FOUND') return failed(desired, problem);
  return change(desired, {
    action: 'noop',
    reason: `there is no ${desired.place}, and so no token in it`,
    warnings: [`${problem.message}; a token in it can't be there either, unless the name is misspelt`],
  });
}

/**
 * The plan for all entries: one change each, and one for each old token left over; sorted by address.
 *
 * @param aside entries that the run leaves alone: what they declare is theirs all the same
 * @param obstacles why the secrets of these entries, by their addresses, can't go to their places
 */
export function makePlan(
  inputs: readonly PlanInput[],
  options: GuardOptions = {},
  aside: readonly PlanInput[] = [],
  obstacles: ReadonlyMap<string, Problem> = new Map(),
): Plan {
  const seen = [...inputs, ...aside].filter(isSeen);
  const unseen = [...inputs, ...aside].filter((input): input is UnseenInput => !isSeen(input));
  const identity = scopeIdentities(seen);
  const claims = seen.map(claimer(seen, identity));
  const claimants = claimantsOf(claims);
  const conflicting = conflicts(claims, claimants);
  const problems = new Map([...conflicting].map(([claim, problem]) => [claim.input, problem]));
  /** The entry besides an input's own that claims a thing. */
  const other = (input: SeenInput, key: string): Claim | undefined =>
    claimants.get(key)?.find((claim) => claim.input !== input);
  const families = new Map<PlanInput, FamilyPlan>();
  const first = inputs.map((input) => {
    if ('problem' in input) return unseenChange(input);
    const conflict = problems.get(input);
    if (conflict) return failed(input.desired, conflict);
    if (!isFamily(input)) return withoutOthersToken(decide(input), input, other);
    const rotated = rotate(input);
    families.set(input, rotated);
    return rotated.change;
  });
  const heeded = heedLimits(inputs.flatMap((input, index) => placed(input, first[index])));
  const decided = first.map((change, index) => {
    const input = inputs[index];
    const obstacle = change.secret === null ? undefined : obstacles.get(change.entry);
    if (input && obstacle) return failed(input.desired, obstacle, change.id);
    const final = heeded.get(change.address) ?? change;
    return input && !('problem' in input) ? { ...final, cause: final.cause ?? causeOf(final, input) } : final;
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
      id === null || declaredBy({ id, name: listed.withId(id)?.name ?? '' }) === desired.address;
    const failed = decided[index]?.error !== null;
    if (isFamily(input)) return failed ? [] : (families.get(input)?.others ?? []);
    const { changes, warnings } = retirements(input, declaredBy);
    warned.set(index, warnings);
    return [...(failed ? [] : alsoAbsent(input).filter(isOwn)), ...changes];
  });
  const withWarnings = decided.map((change, index) => ({
    ...change,
    warnings: [...change.warnings, ...(warned.get(index) ?? [])],
  }));
  const changes = withHiddenWarnings(
    [...withWarnings, ...withOwnAddresses(leftovers, decided)].sort((a, b) =>
      compareText(a.address, b.address),
    ),
  );
  const byAddress = new Map(inputs.map((input) => [input.desired.address, input]));
  const desired = new Map(inputs.map((input) => [input.desired.address, input.desired]));
  return {
    version: 1,
    changes,
    guards: [
      ...guards(changes, desired, guardedScopes(inputs, changes, aside, identity), options),
      ...unseenProtections(changes, byAddress, unseen),
    ],
    digest: digestOf(changes, byAddress),
  };
}

function isSeen(input: PlanInput): input is SeenInput {
  return !('problem' in input);
}

/** A delete or a replace, unless another entry declares the token: records can name one that the entry doesn't mean. */
function withoutOthersToken(
  change: Change,
  input: SeenInput,
  other: (input: SeenInput, key: string) => Claim | undefined,
): Change {
  const { action, id, kind } = change;
  if ((action !== 'delete' && action !== 'replace') || id === null) return change;
  const claim = other(input, tokenKey(kind, id));
  if (!claim) return change;
  return failed(input.desired, conflictOf(input.desired, `the token ${id}`, claim), id);
}

/** Of a plan, what the world has moved, and what is in error; for a check that nobody has changed anything by hand. */
export function onlyDrift(plan: Plan): Plan {
  const changes = plan.changes.filter(
    ({ action, cause }) => action === 'noop' || action === 'error' || cause === 'drift' || cause === 'both',
  );
  // What waits to be applied is no alarm, and neither is what keeps it from being applied.
  return { ...plan, changes, guards: [], digest: digestOf(changes, new Map()) };
}

function placed(input: PlanInput, change: Change | undefined): readonly Placed[] {
  if ('problem' in input || input.limit === undefined || change === undefined) return [];
  const { desired, scopeKey, limit, listed } = input;
  return [{ change, desired, scopeKey, limit, tokens: listed.all.length }];
}

/** An address stands for one change: where several would have it, those of leftovers tell the ID. */
function withOwnAddresses(leftovers: readonly Change[], decided: readonly Change[]): readonly Change[] {
  const times = new Map<string, number>();
  for (const { address } of [...decided, ...leftovers]) times.set(address, (times.get(address) ?? 0) + 1);
  return leftovers.map((left) =>
    (times.get(left.address) ?? 0) > 1 ? { ...left, address: `${left.address} (${left.id})` } : left,
  );
}

/** An entry's claim, and what was observed for it. */
type InputClaim = Claim & { readonly input: SeenInput };

/** With one warning for each field of a kind that the service doesn't show: it says the same of every token. */
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

/** Gives what an entry claims: where there is a family, a name of one of its generations is the family's. */
function claimer(
  inputs: readonly SeenInput[],
  identity: (input: SeenInput) => string,
): (input: SeenInput) => InputClaim {
  const families = new Map<string, Set<string>>();
  for (const input of inputs) {
    if (!input.desired.rotation) continue;
    const known = families.get(identity(input)) ?? new Set();
    families.set(identity(input), known.add(input.desired.rotation.base));
  }
  return (input) => claimOf(input, identity(input), ownerOf(families.get(identity(input)) ?? new Set()));
}

function claimOf(input: SeenInput, identity: string, owner: (name: string) => string): InputClaim {
  const { desired } = input;
  const { address, source, kind } = desired;
  const things = [
    ...namesOf(desired).map((name) => ({ key: nameKey(identity, owner(name)), words: `the token ${name}` })),
    ...targetsOf(input).map(({ id, name }) => ({
      key: tokenKey(kind, id),
      words: `the token ${name} (${id})`,
    })),
    ...(input.logins ?? []).map((login) => ({ key: placeKey(login), words: login.words })),
  ];
  return { address, source, things, input };
}

function nameKey(scope: string, name: string): string {
  return `name ${scope} ${name}`;
}
