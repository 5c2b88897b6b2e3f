import { adjust, create, differences, unseen } from './adjust.ts';
import { overwritten, sinksOf, unsure, whereHeld } from './assess.ts';
import { ambiguous, change, failed } from './change.ts';
import { doubtsOf } from './custody.ts';
import { deliverWaiting } from './deliver.ts';
import { formatDuration } from './duration.ts';
import type { Problem } from './errors.ts';
import {
  atWorkSeconds,
  type Confirmation,
  confirmationOf,
  endOf,
  type Family,
  type FamilySituation,
  familyOf,
  isLedgerBehind,
  isOver,
  isSuperseded,
  leadSeconds,
  madeAt,
  overwrittenSink,
  rotationBy,
  timeOf,
  verdictOn,
} from './family.ts';
import { expiryField, fieldsOf } from './fields.ts';
import { freeGenerationName, markedAt } from './generation.ts';
import {
  allGone,
  allOthersGone,
  calledAs,
  decideOthers,
  type FamilyPlan,
  isOneOfManyPlain,
  overOrOff,
  stateOf,
} from './generations.ts';
import { grantWarning, knownFields } from './granted.ts';
import { formatInstant } from './instant.ts';
import type { Change, Fields, Observed } from './model.ts';
import { sameId } from './ours.ts';

/** What is to be done about a family of tokens now: the next generation, and what becomes of those that are there. */
export function rotate(situation: FamilySituation): FamilyPlan {
  const family = familyOf(situation);
  const { desired } = situation;
  const own = withStrangers(
    desired.state === 'absent' ? allGone(family, situation) : decideOwn(family, situation),
    family,
  );
  if (desired.state === 'absent') return { change: own, others: allOthersGone(family, situation) };
  const others = own.error ? [] : decideOthers(family, own, situation);
  const retiring = new Set(others.filter(({ action }) => action === 'delete').map(({ id }) => id));
  return { change: { ...own, family: stateOf(family, own, retiring, situation) }, others };
}

/** How many strangers a warning names. */
const maxNamed = 5;

/** Warns of tokens that are named like generations and are none. */
function withStrangers(change: Change, { strangers, rotation }: Family): Change {
  if (strangers.length === 0) return change;
  const named = strangers
    .slice(0, maxNamed)
    .map(({ token, reason }) => `${token.name} (${token.id}): ${reason}`)
    .join('; ');
  const more = strangers.length > maxNamed ? `; and ${strangers.length - maxNamed} more` : '';
  const warning = `left alone, as only the names say that they are generations of ${rotation.base}: ${named}${more}`;
  return { ...change, warnings: [...change.warnings, warning] };
}

function decideOwn(family: Family, situation: FamilySituation): Change {
  const { desired, remake } = situation;
  const { rotation, record, newest } = family;
  const { waiting } = record;
  if (!remake && waiting && !isSuperseded(family, situation)) {
    const delivery = deliverWaiting(calledAs(situation, waiting.attempt.name), rotation.base);
    if (delivery) return delivery;
  }
  if (!newest) return next(family, situation, 'there is no generation of it yet');
  if (isOneOfManyPlain(newest, family)) return ambiguous(desired, family.members);
  if (remake) return next(family, situation, 'asked for', newest);

  const why = overOrOff(newest, record, situation);
  if (why !== undefined) {
    const isOff = !isOver(newest, situation);
    const made = next(family, situation, `the newest generation ${newest.name} ${why}`, newest);
    return isOff ? { ...made, cause: 'drift' } : made;
  }
  const foreign = overwrittenSink(family);
  if (foreign) return failed(desired, overwritten(newest, foreign), newest.id);

  const confirmation = confirmationOf(newest, family, desired);
  if (confirmation === 'unknown' || !confirmation.delivered) {
    return decideUnconfirmed(newest, confirmation, family, situation);
  }
  const due = dueReason(newest, situation);
  if (due !== undefined)
    return next(family, situation, `the newest generation ${newest.name} ${due}`, newest);
  return keep(newest, family, situation);
}

/** The newest generation is not known to be handed over. */
function decideUnconfirmed(
  newest: Observed,
  confirmation: Confirmation,
  family: Family,
  situation: FamilySituation,
): Change {
  const { desired, standard, listedAt } = situation;
  const { record } = family;
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
  const twin = confirmation !== 'unknown' && !confirmation.delivered ? confirmation.twin : undefined;
  if (listedAt < made + atWorkSeconds) {
    return change(desired, {
      action: 'noop',
      id: newest.id,
      custody: 'unknown',
      reason: twin
        ? `another run has made ${twin.name} (${twin.id}), and may be about to hand it over`
        : `another run has made ${newest.name}, and is about to hand it over`,
    });
  }
  if (twin) {
    const why = `another run has made ${twin.name} (${twin.id}) at the same time, and nothing tells which of the two the sinks have`;
    return next(family, situation, why, newest);
  }
  if (confirmation === 'unknown' || isLedgerBehind(family)) {
    return failed(desired, untold(newest, situation), newest.id);
  }
  const byLedger = record.entry?.id ? sameId(record.entry.id, newest.id) : false;
  const why = byLedger
    ? `the sinks have the secret of another generation than ${newest.name}`
    : `half-made: ${newest.name} was made at ${formatInstant(made)}, and its secret was never handed over`;
  return next(family, situation, why, newest);
}

/** The newest generation stays: it is as declared, or what can be patched is. */
function keep(newest: Observed, family: Family, situation: FamilySituation): Change {
  const { desired, rules } = situation;
  const own = calledAs(situation, newest.name);
  const fixed = differences(own.desired, newest)
    .map(({ field }) => field)
    .filter((field) => rules[field]?.change === 'replace');
  if (fixed.length > 0 && desired.allowReplace) {
    return next(family, situation, `${fixed.join(', ')} of ${newest.name} can't be changed in place`, newest);
  }
  const fields = Object.fromEntries(
    Object.entries(own.desired.fields).filter(([field]) => !fixed.includes(field)),
  );
  const assessment = whereHeld(newest, family.record, sinksOf(desired));
  const decided = adjust({ ...own, desired: { ...own.desired, fields } }, newest, assessment);
  const waits =
    fixed.length === 0
      ? []
      : [
          `${fixed.join(', ')} can't be changed in place: the next generation has what the manifest says; allow_replace: true makes it at once`,
        ];
  const end = expiryField(rules);
  const grant = newest.granted?.[end];
  // The manifest asks for a lifetime: what came of it is told of the generation that has it.
  const shorter =
    grant && newest.fields[end] === grant.granted
      ? [grantWarning(end, grant, 'the next generation is due before that')]
      : [];
  return {
    ...decided,
    warnings: [...decided.warnings, ...waits, ...shorter],
    ...(decided.action === 'noop' && {
      reason:
        markedAt(newest.name) === undefined
          ? `as declared; ${adoption(newest, situation)}`
          : `as declared: ${newest.name} is the newest generation`,
    }),
  };
}

/** Says that a token of the plain name becomes a member of the family, and when it is deleted. */
function adoption({ id, name }: Observed, { desired, revoke }: FamilySituation): string {
  const when = revoke ? 'as soon as' : `${formatDuration(desired.rotation.overlap)} after`;
  return `${name} (${id}) is adopted as generation zero, and deleted ${when} its successor is delivered`;
}

/** The next generation. What the manifest doesn't state is as it is with the newest. */
function next(family: Family, situation: FamilySituation, reason: string, newest?: Observed): Change {
  const { rules, listed } = situation;
  const now = timeOf(situation);
  const { rotation, leftBehind } = family;
  const zero = newest && markedAt(newest.name) === undefined ? `; ${adoption(newest, situation)}` : '';
  // What an attempt of ours has left behind is deleted before its name is taken again.
  const taken = new Set(
    listed
      .family(rotation.base)
      .filter(({ id }) => !leftBehind.some((token) => sameId(token.id, id)))
      .map(({ name }) => name),
  );
  // By the clock of the service: the name has to fit the creation time that it shows.
  const name = freeGenerationName(rotation.base, situation.listedAt, taken);
  const named = calledAs(situation, name);
  const problem = newest && unseen(named, newest);
  if (problem) return failed(situation.desired, problem, newest.id);
  const carried: Fields = newest
    ? fieldsOf(
        knownFields(newest),
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
  return { ...made, reason: `${reason}${zero}`, ...(missing && { cause: 'manifest' as const }) };
}

/** Why a successor is due, in words; `undefined` where it isn't. */
function dueReason(newest: Observed, situation: FamilySituation): string | undefined {
  const rotation = rotationBy(situation.desired.rotation, newest, situation);
  const now = timeOf(situation);
  const made = madeAt(newest);
  if (made === undefined) return 'is of a time that nothing tells';
  if (now >= made + rotation.every) {
    return `is of ${formatInstant(made)}, and there is a new one every ${formatDuration(rotation.every)}`;
  }
  const end = endOf(newest, situation);
  if (end !== undefined && now >= end - leadSeconds(rotation)) {
    return `expires on ${formatInstant(end)}, and has a successor ${formatDuration(leadSeconds(rotation))} before`;
  }
  return undefined;
}

/** Neither the ledger nor a sink can tell whether a generation was handed over. */
function untold({ name }: Observed, { desired }: FamilySituation): Problem {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `nothing tells here whether the secret of ${name} was handed over: there is no record of it, and no sink that can be read names it`,
    hint: `restore the state directory, and keep it between runs; or make the next generation with reconcile rotate ${desired.address}`,
  };
}
