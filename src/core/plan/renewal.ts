import { expiryField } from '../model/field-rules.ts';
import type { Change } from '../model/plan.ts';
import { sameId } from '../model/token-id.ts';
import { formatInstant, parseInstant } from '../util/instant.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import type { LiveFacts } from './facts.ts';
import { missingSinkProblem, rejectedValueProblem } from './preconditions.ts';

/** Plans the renewal of a token's secret in place, with the other changes of the token. */
export function planRenewal(live: LiveFacts, why: string): Change {
  const { input, token, custody } = live;
  const { desired, rules, now } = input;
  const { renewal } = desired;
  if (!renewal) throw new TypeError(`${desired.address} has no rotation in place`);
  const end = expiryField(rules);
  const expiry = formatInstant(now + renewal.lifetime);
  const fields = [
    ...live.differences.filter(({ field }) => field !== end),
    { field: end, before: token.fields[end] ?? null, after: expiry },
  ];
  const payload = Object.fromEntries(fields.map(({ field, after }) => [field, after]));
  const problem = missingSinkProblem(desired) ?? rejectedValueProblem(rules, payload, now);
  if (problem) return errorChange(desired, problem, token.id);
  return makeChange(desired, {
    action: 'patch',
    id: token.id,
    reason: why,
    fields,
    payload,
    secret: sinkNames(desired),
    custody: custody.custody,
    warnings: ['short outage: the token keeps its login name, and the old secret ends at once'],
  });
}

/** Returns why the secret of a token is to be renewed in place now; `undefined` if it isn't. */
export function renewalReason({ input, token }: Pick<LiveFacts, 'input' | 'token'>): string | undefined {
  const { desired, recordFor, now, rules } = input;
  const { renewal } = desired;
  if (!renewal) return undefined;
  const end = parseInstant(String(token.fields[expiryField(rules)]), 'utc');
  if (token.expired || (end !== undefined && end <= now))
    return 'it has expired; its secret is renewed in place';
  const { created, changedAt } = token.origin;
  const { entry } = recordFor(token.name);
  const isOnRecord = entry?.id ? sameId(entry.id, token.id) : false;
  // A token that this ledger holds and never renewed has the secret that it was created with.
  const last = isOnRecord ? (entry?.renewedAt ?? created) : (changedAt ?? created);
  if (last !== null && last !== undefined && now >= last + renewal.every) {
    return `its secret is from ${formatInstant(last)}, and is renewed in place`;
  }
  if (end !== undefined && end - renewal.beforeExpiry <= now) {
    return `it expires at ${formatInstant(end)}; its secret is renewed in place`;
  }
  return undefined;
}
