import equal from 'fast-deep-equal';
import type { TokenRecord } from './custody.ts';
import type { Cause, Change, Fields } from './model.ts';
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
      return Object.entries(desired.fields).every(([field, value]) => equal(applied[field], value))
        ? 'drift'
        : 'both';
    case 'delete':
      if (leftover) return 'manifest';
      // What no manifest declares was declared once, or somebody has made it.
      if (desired.prunedBy !== undefined) return applied ? 'manifest' : 'drift';
      return applied === null ? 'drift' : 'manifest';
    case 'deliver':
      if (fields.length === 0) return causeOfDelivery(change, situation);
      return applied ? causeOfFields(fields, applied) : null;
    default:
      if (remake) return 'manifest';
      if (fields.length === 0) return 'drift';
      return applied ? causeOfFields(fields, applied) : null;
  }
}

/** A sink that never had the secret is the manifest's; one that had it has lost it. What waits is nobody's move. */
function causeOfDelivery({ id, secret }: Change, { live, record }: Situation): Cause | null {
  const token = id === null ? undefined : live.withId(id);
  const known = token && record(token.name);
  if (!known?.entry?.id || !id || known.waiting?.id === id || !sameId(known.entry.id, id)) return null;
  const { delivered } = known.entry;
  return (secret ?? []).some((sink) => sink in delivered) ? 'drift' : 'manifest';
}

/** Whose move it was that fields differ, by what was last applied. */
export function causeOfFields(fields: Change['fields'], applied: Fields): Cause {
  const manifest = fields.some(({ field, after }) => !equal(applied[field], after));
  const drift = fields.some(({ field, before }) => field in applied && !equal(applied[field], before));
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
