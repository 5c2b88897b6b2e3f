import type { Problem } from '../model/errors.ts';
import type { Change, Desired } from '../model/model.ts';

/** How many deletes of one scope are too many: a number, or a part of all its live tokens. */
export type MaxDeletes = { readonly count: number } | { readonly percent: number };

/** What a plan may do without being asked twice. */
export interface GuardOptions {
  /** 30 % of a scope of ten or more, unless given. */
  readonly maxDeletes?: MaxDeletes;
}

/** A scope of a plan, for telling how much of it goes. */
export interface ScopeChanges {
  /** In words. */
  readonly place: string;
  /** How many live tokens it has. */
  readonly live: number;
  /** Whether an entry of the run wants a token in it. */
  readonly hasDesired: boolean;
  /** What is to be done in it. */
  readonly changes: readonly Change[];
}

/** More than this part of a scope is too much, where nobody says otherwise. */
const usualLimit: MaxDeletes = { percent: 30 };

/** A scope of fewer tokens has no part to speak of. */
const fewTokens = 10;

/** Why these changes must not be executed, all reasons; empty where they may. */
export function checkGuards(
  changes: readonly Change[],
  desired: ReadonlyMap<string, Desired>,
  scopes: readonly ScopeChanges[],
  options: GuardOptions,
): readonly Problem[] {
  return [
    ...protectedTokens(changes, desired),
    ...scopes.flatMap((scope) => [
      ...tooManyDeletes(scope, options),
      ...pruneEmptiesScope(scope, desired, options),
    ]),
  ];
}

function protectedTokens(
  changes: readonly Change[],
  desired: ReadonlyMap<string, Desired>,
): readonly Problem[] {
  // An old token that is left over has its successor. A undelivered one is protected like any other: that nobody
  // has its secret is the word of a file that others may write to.
  return changes.flatMap((change) => protectedOne(change, desired.get(change.entryAddress)) ?? []);
}

/** Why a change to a protected entry's token must not be executed; `undefined` if it may. */
export function protectedOne(change: Change, desired: Desired | undefined): Problem | undefined {
  const { action, supersededToken, address, source } = change;
  if ((action !== 'delete' && action !== 'replace') || supersededToken !== null || !desired?.protected)
    return undefined;
  return {
    code: 'PLAN_UNSAFE',
    message: `${address} is protected, and the plan would ${action} it`,
    hint: 'take protected: true out of the manifest, in a change of its own, if that is meant',
    source,
  };
}

function tooManyDeletes(
  { place, live, changes }: ScopeChanges,
  { maxDeletes }: GuardOptions,
): readonly Problem[] {
  const limit = maxDeletes ?? usualLimit;
  const counts = (change: Change): boolean => countsAsDelete(change, maxDeletes !== undefined);
  const deletes = changes.filter(counts);
  const others = changes.filter((change) => change.action === 'delete' && !counts(change)).length;
  if ('count' in limit) {
    if (deletes.length <= limit.count) return [];
  } else if ((maxDeletes === undefined && live < fewTokens) || deletes.length * 100 <= live * limit.percent) {
    return [];
  }
  const allowed = 'count' in limit ? String(limit.count) : `${limit.percent} %`;
  const besides = others > 0 ? `; ${others} superseded or undelivered ones are not counted` : '';
  return [
    {
      code: 'PLAN_UNSAFE',
      message: `${deletes.length} of the ${live} live tokens in ${place} would be deleted, and at most ${allowed} may be: ${listed(deletes)}${besides}`,
      hint: `if that is meant, run with --max-deletes ${deletes.length}`,
      ...sourceOf(deletes),
    },
  ];
}

/** Nothing is wanted any more where something is pruned: rather than that, manifests were lost. */
function pruneEmptiesScope(
  { place, hasDesired, changes }: ScopeChanges,
  desired: ReadonlyMap<string, Desired>,
  { maxDeletes }: GuardOptions,
): readonly Problem[] {
  const pruned = changes.filter(
    (change) => change.action === 'delete' && desired.get(change.entryAddress)?.prunedBy !== undefined,
  );
  const isMeant = maxDeletes !== undefined && 'count' in maxDeletes && maxDeletes.count >= pruned.length;
  if (hasDesired || pruned.length === 0 || isMeant) return [];
  return [
    {
      code: 'PLAN_UNSAFE',
      message: `no manifest of this run wants a token in ${place}, and prune would delete ${listed(pruned)}: were manifests lost, or left out?`,
      hint: `if that is meant, run with --max-deletes ${pruned.length}`,
      ...sourceOf(pruned),
    },
  ];
}

/**
 * Whether a change counts as a delete. A superseded token counts if a limit is given: that it is superseded is the word of
 * the ledger. Under the default limit it doesn't, as the entry that has superseded it is declared. A token whose secret was
 * never delivered doesn't count.
 */
function countsAsDelete(
  { action, replaceOrder, supersededToken, custody }: Change,
  limitIsGiven: boolean,
): boolean {
  if (supersededToken !== null) return limitIsGiven && action === 'delete';
  if (custody === 'undelivered') return false;
  return action === 'delete' || (action === 'replace' && replaceOrder === 'delete_first');
}

function listed(changes: readonly Change[]): string {
  const shown = changes.slice(0, 10).map(({ address }) => address);
  const more = changes.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

function sourceOf([first]: readonly Change[]): Pick<Problem, 'source'> {
  return first ? { source: first.source } : {};
}
