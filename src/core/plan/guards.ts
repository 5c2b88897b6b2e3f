import type { Desired } from '../model/desired.ts';
import type { Problem } from '../model/errors.ts';
import type { Change } from '../model/plan.ts';

/** The maximum deletes in one scope: a number, or a percentage of its live tokens. */
export type MaxDeletes = { readonly count: number } | { readonly percent: number };

/** The limit that a run sets for its guards. */
export interface GuardOptions {
  /** The maximum deletes; by default 30 % of a scope of ten or more tokens. */
  readonly maxDeletes?: MaxDeletes;
}

/** A scope and its changes, for measuring the part that is deleted. */
export interface ScopeChanges {
  /** The scope in words. */
  readonly place: string;
  /** The number of its live tokens. */
  readonly live: number;
  /** True if an entry of the run wants a token in it. */
  readonly hasDesired: boolean;
  /** The planned changes in it. */
  readonly changes: readonly Change[];
}

/** The default maximum of deletes in a scope. */
const defaultMaxDeletes: MaxDeletes = { percent: 30 };

/** Number of tokens from which the default maximum applies. A percentage of fewer is meaningless. */
const minTokensForDefault = 10;

/** Returns all reasons why these changes must not be executed; empty if they may. */
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
  // A superseded token has a successor, so it isn't protected. An undelivered one is protected like any other: a file that
  // others may be able to write is the only source for its being undelivered.
  return changes.flatMap((change) => protectedOne(change, desired.get(change.entryAddress)) ?? []);
}

/** Returns the reason why a change to a protected entry's token must not be executed; `undefined` if it may. */
export function protectedOne(change: Change, desired: Desired | undefined): Problem | undefined {
  const { action, supersededToken, address, source } = change;
  if ((action !== 'delete' && action !== 'replace') || supersededToken !== null || !desired?.protected)
    return undefined;
  return {
    code: 'PLAN_UNSAFE',
    message: `${address} is protected, and the plan would ${action} it`,
    hint: 'if this is intended, remove protected: true from the manifest, in a separate change',
    source,
  };
}

function tooManyDeletes(
  { place, live, changes }: ScopeChanges,
  { maxDeletes }: GuardOptions,
): readonly Problem[] {
  const limit = maxDeletes ?? defaultMaxDeletes;
  const counts = (change: Change): boolean => countsAsDelete(change, maxDeletes !== undefined);
  const deletes = changes.filter(counts);
  const others = changes.filter((change) => change.action === 'delete' && !counts(change)).length;
  if ('count' in limit) {
    if (deletes.length <= limit.count) return [];
  } else if (
    (maxDeletes === undefined && live < minTokensForDefault) ||
    deletes.length * 100 <= live * limit.percent
  ) {
    return [];
  }
  const allowed = 'count' in limit ? String(limit.count) : `${limit.percent} %`;
  const besides = others > 0 ? `; ${others} superseded or undelivered tokens are not counted` : '';
  return [
    {
      code: 'PLAN_UNSAFE',
      message: `${deletes.length} of the ${live} live tokens in ${place} would be deleted, but at most ${allowed} may be: ${listed(deletes)}${besides}`,
      hint: `if this is intended, run with --max-deletes ${deletes.length}`,
      ...sourceOf(deletes),
    },
  ];
}

/** Refuses to prune in a scope without any wanted token. It is more likely that manifests were lost. */
function pruneEmptiesScope(
  { place, hasDesired, changes }: ScopeChanges,
  desired: ReadonlyMap<string, Desired>,
  { maxDeletes }: GuardOptions,
): readonly Problem[] {
  const pruned = changes.filter(
    (change) => change.action === 'delete' && desired.get(change.entryAddress)?.prunedBy !== undefined,
  );
  const isApproved = maxDeletes !== undefined && 'count' in maxDeletes && maxDeletes.count >= pruned.length;
  if (hasDesired || pruned.length === 0 || isApproved) return [];
  return [
    {
      code: 'PLAN_UNSAFE',
      message: `no manifest of this run declares a token in ${place}, and prune would delete ${listed(pruned)}; manifests may be missing`,
      hint: `if this is intended, run with --max-deletes ${pruned.length}`,
      ...sourceOf(pruned),
    },
  ];
}

/**
 * Tells whether a change counts as a delete. A superseded token counts if a limit is given, as only the ledger tells that
 * it is superseded. It doesn't count under the default limit, as the entry that has superseded it is declared. An
 * undelivered token doesn't count.
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
