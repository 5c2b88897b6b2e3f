import equal from 'fast-deep-equal';
import type { TokenRecord } from './custody.ts';
import { timeOf } from './family.ts';
import { expiryOf } from './fields.ts';
import { isUnmoved } from './granted.ts';
import { parseInstant } from './instant.ts';
import type { Json } from './json.ts';
import type { Cause, Change, Fields, Observed } from './model.ts';
import { sameId } from './ours.ts';
import type { Situation } from './situation.ts';

/**
 * Whose move a change answers: the manifest's, the world's, or both, by what was wanted when it was last applied.
 * `null` where nothing is to be done, and where that is not known.
 */
export function causeOf(change: Change, situation: Situation): Cause | null {
  const { action, fields, leftover } = change;
  const { desired, remake } = situation;
  const applied = lastApplied(situation);
  switch (action) {
    case 'noop':
    case 'error':
      return null;
    case 'create':
      // What has rotated until now is none that somebody has deleted.
      if (!applied || (desired.name !== undefined && situation.record(desired.name).entry?.rotation)) {
        return 'manifest';
      }
      if (Object.entries(desired.fields).every(([field, value]) => equal(applied[field], value))) {
        return hasRunOut(situation, applied) ? null : 'drift';
      }
      return hasRunOut(situation, applied) ? 'manifest' : 'both';
    case 'delete':
      if (leftover) return 'manifest';
      // What no manifest declares was declared once, or somebody has made it.
      if (desired.prunedBy !== undefined) return applied ? 'manifest' : 'drift';
      return applied === null ? 'drift' : 'manifest';
    case 'deliver':
      if (fields.length === 0) return causeOfDelivery(change, situation);
      return applied ? causeOfFields(fields, applied, tokenOf(change, situation)) : null;
    default:
      if (remake) return 'manifest';
      // A token that has expired did so by itself.
      if (fields.length === 0) return tokenOf(change, situation)?.expired ? null : 'drift';
      return applied ? causeOfFields(fields, applied, tokenOf(change, situation)) : null;
  }
}

/** The live token of a change. */
function tokenOf({ id }: Change, { live }: Situation): Observed | undefined {
  return id === null ? undefined : live.withId(id);
}

/**
 * Tells whether a token that is gone had reached its end, by what the service showed or what was applied: services
 * delete what has expired.
 */
function hasRunOut(situation: Situation, applied: Fields): boolean {
  const { desired, rules, record } = situation;
  const ends = [
    ...[desired.name, desired.ref].map((name) => name !== undefined && record(name).entry?.expires),
    parseInstant(expiryOf(rules, applied) ?? '', 'utc'),
  ];
  return ends.some((end) => typeof end === 'number' && end <= timeOf(situation));
}

/** A sink that never had the secret is the manifest's; one that had it has lost it. What waits is nobody's move. */
function causeOfDelivery(change: Change, situation: Situation): Cause | null {
  const { id, secret } = change;
  const token = tokenOf(change, situation);
  const known = token && situation.record(token.name);
  if (!known?.entry?.id || !id || known.waiting?.id === id || !sameId(known.entry.id, id)) return null;
  const { delivered } = known.entry;
  return (secret ?? []).some((sink) => sink in delivered) ? 'drift' : 'manifest';
}

/**
 * Whose move it was that fields differ, by what was last applied. What the service granted for that, or doesn't show, is
 * no drift.
 */
export function causeOfFields(fields: Change['fields'], applied: Fields, token?: Observed): Cause {
  const manifest = fields.some(({ field, after }) => !equal(applied[field], after));
  const isAsApplied = (field: string, before: Json): boolean => {
    const last = applied[field];
    return last === undefined || equal(last, before) || (token ? isUnmoved(token, field, last) : false);
  };
  const drift = fields.some(({ field, before }) => !isAsApplied(field, before));
  if (manifest) return drift ? 'both' : 'manifest';
  return 'drift';
}

/** What was last wanted of the token: its fields; `null` for its absence; `undefined` where nothing is on record. */
function lastApplied({ desired, listed, live, record }: Situation): TokenRecord['applied'] {
  const { name, ref, id } = desired;
  const known = [id, ref].flatMap((given) =>
    given === undefined ? [] : (live.withId(given)?.name ?? listed.withId(given)?.name ?? []),
  );
  const names = [name, ref, ...known].filter((given) => given !== undefined);
  return names.map((given) => record(given).applied).find((applied) => applied !== undefined);
}
