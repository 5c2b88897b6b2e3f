import type { SecretRenewal } from '../model/desired.ts';
import { expiryField } from '../model/field-rules.ts';
import type { Change } from '../model/plan.ts';
import { sameId } from '../model/token-id.ts';
import { formatInstant, parseInstant } from '../util/instant.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import type { LiveFacts } from './facts.ts';
import { missingSinkProblem, rejectedValueProblem } from './preconditions.ts';
import { isRenewalPending } from './repair.ts';

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
    custody: isRenewalPending(token, input.recordFor(token.name)) ? 'undelivered' : custody.custody,
    warnings: ['short outage: the token keeps its login name, and the old secret ends at once'],
  });
}

/** Returns why the secret of a token is to be renewed in place now; `undefined` if it isn't. */
export function renewalReason({ input, token }: Pick<LiveFacts, 'input' | 'token'>): string | undefined {
  const { desired, now, rules } = input;
  const { renewal } = desired;
  if (!renewal) return undefined;
  const end = parseInstant(String(token.fields[expiryField(rules)]), 'utc');
  if (token.expired || (end !== undefined && end <= now))
    return 'it has expired; its secret is renewed in place';
  const { last, byAge, byExpiry } = renewalTimes(input, token, renewal);
  if (last !== undefined && byAge !== undefined && now >= byAge) {
    return `its secret is from ${formatInstant(last)}, and is renewed in place`;
  }
  if (end !== undefined && byExpiry !== undefined && byExpiry <= now) {
    return `it expires at ${formatInstant(end)}; its secret is renewed in place`;
  }
  return undefined;
}

/** Returns the time at which the secret of a token is to be renewed in place; `undefined` if it has no such time. */
export function renewalDueAt({ input, token }: Pick<LiveFacts, 'input' | 'token'>): number | undefined {
  const { renewal } = input.desired;
  if (!renewal) return undefined;
  const { byAge, byExpiry } = renewalTimes(input, token, renewal);
  const times = [byAge, byExpiry].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Returns the time of the last renewal, and the times at which the next is due: by the age of the secret, by the expiry. */
function renewalTimes(
  { recordFor, rules }: LiveFacts['input'],
  token: LiveFacts['token'],
  { every, beforeExpiry }: SecretRenewal,
): { readonly last?: number; readonly byAge?: number; readonly byExpiry?: number } {
  const end = parseInstant(String(token.fields[expiryField(rules)]), 'utc');
  const { created, changedAt } = token.origin;
  const { entry } = recordFor(token.name);
  const isOnRecord = entry?.id ? sameId(entry.id, token.id) : false;
  // A token that this ledger holds and never renewed has the secret that it was created with.
  const last = isOnRecord ? (entry?.renewedAt ?? created) : (changedAt ?? created);
  return {
    ...(last !== null && { last, byAge: last + every }),
    ...(end !== undefined && { byExpiry: end - beforeExpiry }),
  };
}
