import type { CustodyRecord } from '../../model/custody-record.ts';
import { expiryField, nameFieldOf } from '../../model/field-rules.ts';
import { timestampOf } from '../../model/generation-name.ts';
import { addressOf, type Change, type Observed, type RotationStatus } from '../../model/model.ts';
import { sameId } from '../../model/token-id.ts';
import { formatDuration } from '../../util/duration.ts';
import { formatInstant } from '../../util/instant.ts';
import { makeChange } from '../change.ts';
import { diffAgainstLive, patchableChanges } from '../diff.ts';
import { attributeFieldChanges } from '../drift.ts';
import { deliveryStatus } from './delivery.ts';
import { type Family, isDisabledExternally, type RotationInput } from './family.ts';
import {
  createdAt,
  expiresAt,
  isExpired,
  isExpiredByBothClocks,
  latestClock,
  rotationBy,
  rotationDueAt,
} from './lifetime.ts';

/** Returns the input as if the entry were this generation alone. */
export function withName(situation: RotationInput, name: string): RotationInput {
  const { desired, rules } = situation;
  return {
    ...situation,
    desired: { ...desired, name, fields: { ...desired.fields, [nameFieldOf(rules)]: name } },
  };
}

/** The changes of a family: its own change, and those of its old generations. */
export interface RotationPlan {
  readonly change: Change;
  readonly oldGenerationChanges: readonly Change[];
}

/** Returns the reason why a generation can't be used; `undefined` if it can. */
export function unusableReason(
  token: Observed,
  record: CustodyRecord,
  situation: RotationInput,
): string | undefined {
  if (isExpired(token, situation)) {
    const end = expiresAt(token, situation);
    return end === undefined ? 'has expired' : `has expired on ${formatInstant(end)}`;
  }
  return isDisabledExternally(token, situation, record) ? 'is switched off' : undefined;
}

/** Plans the old generations: deletes them once they are not needed, and keeps them as declared until then. */
export function planOldGenerations(family: Family, own: Change, situation: RotationInput): readonly Change[] {
  const { desired } = situation;
  const { newest, members, orphans, record } = family;
  const current = own.action === 'deliver' ? own.id : newest?.id;
  const isCurrent = ({ id }: Observed): boolean => typeof current === 'string' && sameId(id, current);
  const old = own.action === 'create' ? members : members.filter((token) => !isCurrent(token));
  return [...old, ...orphans].flatMap((token): readonly Change[] => {
    const retirement = deletionReason(token, family, own, situation);
    if (!retirement) {
      return orphans.includes(token) || isExpired(token, situation) ? [] : patchOf(token, record, situation);
    }
    const { reason, successor, over } = retirement;
    const { id, name, origin } = token;
    return [
      makeChange(desired, {
        address: addressOf(desired.kind, desired.scope, name),
        supersededToken: { id, name, created: origin.created, successor, ...(over && { expired: over }) },
        action: 'delete',
        id,
        reason,
        custody: 'unknown',
        cause: 'manifest',
      }),
    ];
  });
}

interface Retirement {
  readonly reason: string;
  /** The name of the generation that has to be delivered before. */
  readonly successor: string;
  /** True if it has expired by both clocks. It may then be deleted, whatever the state of its successor. */
  readonly over?: true;
}

/** Returns the reason for deleting a generation now; `undefined` if it stays. */
function deletionReason(
  token: Observed,
  family: Family,
  own: Change,
  situation: RotationInput,
): Retirement | undefined {
  const { desired, rules, revokeOld, now } = situation;
  const { newest, orphans, record } = family;
  const { attempt } = (own.action === 'deliver' && record.waiting) || {};
  const makes = own.action === 'create' ? String(own.payload[nameFieldOf(rules)]) : attempt?.name;
  const successor = makes ?? newest?.name ?? '';
  if (isExpiredByBothClocks(token, situation)) {
    return { reason: 'it has expired', successor, over: true };
  }
  if (makes !== undefined && (attempt ? attempt.revokes : revokeOld)) {
    return { reason: `revoked, once ${makes} is handed over`, successor: makes };
  }
  const end = overlapEnd(family, situation);
  if (!newest || token === newest || end === undefined) return undefined;
  const isRevoked = record.entry?.retire.some(({ id, revoked }) => revoked && sameId(id, token.id));
  if (isRevoked) {
    return { reason: `revoked, and ${newest.name} is handed over`, successor: newest.name };
  }
  if (isAmbiguousGenerationZero(token, family)) return undefined;
  // A generation created by hand also gets a full overlap before it is deleted.
  if (now < Math.max(end, (createdAt(token) ?? 0) + desired.rotation.overlap)) return undefined;
  const since = `the overlap of ${formatDuration(desired.rotation.overlap)} is over`;
  return {
    successor: newest.name,
    reason: orphans.includes(token)
      ? `an attempt of ours has made it, and nobody has its secret; ${since}`
      : `${newest.name} has taken its place, and ${since}`,
  };
}

/** Tells whether a token shares the plain name with others, so that none of them is surely generation zero. */
export function isAmbiguousGenerationZero({ name }: Observed, { members }: Family): boolean {
  return timestampOf(name) === undefined && members.filter((other) => other.name === name).length > 1;
}

/** Plans a patch of an old generation, for the fields that can be patched. It may still be in use. */
function patchOf(token: Observed, record: CustodyRecord, situation: RotationInput): readonly Change[] {
  const { desired, rules } = situation;
  const own = withName(situation, token.name);
  // An old generation that was disabled by hand stays disabled. It will be deleted anyway.
  const isOff = isDisabledExternally(token, { rules, desired: { ...desired, fields: {} } }, record);
  const fields = patchableChanges(diffAgainstLive(own.desired, token), rules).filter(
    ({ field }) => !(isOff && rules[field]?.activeValue !== undefined),
  );
  if (fields.length === 0) return [];
  return [
    makeChange(desired, {
      address: addressOf(desired.kind, desired.scope, token.name),
      action: 'patch',
      id: token.id,
      reason: `${fields.map(({ field }) => field).join(', ')} as with the other generations`,
      fields,
      payload: Object.fromEntries(fields.map(({ field, after }) => [field, after])),
      custody: 'unknown',
      cause: record.lastApplied ? attributeFieldChanges(fields, record.lastApplied, token) : null,
    }),
  ];
}

/** Returns the end of the overlap; `undefined` while the newest generation is unusable, or not known to be delivered. */
function overlapEnd(family: Family, situation: RotationInput): number | undefined {
  const { newest, record, rotation } = family;
  if (!newest || unusableReason(newest, record, situation) !== undefined) return undefined;
  const confirmation = deliveryStatus(newest, family, situation.desired);
  if (confirmation === 'unknown' || !confirmation.delivered || confirmation.since === null) return undefined;
  return confirmation.since + rotation.overlap;
}

/** Returns the state of the family after its changes. */
export function rotationStatus(
  family: Family,
  own: Change,
  retiring: ReadonlySet<string | null>,
  situation: RotationInput,
): RotationStatus {
  const { rules } = situation;
  const { newest, members, rotation } = family;
  const now = latestClock(situation);
  const isNext = own.action === 'create';
  const made = isNext ? now : newest && createdAt(newest);
  const end = isNext ? now + rotation.lifetime : newest && expiresAt(newest, situation);
  const due = rotationDueAt(
    isNext || !newest ? rotation : rotationBy(rotation, newest, situation),
    made,
    end,
  );
  const until = isNext ? undefined : overlapEnd(family, situation);
  return {
    next: isNext
      ? {
          name: String(own.payload[nameFieldOf(rules)]),
          expires: String(own.payload[expiryField(rules)]),
          ...(situation.revokeOld && { revokes: true as const }),
        }
      : null,
    rotationDue: due === undefined || own.error ? null : formatInstant(due),
    retained: members
      .filter((token) => (isNext || token !== newest) && !retiring.has(token.id))
      .map((token) => {
        const stays =
          until === undefined ? undefined : Math.max(until, (createdAt(token) ?? 0) + rotation.overlap);
        return { id: token.id, name: token.name, until: stays === undefined ? null : formatInstant(stays) };
      }),
  };
}

const declaredAbsent = { action: 'delete', reason: 'declared absent', custody: 'unknown' } as const;

/** Plans the deletion of a whole family: its own change. */
export function planDeleteFamily(family: Family, { desired }: RotationInput): Change {
  const [first] = goingFirst(family);
  if (!first) return makeChange(desired, { action: 'noop', reason: 'there is no such token' });
  return makeChange(desired, { ...declaredAbsent, id: first.id });
}

/** Plans the deletion of a whole family: the tokens besides that of its own change. */
export function allOthersGone(family: Family, { desired }: RotationInput): readonly Change[] {
  return goingFirst(family)
    .slice(1)
    .map(({ id, name }) =>
      makeChange(desired, {
        ...declaredAbsent,
        address: addressOf(desired.kind, desired.scope, name),
        id,
        cause: 'manifest',
      }),
    );
}

/** Returns all tokens of a family, the newest first. */
function goingFirst({ members, orphans, newest }: Family): readonly Observed[] {
  const all = [...members, ...orphans];
  return newest ? [newest, ...all.filter((token) => token !== newest)] : all;
}
