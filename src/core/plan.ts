import { alsoAbsent } from './absent.ts';
import { causeOf } from './cause.ts';
import { failed } from './change.ts';
import { type Claim, conflicts } from './conflicts.ts';
import { decide } from './decide.ts';
import type { Limit } from './declaration.ts';
import type { Problem } from './errors.ts';
import { digestOf } from './essence.ts';
import { isFamily } from './family.ts';
import { ownerOf, recordName } from './generation.ts';
import type { FamilyPlan } from './generations.ts';
import { guardedScopes } from './guarded-scopes.ts';
import { type GuardOptions, guards } from './guards.ts';
import { compareText } from './json.ts';
import { heedLimits, type Placed } from './limits.ts';
import type { Change, Desired, Plan, RetiredToken } from './model.ts';
import { namesOf } from './names.ts';
import { placeKey, type SinkPlace } from './places.ts';
import { retirements } from './retire.ts';
import { rotate } from './rotate.ts';
import type { Situation } from './situation.ts';
import { targetsOf } from './targets.ts';

/** One entry of the manifests with what was observed for it, or why nothing could be. */
export type PlanInput =
  | (Situation & {
      /** Tells scopes of different accounts apart. */
      readonly scopeKey: string;
      /** How many tokens the scope takes. */
      readonly limit: Limit | undefined;
      /** The docker logins that its secret goes to, if any: each may be one entry's only. */
      readonly logins?: readonly SinkPlace[];
    })
  | { readonly desired: Desired; readonly problem: Problem };

/**
 * The plan for all entries: one change each, and one for each old token left over; sorted by address.
 *
 * @param aside entries that the run leaves alone: what they declare is theirs all the same
 * @param obstacles why the secrets of these entries, by their addresses, can't go to their places
 */
export function makePlan(
  inputs: readonly PlanInput[],
  options: GuardOptions = {},
  aside: readonly Desired[] = [],
  obstacles: ReadonlyMap<string, Problem> = new Map(),
): Plan {
  const claims = inputs.flatMap(claimer(inputs));
  const conflicting = conflicts(claims);
  const problems = new Map([...conflicting].map(([claim, problem]) => [claim.input, problem]));
  const families = new Map<PlanInput, FamilyPlan>();
  const first = inputs.map((input) => {
    if ('problem' in input) return failed(input.desired, input.problem);
    const conflict = problems.get(input);
    if (conflict) return failed(input.desired, conflict);
    if (!isFamily(input)) return decide(input);
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
  const claimed = new Map(claims.flatMap(({ things, address }) => things.map(({ key }) => [key, address])));
  const leftovers = inputs.flatMap((input, index) => {
    if ('problem' in input) return [];
    const declaredBy = ({ id, name }: RetiredToken): string =>
      claimed.get(`id ${input.scopeKey} ${id}`) ??
      claimed.get(nameKey(input.scopeKey, name)) ??
      aside.find((entry) => mayDeclare(entry, input.desired.kind, { id, name }))?.address ??
      input.desired.address;
    const failed = decided[index]?.error !== null;
    if (isFamily(input)) return failed ? [] : (families.get(input)?.others ?? []);
    return [...(failed ? [] : alsoAbsent(input)), ...retirements(input, declaredBy)];
  });
  const changes = [...decided, ...withOwnAddresses(leftovers, decided)].sort((a, b) =>
    compareText(a.address, b.address),
  );
  const byAddress = new Map(inputs.map((input) => [input.desired.address, input]));
  const desired = new Map(inputs.map((input) => [input.desired.address, input.desired]));
  return {
    version: 1,
    changes,
    guards: guards(changes, desired, guardedScopes(inputs, changes, aside), options),
    digest: digestOf(changes, byAddress),
  };
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

/** Whether an entry that was not looked at may be about a token. */
function mayDeclare(
  entry: Desired,
  kind: Change['kind'],
  { id, name }: { readonly id: string; readonly name: string },
): boolean {
  if (entry.kind !== kind) return false;
  if (entry.rotation && recordName(entry, name) === entry.rotation.base) return true;
  return [entry.name, entry.ref, entry.id].some(
    (known) => known === name || known?.toLowerCase() === id.toLowerCase(),
  );
}

/** Gives what an entry claims: where there is a family, a name of one of its generations is the family's. */
function claimer(
  inputs: readonly PlanInput[],
): (input: PlanInput) => readonly (Claim & { input: PlanInput })[] {
  const families = new Map<string, Set<string>>();
  for (const input of inputs) {
    if ('problem' in input || !input.desired.rotation) continue;
    const known = families.get(input.scopeKey) ?? new Set();
    families.set(input.scopeKey, known.add(input.desired.rotation.base));
  }
  return (input) =>
    'problem' in input ? [] : claimOf(input, ownerOf(families.get(input.scopeKey) ?? new Set()));
}

function claimOf(
  input: Exclude<PlanInput, { problem: Problem }>,
  owner: (name: string) => string,
): readonly (Claim & { input: PlanInput })[] {
  const { desired, scopeKey } = input;
  const { address, source } = desired;
  const things = [
    ...namesOf(desired).map((name) => ({ key: nameKey(scopeKey, owner(name)), words: `the token ${name}` })),
    ...targetsOf(input).map(({ id, name }) => ({
      key: `id ${scopeKey} ${id}`,
      words: `the token ${name} (${id})`,
    })),
    ...(input.logins ?? []).map((login) => ({ key: placeKey(login), words: login.words })),
  ];
  return [{ address, source, things, input }];
}

function nameKey(scopeKey: string, name: string): string {
  return `name ${scopeKey} ${name}`;
}
