import equal from 'fast-deep-equal';
import type { CustodyRecord } from '../model/custody-record.ts';
import { expiryOf, fitFields } from '../model/field-rules.ts';
import { isUnmoved } from '../model/granted-values.ts';
import type { Change, ChangeOrigin } from '../model/plan.ts';
import type { Fields, Observed } from '../model/token.ts';
import { sameId } from '../model/token-id.ts';
import { parseInstant } from '../util/instant.ts';
import type { Json } from '../util/json.ts';
import type { EntryPlan } from './entry-plan.ts';
import type { DecisionInput } from './input.ts';
import { latestClock } from './rotation/lifetime.ts';

/** Attributes the change of each entry to the manifest, to drift, or to both. */
export function attributeDrift(entries: readonly EntryPlan[]): readonly EntryPlan[] {
  return entries.map((entry) => {
    const { input, change } = entry;
    if ('problem' in input || change.cause !== null) return entry;
    if (change.action === 'noop' || change.action === 'error') return entry;
    return { ...entry, change: { ...change, cause: attributeChange(change, input) } };
  });
}

/**
 * Attributes a change to the manifest, to drift, or to both, by comparing with the last-applied fields. `null` if the cause
 * is unknown.
 */
function attributeChange(change: Change, input: DecisionInput): ChangeOrigin | null {
  const { action, fields } = change;
  const { desired, forceReplace } = input;
  const applied = lastApplied(input);
  switch (action) {
    case 'create':
      // An entry that used to rotate has no token under its plain name, so its absence is not drift.
      if (!applied || (desired.name !== undefined && input.recordFor(desired.name).entry?.rotation)) {
        return 'manifest';
      }
      if (Object.entries(desired.fields).every(([field, value]) => equal(applied[field], value))) {
        return hasExpired(input, applied) ? null : 'drift';
      }
      return hasExpired(input, applied) ? 'manifest' : 'both';
    case 'delete':
      // An undeclared token was either declared once, or created outside of reconcile.
      if (desired.prunedBy !== undefined) return applied ? 'manifest' : 'drift';
      return applied === null ? 'drift' : 'manifest';
    case 'deliver':
      if (fields.length === 0) return attributeDelivery(change, input);
      return applied ? attributeFieldChanges(fields, applied, input, tokenOf(change, input)) : null;
    default:
      if (forceReplace) return 'manifest';
      // The expiry of a token is not drift.
      if (fields.length === 0) return tokenOf(change, input)?.expired ? null : 'drift';
      return applied ? attributeFieldChanges(fields, applied, input, tokenOf(change, input)) : null;
  }
}

/** Returns the live token of a change. */
function tokenOf({ id }: Change, { live }: DecisionInput): Observed | undefined {
  return id === null ? undefined : live.byId(id);
}

/**
 * Tells whether a missing token had reached its expiry, as the service showed it or as it was applied. Services delete
 * expired tokens.
 */
function hasExpired(input: DecisionInput, applied: Fields): boolean {
  const { desired, rules, recordFor } = input;
  const ends = [
    ...[desired.name, desired.existing].map((name) => name !== undefined && recordFor(name).entry?.expires),
    parseInstant(expiryOf(rules, applied) ?? '', 'utc'),
  ];
  return ends.some((end) => typeof end === 'number' && end <= latestClock(input));
}

/**
 * Attributes a delivery. A sink that never had the secret is a manifest change; one that lost it is drift. A pending
 * delivery is neither.
 */
function attributeDelivery(change: Change, input: DecisionInput): ChangeOrigin | null {
  const { id, secret } = change;
  const token = tokenOf(change, input);
  const known = token && input.recordFor(token.name);
  if (!known?.entry?.id || !id || known.pendingSecret?.id === id || !sameId(known.entry.id, id)) return null;
  const { delivered } = known.entry;
  return (secret ?? []).some((sink) => sink in delivered) ? 'drift' : 'manifest';
}

/**
 * Attributes differing fields by comparing with the last-applied fields. A value that the service granted for them, or
 * doesn't show, is not drift, and neither is an expiry that it rounds.
 */
export function attributeFieldChanges(
  fields: Change['fields'],
  applied: Fields,
  { rules }: Pick<DecisionInput, 'rules'>,
  token?: Observed,
): ChangeOrigin {
  const kept = token ? fitFields(rules, applied, token.origin.created, token.fields) : applied;
  const manifest = fields.some(
    ({ field, after }) => !equal(applied[field], after) && !equal(kept[field], after),
  );
  const isAsApplied = (field: string, before: Json): boolean => {
    const last = applied[field];
    if (equal(kept[field], before)) return true;
    return last === undefined || equal(last, before) || (token ? isUnmoved(token, field, last) : false);
  };
  const drift = fields.some(({ field, before }) => !isAsApplied(field, before));
  if (manifest) return drift ? 'both' : 'manifest';
  return 'drift';
}

/** Returns the last-applied fields of a token; `null` if it was declared absent, `undefined` if nothing is recorded. */
function lastApplied({ desired, listed, live, recordFor }: DecisionInput): CustodyRecord['lastApplied'] {
  const { name, existing, id } = desired;
  const known = [id, existing].flatMap((given) =>
    given === undefined ? [] : (live.byId(given)?.name ?? listed.byId(given)?.name ?? []),
  );
  const names = [name, existing, ...known].filter((given) => given !== undefined);
  return names.map((given) => recordFor(given).lastApplied).find((applied) => applied !== undefined);
}
