import type { CustodyRecord } from '../model/custody-record.ts';
import { sinksOf } from '../model/entry-sinks.ts';
import type { Change, RetiredToken } from '../model/plan.ts';
import { isReadBackable } from '../model/sink.ts';
import { addressOf } from '../model/token.ts';
import { makeChange } from './change.ts';
import type { Claims } from './claims.ts';
import { sinkHoldsToken } from './custody.ts';
import type { EntryPlan } from './entry-plan.ts';
import type { SeenInput } from './input.ts';
import { deliveredAt } from './rotation/delivery.ts';
import { keepReason } from './superseded.ts';

/**
 * Plans the deletion of tokens that earlier replaces of an entry have superseded. Each is deleted if the entry's own token
 * is live, the readable sinks have its secret, and `keepReason` returns nothing. The others are left alone with a warning.
 */
export function retireSuperseded(entries: readonly EntryPlan[], claims: Claims): readonly EntryPlan[] {
  return entries.map((entry) => {
    const { input, change, related = [] } = entry;
    // A family plans its old generations by itself.
    if ('problem' in input || input.desired.rotation || input.desired.state === 'absent') return entry;
    const { name, existing } = input.desired;
    const names = new Set([name, existing].filter((known) => known !== undefined));
    const retired = [...names].flatMap((known) => {
      const record = input.recordFor(known);
      return record.entry?.superseded.length ? supersededBy(known, record, input, claims) : [];
    });
    if (retired.length === 0) return entry;
    const warnings = [...change.warnings, ...retired.filter((item) => typeof item === 'string')];
    const deletes = retired.filter((item) => typeof item === 'object');
    return { input, change: { ...change, warnings }, related: [...related, ...deletes] };
  });
}

/** Returns the deletes of the tokens that a record lists as superseded, and the warnings for those that are left alone. */
function supersededBy(
  name: string,
  record: CustodyRecord,
  input: SeenInput,
  claims: Claims,
): readonly (Change | string)[] {
  const { desired, live, listed, now } = input;
  const { entry } = record;
  const own = entry?.id ? live.byId(entry.id) : undefined;
  if (!entry || !own) return [];
  const isDelivered = sinksOf(desired)
    .filter(isReadBackable)
    .every((sink) => sinkHoldsToken(record, sink, own));
  if (!isDelivered) return [];
  // If rotation was just removed, old generations keep their overlap.
  const { rotation } = entry;
  if (rotation && now < (deliveredAt(entry) ?? now) + rotation.overlap) return [];
  return entry.superseded.flatMap((old): readonly (Change | string)[] => {
    const token = listed.byId(old.id);
    if (!token || claims.declaredBy(input, old) !== desired.address) return [];
    const reason = keepReason(token, old, desired);
    if (reason !== undefined) return [leftAlone(old, reason)];
    const retired = makeChange(desired, {
      address: addressOf(desired.kind, desired.scope, old.name),
      supersededToken: { ...old, successor: name },
      action: 'delete',
      id: old.id,
      reason: `superseded by ${own.name} (${own.id}), whose secret is delivered`,
      custody: 'unknown',
      cause: 'manifest',
    });
    return [retired];
  });
}

/** Returns the warning that a token listed as superseded in the ledger is not deleted. */
export function leftAlone({ id, name }: RetiredToken, reason: string): string {
  return `the ledger lists ${name} (${id}) as superseded, but ${reason}; the token is left alone: delete it by hand if it is not needed`;
}
