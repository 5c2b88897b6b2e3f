import equal from 'fast-deep-equal';
import type { CustodyRecord } from '../model/custody-record.ts';
import { expiryOf } from '../model/field-rules.ts';
import { isUnmoved } from '../model/granted-values.ts';
import type { Change, ChangeOrigin, Fields, Observed } from '../model/model.ts';
import { parseInstant } from '../util/instant.ts';
import type { Json } from '../util/json.ts';
import type { DecisionInput } from './input.ts';
import { sameId } from './ownership.ts';
import { latestClock } from './rotation/family.ts';

/**
 * Whose move a change answers: the manifest's, the world's, or both, by what was wanted when it was last applied.
 * `null` where nothing is to be done, and where that is not known.
 */
export function attributeChange(change: Change, situation: DecisionInput): ChangeOrigin | null {
  const { action, fields, supersededToken } = change;
  const { desired, forceReplace } = situation;
  const applied = lastApplied(situation);
  switch (action) {
    case 'noop':
    case 'error':
      return null;
    case 'create':
      // What has rotated until now is none that somebody has deleted.
      if (!applied || (desired.name !== undefined && situation.recordFor(desired.name).entry?.rotation)) {
        return 'manifest';
      }
      if (Object.entries(desired.fields).every(([field, value]) => equal(applied[field], value))) {
        return hasRunOut(situation, applied) ? null : 'drift';
      }
      return hasRunOut(situation, applied) ? 'manifest' : 'both';
    case 'delete':
      if (supersededToken) return 'manifest';
      // What no manifest declares was declared once, or somebody has made it.
      if (desired.prunedBy !== undefined) return applied ? 'manifest' : 'drift';
      return applied === null ? 'drift' : 'manifest';
    case 'deliver':
      if (fields.length === 0) return causeOfDelivery(change, situation);
      return applied ? attributeFieldChanges(fields, applied, tokenOf(change, situation)) : null;
    default:
      if (forceReplace) return 'manifest';
      // A token that has expired did so by itself.
      if (fields.length === 0) return tokenOf(change, situation)?.expired ? null : 'drift';
      return applied ? attributeFieldChanges(fields, applied, tokenOf(change, situation)) : null;
  }
}

/** The live token of a change. */
function tokenOf({ id }: Change, { live }: DecisionInput): Observed | undefined {
  return id === null ? undefined : live.byId(id);
}

/**
 * Tells whether a token that is gone had reached its end, by what the service showed or what was applied: services
 * delete what has expired.
 */
function hasRunOut(situation: DecisionInput, applied: Fields): boolean {
  const { desired, rules, recordFor } = situation;
  const ends = [
    ...[desired.name, desired.existing].map((name) => name !== undefined && recordFor(name).entry?.expires),
    parseInstant(expiryOf(rules, applied) ?? '', 'utc'),
  ];
  return ends.some((end) => typeof end === 'number' && end <= latestClock(situation));
}

/** A sink that never had the secret is the manifest's; one that had it has lost it. What waits is nobody's move. */
function causeOfDelivery(change: Change, situation: DecisionInput): ChangeOrigin | null {
  const { id, secret } = change;
  const token = tokenOf(change, situation);
  const known = token && situation.recordFor(token.name);
  if (!known?.entry?.id || !id || known.waiting?.id === id || !sameId(known.entry.id, id)) return null;
  const { delivered } = known.entry;
  return (secret ?? []).some((sink) => sink in delivered) ? 'drift' : 'manifest';
}

/**
 * Whose move it was that fields differ, by what was last applied. What the service granted for that, or doesn't show, is
 * no drift.
 */
export function attributeFieldChanges(
  fields: Change['fields'],
  applied: Fields,
  token?: Observed,
): ChangeOrigin {
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
function lastApplied({ desired, listed, live, recordFor }: DecisionInput): CustodyRecord['lastApplied'] {
  const { name, existing, id } = desired;
  const known = [id, existing].flatMap((given) =>
    given === undefined ? [] : (live.byId(given)?.name ?? listed.byId(given)?.name ?? []),
  );
  const names = [name, existing, ...known].filter((given) => given !== undefined);
  return names.map((given) => recordFor(given).lastApplied).find((applied) => applied !== undefined);
}
