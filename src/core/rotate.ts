import { adjust, create, differences, patchable } from './adjust.ts';
import { overwritten, sinksOf, unsure, whereHeld } from './assess.ts';
import { change, failed } from './change.ts';
import { doubtsOf, type TokenRecord } from './custody.ts';
import { deliverWaiting } from './deliver.ts';
import { formatDuration } from './duration.ts';
import type { Problem } from './errors.ts';
import {
  confirmationOf,
  dueAt,
  endOf,
  type Family,
  type FamilySituation,
  familyOf,
  isOver,
  isSwitchedOff,
  madeAt,
  overwrittenSink,
  verdictOn,
} from './family.ts';
import { expiryField, fieldsOf, identityOf } from './fields.ts';
import { freeGenerationName, markedAt } from './generation.ts';
import { formatInstant } from './instant.ts';
import { addressOf, type Change, type FamilyState, type Fields, type Observed } from './model.ts';
import { sameId } from './ours.ts';

/** A generation that nobody has the secret of is given up after so long: until then another run may be at work. */
const halfMadeSeconds = 600;

/** What is to be done about a family: its own change, and those of its old generations. */
export interface FamilyPlan {
  readonly change: Change;
  readonly others: readonly Change[];
}

/** What is to be done about a family of tokens now: the next generation, and what becomes of those that are there. */
export function rotate(situation: FamilySituation): FamilyPlan {
  const family = familyOf(situation);
  const { desired } = situation;
  if (desired.state === 'absent') return allGone(family, situation);
  const own = decideOwn(family, situation);
  const others = own.error ? [] : decideOthers(family, own, situation);
  const retiring = new Set(others.filter(({ action }) => action === 'delete').map(({ id }) => id));
  return { change: { ...own, family: stateOf(family, own, retiring, situation) }, others };
}

/** The waiting secret of a generation that is over, or that has a successor, is of no use to anybody. */
export function isSuperseded(
  family: Family,
  situation: Pick<FamilySituation, 'live' | 'rules' | 'now'>,
): boolean {
  const { waiting } = family.record;
  const token = waiting && situation.live.withId(waiting.id);
  if (!token) return false;
  return isOver(token, situation) || (family.newest !== undefined && !sameId(family.newest.id, token.id));
}

function decideOwn(family: Family, situation: FamilySituation): Change {
  const { desired, standard, listedAt, remake } = situation;
  const { rotation, record, newest } = family;
  const { waiting } = record;
  if (!remake && waiting && !isSuperseded(family, situation)) {
    const delivery = deliverWaiting(calledAs(situation, waiting.attempt.name), rotation.base);
    if (delivery) return delivery;
  }
  if (!newest) return next(family, situation, 'there is no generation of it yet');
  if (remake) return next(family, situation, 'asked for', newest);

  const why = overOrOff(newest, record, situation);
  if (why !== undefined)
    return next(family, situation, `the newest generation ${newest.name} ${why}`, newest);

  const foreign = overwrittenSink(family);
  if (foreign) return failed(desired, overwritten(newest, foreign), newest.id);

  const confirmation = confirmationOf(newest, family, desired);
  if (confirmation === 'unknown' || !confirmation.delivered) {
    if (verdictOn(newest, record, situation) === 'unsure') {
      const until = Math.max(...doubtsOf(record).map(({ deadline }) => deadline)) + standard.grace;
      if (standard.strict || listedAt <= until) {
        return failed(desired, unsure(newest, situation, until), newest.id);
      }
    }
    // Generation zero is none of ours, and nothing is lost by a successor.
    if (markedAt(newest.name) === undefined) {
      return next(family, situation, `the secret of ${newest.name} is not known here`, newest);
    }
    const made = madeAt(newest) ?? 0;
    if (listedAt < made + halfMadeSeconds) {
      return change(desired, {
        action: 'noop',
        id: newest.id,
        custody: 'unknown',
        reason: `another run has made ${newest.name}, and is about to hand it over`,
      });
    }
    if (confirmation === 'unknown') return failed(desired, untold(newest, situation), newest.id);
    const why = `half-made: ${newest.name} was made at ${formatInstant(made)}, and its secret was never handed over`;
    return next(family, situation, why, newest);
  }

  const due = dueReason(newest, situation);
  if (due !== undefined)
    return next(family, situation, `the newest generation ${newest.name} ${due}`, newest);
  return keep(newest, family, situation);
}

/** The newest generation stays: it is as declared, or what can be patched is. */
function keep(newest: Observed, family: Family, situation: FamilySituation): Change {
  const { desired, rules } = situation;
  const own = calledAs(situation, newest.name);
  const fixed = differences(own.desired, newest).filter(({ field }) => rules[field]?.change === 'replace');
  const remade = desired.allowReplace && fixed.some(({ field }) => !rules[field]?.identity);
  if (remade) {
    const fields = fixed.map(({ field }) => field).join(', ');
    return next(family, situation, `${fields} of ${newest.name} can't be changed in place`, newest);
  }
  const assessment = whereHeld(newest, family.record, sinksOf(desired));
  const decided = adjust(own, newest, assessment);
  return decided.action === 'noop'
    ? { ...decided, reason: `as declared: ${newest.name} is the newest generation` }
    : decided;
}

/** The next generation. What the manifest doesn't state is as it is with the newest. */
function next(family: Family, situation: FamilySituation, reason: string, newest?: Observed): Change {
  const { rules, listed, now } = situation;
  const { rotation, leftBehind } = family;
  // What an attempt of ours has left behind is deleted before its name is taken again.
  const taken = new Set(
    listed
      .family(rotation.base)
      .filter(({ id }) => !leftBehind.some((token) => sameId(token.id, id)))
      .map(({ name }) => name),
  );
  const name = freeGenerationName(rotation.base, now, taken);
  const named = calledAs(situation, name);
  const carried: Fields = newest
    ? fieldsOf(
        newest.fields,
        rules,
        ({ identity, expiry, serving }) => !identity && !expiry && serving === undefined,
      )
    : {};
  const fields = {
    ...Object.fromEntries(Object.entries(carried).filter(([, value]) => value !== null)),
    ...named.desired.fields,
    [expiryField(rules)]: formatInstant(now + rotation.lifetime),
  };
  const made = create({ ...named, desired: { ...named.desired, fields } });
  if (made.error) return made;
  const missing = newest || situation.record(rotation.base).applied === undefined;
  return { ...made, reason, ...(missing && { cause: 'manifest' as const }) };
}

/** The entry as if it were that of one generation alone. */
function calledAs(situation: FamilySituation, name: string): FamilySituation {
  const { desired, rules } = situation;
  return {
    ...situation,
    desired: { ...desired, name, fields: { ...desired.fields, [identityOf(rules)]: name } },
  };
}

function overOrOff(token: Observed, record: TokenRecord, situation: FamilySituation): string | undefined {
  if (isOver(token, situation)) {
    const end = endOf(token, situation);
    return end === undefined ? 'has expired' : `has expired on ${formatInstant(end)}`;
  }
  return isSwitchedOff(token, situation, record) ? 'is switched off' : undefined;
}

/** Why a successor is due, in words; `undefined` where it isn't. */
function dueReason(newest: Observed, situation: FamilySituation): string | undefined {
  const { rotation } = situation.desired;
  const { now } = situation;
  const made = madeAt(newest);
  if (made !== undefined && now >= made + rotation.every) {
    return `is of ${formatInstant(made)}, and there is a new one every ${formatDuration(rotation.every)}`;
  }
  const end = endOf(newest, situation);
  if (end !== undefined && now >= end - rotation.beforeExpiry) {
    return `expires on ${formatInstant(end)}, and has a successor ${formatDuration(rotation.beforeExpiry)} before`;
  }
  return undefined;
}

/** What becomes of the old generations: deleted once the overlap is over, and as declared until then. */
function decideOthers(family: Family, own: Change, situation: FamilySituation): readonly Change[] {
  const { desired, rules, revoke } = situation;
  const { newest, members, leftBehind, record } = family;
  const isNext = own.action === 'create';
  const old = isNext || !newest ? members : members.filter((token) => token !== newest);
  const end = overlapEnd(family, situation);
  const isRevoked = revoke && isNext;
  const retired = (token: Observed): boolean =>
    isRevoked || (token !== newest && end !== undefined && situation.now >= end);
  const successor = isRevoked ? String(own.write[identityOf(rules)]) : (newest?.name ?? '');
  const gone = [...old, ...leftBehind].filter(retired).map((token) =>
    change(desired, {
      address: addressOf(desired.kind, desired.scope, token.name),
      leftover: { id: token.id, name: token.name, created: token.origin.created, successor },
      action: 'delete',
      id: token.id,
      reason: isRevoked
        ? `revoked, once ${successor} is handed over`
        : `${successor} has taken its place, and the overlap of ${formatDuration(desired.rotation.overlap)} is over`,
      custody: 'unknown',
      cause: 'manifest',
    }),
  );
  const patched = old
    .filter((token) => !retired(token) && !isOver(token, situation))
    .flatMap((token) => patchOf(token, record, situation));
  return [...gone, ...patched];
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
      cause: 'manifest',
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

function stateOf(
  family: Family,
  own: Change,
  retiring: ReadonlySet<string | null>,
  situation: FamilySituation,
): FamilyState {
  const { rules, now } = situation;
  const { newest, members, rotation } = family;
  const isNext = own.action === 'create';
  const made = isNext ? now : newest && madeAt(newest);
  const end = isNext ? now + rotation.lifetime : newest && endOf(newest, situation);
  const due = dueAt(rotation, made, end);
  const until = isNext ? undefined : overlapEnd(family, situation);
  return {
    makes: isNext
      ? {
          name: String(own.write[identityOf(rules)]),
          expires: String(own.write[expiryField(rules)]),
        }
      : null,
    due: due === undefined || own.error ? null : formatInstant(due),
    kept: members
      .filter((token) => (isNext || token !== newest) && !retiring.has(token.id))
      .map(({ id, name }) => ({ id, name, until: until === undefined ? null : formatInstant(until) })),
  };
}

/** The family is to be gone, all of it. */
function allGone({ members, leftBehind, newest }: Family, { desired }: FamilySituation): FamilyPlan {
  const all = [...members, ...leftBehind];
  const first = newest ?? all[0];
  if (!first)
    return { change: change(desired, { action: 'noop', reason: 'there is no such token' }), others: [] };
  const common = { action: 'delete', reason: 'declared absent', custody: 'unknown' } as const;
  return {
    change: change(desired, { ...common, id: first.id }),
    others: all
      .filter((token) => token !== first)
      .map((token) =>
        change(desired, {
          ...common,
          address: addressOf(desired.kind, desired.scope, token.name),
          id: token.id,
          cause: 'manifest',
        }),
      ),
  };
}

/** Neither the ledger nor a sink can tell whether a generation was handed over. */
function untold({ name }: Observed, { desired }: FamilySituation): Problem {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `nothing tells here whether the secret of ${name} was handed over: there is no record of it, and no sink that can be read names it`,
    hint: `restore the state directory, and keep it between runs; or make the next generation with reconcile rotate ${desired.address}`,
  };
}
