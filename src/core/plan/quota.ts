import { compareCodeUnits } from '../util/json.ts';
import { errorChange } from './change.ts';
import type { EntryPlan } from './entry-plan.ts';

/**
 * Applies scope quotas. A create over quota gets a warning; a create-first replace over quota becomes an error unless the
 * manifest sets an order. All creates of a run count, as they run at the same time.
 */
export function applyQuotas(entries: readonly EntryPlan[]): readonly EntryPlan[] {
  const creating = entries
    .filter(({ change }) => change.action === 'create' || change.replaceOrder === 'create_first')
    .sort((a, b) => order(a) - order(b) || compareCodeUnits(a.change.address, b.change.address));
  const limited = new Map<EntryPlan, EntryPlan>();
  const left = new Map<string, number>();
  for (const entry of creating) {
    const { input, change } = entry;
    if ('problem' in input || !input.limit) continue;
    const { desired, scopeKey, limit, listed } = input;
    const tokens = listed.all.length;
    const room = left.get(scopeKey) ?? limit.tokens - tokens;
    left.set(scopeKey, room - 1);
    if (room > 0) continue;
    const usage = `${desired.place} has ${tokens} tokens, and ${limit.why} allows at most ${limit.tokens}`;
    if (change.action === 'create' || desired.replaceOrder !== undefined) {
      const warnings = [...change.warnings, `the new token may exceed the quota: ${usage}`];
      limited.set(entry, { ...entry, change: { ...change, warnings } });
      continue;
    }
    const problem = {
      code: 'API_REJECTED' as const,
      message: `the new token may exceed the quota while the old one exists: ${usage}`,
      hint: 'set replace_order: delete_first, which causes a short outage; or delete a token that is not needed; or set replace_order: create_first if your plan allows more',
    };
    limited.set(entry, { input, change: errorChange(desired, problem, change.id) });
  }
  return limited.size === 0 ? entries : entries.map((entry) => limited.get(entry) ?? entry);
}

/** Orders creates before replaces, as their tokens stay. */
function order({ change }: EntryPlan): number {
  return change.action === 'create' ? 0 : 1;
}
