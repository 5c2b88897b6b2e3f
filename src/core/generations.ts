import { differences, patchable } from './adjust.ts';
import { causeOfFields } from './cause.ts';
import { change } from './change.ts';
import type { TokenRecord } from './custody.ts';
import { formatDuration } from './duration.ts';
import {
  confirmationOf,
  dueAt,
  endOf,
  type Family,
  type FamilySituation,
  isOver,
  isSurelyOver,
  isSwitchedOff,
  madeAt,
  rotationBy,
  timeOf,
} from './family.ts';
import { expiryField, identityOf } from './fields.ts';
import { markedAt } from './generation.ts';
import { formatInstant } from './instant.ts';
import { addressOf, type Change, type FamilyState, type Observed } from './model.ts';
import { sameId } from './ours.ts';

/** The entry as if it were that of one generation alone. */
export function calledAs(situation: FamilySituation, name: string): FamilySituation {
  const { desired, rules } = situation;
  return {
    ...situation,
    desired: { ...desired, name, fields: { ...desired.fields, [identityOf(rules)]: name } },
  };
}

/** What is to be done about a family: its own change, and those of its old generations. */
export interface FamilyPlan {
  readonly change: Change;
  readonly others: readonly Change[];
}

/** Why a generation can't be used, in words; `undefined` where it can. */
export function overOrOff(
  token: Observed,
  record: TokenRecord,
  situation: FamilySituation,
): string | undefined {
  if (isOver(token, situation)) {
    const end = endOf(token, situation);
    return end === undefined ? 'has expired' : `has expired on ${formatInstant(end)}`;
  }
  return isSwitchedOff(token, situation, record) ? 'is switched off' : undefined;
}

/** What becomes of the old generations: deleted once nobody needs them, and as declared until then. */
export function decideOthers(family: Family, own: Change, situation: FamilySituation): readonly Change[] {
  const { desired } = situation;
  const { newest, members, leftBehind, record } = family;
  const current = own.action === 'deliver' ? own.id : newest?.id;
  const isCurrent = ({ id }: Observed): boolean => typeof current === 'string' && sameId(id, current);
  const old = own.action === 'create' ? members : members.filter((token) => !isCurrent(token));
  return [...old, ...leftBehind].flatMap((token): readonly Change[] => {
    const retirement = retirementOf(token, family, own, situation);
    if (!retirement) {
      return leftBehind.includes(token) || isOver(token, situation) ? [] : patchOf(token, record, situation);
    }
    const { reason, successor, over } = retirement;
    const { id, name, origin } = token;
    return [
      change(desired, {
        address: addressOf(desired.kind, desired.scope, name),
        leftover: { id, name, created: origin.created, successor, ...(over && { over }) },
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
  /** The name of the generation that has to be handed over before. */
  readonly successor: string;
  /** It has expired by every clock: it may go whatever becomes of its successor. */
  readonly over?: true;
}

/** Why a generation goes now; `undefined` where it stays. */
function retirementOf(
  token: Observed,
  family: Family,
  own: Change,
  situation: FamilySituation,
): Retirement | undefined {
  const { desired, rules, revoke, now } = situation;
  const { newest, leftBehind, record } = family;
  const { attempt } = (own.action === 'deliver' && record.waiting) || {};
  const makes = own.action === 'create' ? String(own.write[identityOf(rules)]) : attempt?.name;
  const successor = makes ?? newest?.name ?? '';
  if (isSurelyOver(token, situation)) {
    return { reason: 'it has expired', successor, over: true };
  }
  if (makes !== undefined && (attempt ? attempt.revokes : revoke)) {
    return { reason: `revoked, once ${makes} is handed over`, successor: makes };
  }
  const end = overlapEnd(family, situation);
  if (!newest || token === newest || end === undefined) return undefined;
  const isRevoked = record.entry?.retire.some(({ id, revoked }) => revoked && sameId(id, token.id));
  if (isRevoked) {
    return { reason: `revoked, and ${newest.name} is handed over`, successor: newest.name };
  }
  if (isOneOfManyPlain(token, family)) return undefined;
  // Who has made one by hand, beside the family, has an overlap to see it go.
  if (now < Math.max(end, (madeAt(token) ?? 0) + desired.rotation.overlap)) return undefined;
  const since = `the overlap of ${formatDuration(desired.rotation.overlap)} is over`;
  return {
    successor: newest.name,
    reason: leftBehind.includes(token)
      ? `an attempt of ours has made it, and nobody has its secret; ${since}`
      : `${newest.name} has taken its place, and ${since}`,
  };
}

/** Where several tokens bear the plain name, none of them is surely generation zero. */
export function isOneOfManyPlain({ name }: Observed, { members }: Family): boolean {
  return markedAt(name) === undefined && members.filter((other) => other.name === name).length > 1;
}

/** What makes an old generation as declared, as far as a patch can: it may still be in use. */
function patchOf(token: Observed, record: TokenRecord, situation: FamilySituation): readonly Change[] {
  const { desired, rules } = situation;
  const own = calledAs(situation, token.name);
  // Whoever has switched an old one off had a reason, and it is to go anyway.
  const isOff = isSwitchedOff(token, { rules, desired: { ...desired, fields: {} } }, record);
  const fields = patchable(differences(own.desired, token), rules).filter(
    ({ field }) => !(isOff && rules[field]?.serving !== undefined),
  );
  if (fields.length === 0) return [];
  return [
    change(desired, {
      address: addressOf(desired.kind, desired.scope, token.name),
      action: 'patch',
      id: token.id,
      reason: `${fields.map(({ field }) => field).join(', ')} as with the other generations`,
      fields,
      write: Object.fromEntries(fields.map(({ field, after }) => [field, after])),
      custody: 'unknown',
      cause: record.applied ? causeOfFields(fields, record.applied, token) : null,
    }),
  ];
}

/** When the old generations may go: they may not while the newest is not in use, or not known to be delivered. */
function overlapEnd(family: Family, situation: FamilySituation): number | undefined {
  const { newest, record, rotation } = family;
  if (!newest || overOrOff(newest, record, situation) !== undefined) return undefined;
  const confirmation = confirmationOf(newest, family, situation.desired);
  if (confirmation === 'unknown' || !confirmation.delivered || confirmation.since === null) return undefined;
  return confirmation.since + rotation.overlap;
}

/** Where the family stands once its own change and the others are carried out. */
export function stateOf(
  family: Family,
  own: Change,
  retiring: ReadonlySet<string | null>,
  situation: FamilySituation,
): FamilyState {
  const { rules } = situation;
  const { newest, members, rotation } = family;
  const now = timeOf(situation);
  const isNext = own.action === 'create';
  const made = isNext ? now : newest && madeAt(newest);
  const end = isNext ? now + rotation.lifetime : newest && endOf(newest, situation);
  const due = dueAt(isNext || !newest ? rotation : rotationBy(rotation, newest, situation), made, end);
  const until = isNext ? undefined : overlapEnd(family, situation);
  return {
    makes: isNext
      ? {
          name: String(own.write[identityOf(rules)]),
          expires: String(own.write[expiryField(rules)]),
          ...(situation.revoke && { revokes: true as const }),
        }
      : null,
    due: due === undefined || own.error ? null : formatInstant(due),
    kept: members
      .filter((token) => (isNext || token !== newest) && !retiring.has(token.id))
      .map((token) => {
        const stays =
          until === undefined ? undefined : Math.max(until, (madeAt(token) ?? 0) + rotation.overlap);
        return { id: token.id, name: token.name, until: stays === undefined ? null : formatInstant(stays) };
      }),
  };
}

const declaredAbsent = { action: 'delete', reason: 'declared absent', custody: 'unknown' } as const;

/** Plans the deletion of a whole family: its own change. */
export function allGone(family: Family, { desired }: FamilySituation): Change {
  const [first] = goingFirst(family);
  if (!first) return change(desired, { action: 'noop', reason: 'there is no such token' });
  return change(desired, { ...declaredAbsent, id: first.id });
}

/** Plans the deletion of a whole family: the tokens besides the one of its own change. */
export function allOthersGone(family: Family, { desired }: FamilySituation): readonly Change[] {
  return goingFirst(family)
    .slice(1)
    .map(({ id, name }) =>
      change(desired, {
        ...declaredAbsent,
        address: addressOf(desired.kind, desired.scope, name),
        id,
        cause: 'manifest',
      }),
    );
}

/** All tokens of a family, the newest first. */
function goingFirst({ members, leftBehind, newest }: Family): readonly Observed[] {
  const all = [...members, ...leftBehind];
  return newest ? [newest, ...all.filter((token) => token !== newest)] : all;
}
