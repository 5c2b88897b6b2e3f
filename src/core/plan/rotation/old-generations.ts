import { expiryField, nameFieldOf } from '../../model/field-rules.ts';
import type { Change, RotationStatus } from '../../model/plan.ts';
import { addressOf, type Observed } from '../../model/token.ts';
import { sameId } from '../../model/token-id.ts';
import { formatDuration } from '../../util/duration.ts';
import { formatInstant } from '../../util/instant.ts';
import { makeChange } from '../change.ts';
import { diffAgainstLive, patchableChanges } from '../diff.ts';
import { attributeFieldChanges } from '../drift.ts';
import type { Decision } from '../entry-plan.ts';
import { deliveredAt } from './delivery.ts';
import type { RotationFacts } from './facts.ts';
import { isAmbiguousGenerationZero, isDisabledExternally, withName } from './family.ts';
import { createdAt, isExpired, isExpiredByBothClocks, rotationDueAt } from './lifetime.ts';

/**
 * Plans the old generations beside a family's own change, and adds the state of the family after both. Old generations are
 * deleted once they are not needed, and kept as declared until then.
 */
export function planOldGenerations(facts: RotationFacts, own: Change): Decision {
  const { newest, members, orphans, rotation, now } = facts;
  const creates = own.action === 'create';
  const current = own.action === 'deliver' ? own.id : newest?.token.id;
  const isOld = ({ id }: Observed): boolean => creates || typeof current !== 'string' || !sameId(id, current);
  const old = own.error ? [] : [...members.filter(isOld), ...orphans];
  const related = old.flatMap((token) => planOldGeneration(token, facts, own) ?? []);
  const deleted = new Set(related.filter(({ action }) => action === 'delete').map(({ id }) => id));
  const kept = members.filter((token) => (creates || token !== newest?.token) && !deleted.has(token.id));
  const due = creates ? rotationDueAt(rotation, now, now + rotation.lifetime) : newest?.rotationDueAt;
  const family: RotationStatus = {
    next: creates ? nextGeneration(facts, own) : null,
    rotationDue: due === undefined || own.error ? null : formatInstant(due),
    retained: kept.length === 0 ? [] : retained(kept, creates ? undefined : overlapEnd(facts), facts),
  };
  return { change: { ...own, family }, related };
}

function nextGeneration({ input }: RotationFacts, { payload }: Change): RotationStatus['next'] {
  return {
    name: String(payload[nameFieldOf(input.rules)]),
    expires: String(payload[expiryField(input.rules)]),
    ...(input.revokeOld && { revokes: true as const }),
  };
}

/** Returns the old generations that are kept. A generation created by hand also gets a full overlap. */
function retained(
  tokens: readonly Observed[],
  end: number | undefined,
  { rotation }: RotationFacts,
): RotationStatus['retained'] {
  return tokens.map((token) => {
    const until = end === undefined ? undefined : Math.max(end, (createdAt(token) ?? 0) + rotation.overlap);
    return { id: token.id, name: token.name, until: until === undefined ? null : formatInstant(until) };
  });
}

/** Plans one old generation: its deletion, or a patch while it may still be in use. */
function planOldGeneration(token: Observed, facts: RotationFacts, own: Change): Change | undefined {
  const { input, orphans } = facts;
  const { desired } = input;
  const deletion = deletionReason(token, facts, own);
  if (!deletion) {
    return orphans.includes(token) || isExpired(token, input) ? undefined : planPatch(token, facts);
  }
  const { reason, successor, expired } = deletion;
  const { id, name, origin } = token;
  return makeChange(desired, {
    address: addressOf(desired.kind, desired.scope, name),
    supersededToken: { id, name, created: origin.created, successor, ...(expired && { expired }) },
    action: 'delete',
    id,
    reason,
    custody: 'unknown',
    cause: 'manifest',
  });
}

interface Deletion {
  readonly reason: string;
  /** The name of the generation that has to be delivered before. */
  readonly successor: string;
  /** True if it has expired by both clocks. It may then be deleted regardless of its successor. */
  readonly expired?: true;
}

/** Returns the reason for deleting a generation now; `undefined` if it stays. */
function deletionReason(token: Observed, facts: RotationFacts, own: Change): Deletion | undefined {
  const { input, orphans, record, rotation } = facts;
  const newest = facts.newest?.token;
  const { rules, revokeOld, now } = input;
  const { attempt } = (own.action === 'deliver' && record.pendingSecret) || {};
  const makes = own.action === 'create' ? String(own.payload[nameFieldOf(rules)]) : attempt?.name;
  const successor = makes ?? newest?.name ?? '';
  if (isExpiredByBothClocks(token, input)) return { reason: 'expired', successor, expired: true };
  if (makes !== undefined && (attempt ? attempt.revokeOld : revokeOld)) {
    return { reason: `revoked as soon as ${makes} is delivered`, successor: makes };
  }
  const end = overlapEnd(facts);
  if (!newest || token === newest || end === undefined) return undefined;
  const isRevoked = record.entry?.superseded.some(({ id, revoked }) => revoked && sameId(id, token.id));
  if (isRevoked) {
    return { reason: `revoked, and ${newest.name} is delivered`, successor: newest.name };
  }
  if (isAmbiguousGenerationZero(token, facts)) return undefined;
  // A generation created by hand also gets a full overlap before it is deleted.
  if (now < Math.max(end, (createdAt(token) ?? 0) + rotation.overlap)) return undefined;
  const since = `the overlap of ${formatDuration(rotation.overlap)} is over`;
  return {
    successor: newest.name,
    reason: orphans.includes(token)
      ? `an earlier run created it, but its secret was never delivered; ${since}`
      : `superseded by ${newest.name}, and ${since}`,
  };
}

/** Returns the end of the overlap; `undefined` while the newest generation is unusable, or not known to be delivered. */
function overlapEnd({ newest, record, rotation }: RotationFacts): number | undefined {
  if (!newest || newest.unusable || !record.entry) return undefined;
  const { delivery } = newest;
  if (delivery === 'unknown' || !delivery.delivered || !delivery.byLedger) return undefined;
  const since = deliveredAt(record.entry);
  return since === null ? undefined : since + rotation.overlap;
}

/** Plans a patch of an old generation, for the fields that can be patched. */
function planPatch(token: Observed, facts: RotationFacts): Change | undefined {
  const { input, record } = facts;
  const { desired, rules } = input;
  const named = withName(input, token.name);
  // An old generation that was disabled by hand stays disabled. It will be deleted anyway.
  const isDisabled = isDisabledExternally(token, facts, {});
  const fields = patchableChanges(diffAgainstLive(named.desired, token, rules), rules).filter(
    ({ field }) => !(isDisabled && rules[field]?.activeValue !== undefined),
  );
  if (fields.length === 0) return undefined;
  return makeChange(desired, {
    address: addressOf(desired.kind, desired.scope, token.name),
    action: 'patch',
    id: token.id,
    reason: `${fields.map(({ field }) => field).join(', ')}: changed for all generations`,
    fields,
    payload: Object.fromEntries(fields.map(({ field, after }) => [field, after])),
    custody: 'unknown',
    cause: record.lastApplied ? attributeFieldChanges(fields, record.lastApplied, input, token) : null,
  });
}

/** Plans the deletion of a whole family, the newest generation first. */
export function planDeleteFamily({ input, members, orphans }: RotationFacts): Decision {
  const { desired } = input;
  const newest = members.at(-1);
  const others = [...members, ...orphans].filter((token) => token !== newest);
  const [first, ...more] = newest ? [newest, ...others] : others;
  if (!first) return { change: makeChange(desired, { action: 'noop', reason: 'already absent' }) };
  const deleted = { action: 'delete', reason: 'declared absent', custody: 'unknown' } as const;
  const related = more.map(({ id, name }) => {
    const address = addressOf(desired.kind, desired.scope, name);
    return makeChange(desired, { ...deleted, address, id, cause: 'manifest' });
  });
  return { change: makeChange(desired, { ...deleted, id: first.id }), related };
}
