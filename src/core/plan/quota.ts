import type { Desired } from '../model/desired.ts';
import type { Change } from '../model/plan.ts';
import type { ScopeQuota } from '../model/token-kind.ts';
import { compareCodeUnits } from '../util/json.ts';
import { errorChange } from './change.ts';

/** A decided change, and its scope. */
export interface ScopedChange {
  readonly change: Change;
  readonly desired: Desired;
  readonly scopeKey: string;
  /** The number of tokens in the scope. */
  readonly tokens: number;
  /** The quota of the scope. */
  readonly limit: ScopeQuota;
}

/**
 * Applies scope quotas. A create over quota gets a warning; a create-first replace over quota becomes an error unless the
 * manifest sets an order. Returns the affected changes only, by address. All creates of a run count, as they run at the
 * same time.
 */
export function applyQuotas(placed: readonly ScopedChange[]): ReadonlyMap<string, Change> {
  const heeded = new Map<string, Change>();
  const left = new Map<string, number>();
  const making = placed
    .filter(({ change }) => change.action === 'create' || change.replaceOrder === 'create_first')
    .sort((a, b) => order(a) - order(b) || compareCodeUnits(a.change.address, b.change.address));
  for (const entry of making) {
    const { change, desired, scopeKey, tokens, limit } = entry;
    const room = left.get(scopeKey) ?? limit.tokens - tokens;
    left.set(scopeKey, room - 1);
    if (room > 0) continue;
    const crowd = `${desired.place} has ${tokens} tokens, and ${limit.why} takes no more than ${limit.tokens}`;
    if (change.action === 'create' || desired.replaceOrder !== undefined) {
      const warnings = [...change.warnings, `the new token may not fit: ${crowd}`];
      heeded.set(change.address, { ...change, warnings });
      continue;
    }
    const problem = {
      code: 'API_REJECTED' as const,
      message: `the new token may not fit beside the old one: ${crowd}`,
      hint: 'set replace_order: delete_first, which means a short outage; or delete a token that is not needed; or create_first, if the plan takes more',
    };
    heeded.set(change.address, errorChange(desired, problem, change.id));
  }
  return heeded;
}

/** Orders creates before replaces, as their tokens stay. */
function order({ change }: ScopedChange): number {
  return change.action === 'create' ? 0 : 1;
}
