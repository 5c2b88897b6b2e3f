import { unresolvedAttempts } from '../../model/custody-record.ts';
import type { Problem } from '../../model/errors.ts';
import { expiryField, filterFields } from '../../model/field-rules.ts';
import { nextGenerationName, timestampOf } from '../../model/generation-name.ts';
import { grantWarning, knownFields } from '../../model/granted-values.ts';
import type { Change, Fields, Observed } from '../../model/model.ts';
import { sameId } from '../../model/token-id.ts';
import { formatDuration } from '../../util/duration.ts';
import { formatInstant } from '../../util/instant.ts';
import { ambiguousMatch, errorChange, makeChange } from '../change.ts';
import { planCreate } from '../create.ts';
import { ownershipUnknownProblem, sinkCoverage, sinkOverwrittenProblem, sinksOf } from '../custody.ts';
import { planPendingDelivery } from '../deliver.ts';
import { diffAgainstLive } from '../diff.ts';
import { unreadableFieldsProblem } from '../preconditions.ts';
import { planUpdate } from '../update.ts';
import {
  concurrentRunWindowSeconds,
  type DeliveryStatus,
  deliveryStatus,
  isLedgerStale,
} from './delivery.ts';
import {
  type Family,
  findFamily,
  findOverwrittenSink,
  ownershipInFamily,
  pendingSecretIsObsolete,
  type RotationInput,
} from './family.ts';
import { createdAt, expiresAt, isExpired, latestClock, leadSeconds, rotationBy } from './lifetime.ts';
import {
  allOthersGone,
  isAmbiguousGenerationZero,
  planDeleteFamily,
  planOldGenerations,
  type RotationPlan,
  rotationStatus,
  unusableReason,
  withName,
} from './old-generations.ts';

/** Plans a family: the next generation if it is due, and the changes of existing ones. */
export function planRotation(situation: RotationInput): RotationPlan {
  const family = findFamily(situation);
  const { desired } = situation;
  const own = withStrangers(
    desired.state === 'absent' ? planDeleteFamily(family, situation) : decideGeneration(family, situation),
    family,
  );
  if (desired.state === 'absent')
    return { change: own, oldGenerationChanges: allOthersGone(family, situation) };
  const others = own.error ? [] : planOldGenerations(family, own, situation);
  const retiring = new Set(others.filter(({ action }) => action === 'delete').map(({ id }) => id));
  return {
    change: { ...own, family: rotationStatus(family, own, retiring, situation) },
    oldGenerationChanges: others,
  };
}

/** Maximum number of strangers named in a warning. */
const maxNamed = 5;

/** Warns about tokens that have the name of a generation, but are not members. */
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

function decideGeneration(family: Family, situation: RotationInput): Change {
  const { desired, forceReplace } = situation;
  const { rotation, record, newest } = family;
  const { waiting } = record;
  if (!forceReplace && waiting && !pendingSecretIsObsolete(family, situation)) {
    const delivery = planPendingDelivery(withName(situation, waiting.attempt.name), rotation.base);
    if (delivery) return delivery;
  }
  if (!newest) return createGeneration(family, situation, 'there is no generation of it yet');
  if (isAmbiguousGenerationZero(newest, family)) return ambiguousMatch(desired, family.members);
  if (forceReplace) return createGeneration(family, situation, 'asked for', newest);

  const why = unusableReason(newest, record, situation);
  if (why !== undefined) {
    const isOff = !isExpired(newest, situation);
    const made = createGeneration(family, situation, `the newest generation ${newest.name} ${why}`, newest);
    return isOff ? { ...made, cause: 'drift' } : made;
  }
  const foreign = findOverwrittenSink(family);
  if (foreign) return errorChange(desired, sinkOverwrittenProblem(newest, foreign), newest.id);

  const confirmation = deliveryStatus(newest, family, desired);
  if (confirmation === 'unknown' || !confirmation.delivered) {
    return decideUndelivered(newest, confirmation, family, situation);
  }
  const due = dueReason(newest, situation);
  if (due !== undefined)
    return createGeneration(family, situation, `the newest generation ${newest.name} ${due}`, newest);
  return keepNewest(newest, family, situation);
}

/** Decides the change if the newest generation is not known to be delivered. */
function decideUndelivered(
  newest: Observed,
  confirmation: DeliveryStatus,
  family: Family,
  situation: RotationInput,
): Change {
  const { desired, evidence, listedAt } = situation;
  const { record } = family;
  if (ownershipInFamily(newest, record, situation) === 'unknown') {
    const until = Math.max(...unresolvedAttempts(record).map(({ deadline }) => deadline)) + evidence.grace;
    if (evidence.proofOnly || listedAt <= until) {
      return errorChange(desired, ownershipUnknownProblem(newest, situation, until), newest.id);
    }
  }
  // Generation zero was not created by us, and a successor is harmless.
  if (timestampOf(newest.name) === undefined) {
    return createGeneration(family, situation, `the secret of ${newest.name} is not known here`, newest);
  }
  const made = createdAt(newest) ?? 0;
  const twin = confirmation !== 'unknown' && !confirmation.delivered ? confirmation.concurrent : undefined;
  if (listedAt < made + concurrentRunWindowSeconds) {
    return makeChange(desired, {
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
    return createGeneration(family, situation, why, newest);
  }
  if (confirmation === 'unknown' || isLedgerStale(family)) {
    return errorChange(desired, deliveryUnknownProblem(newest, situation), newest.id);
  }
  const byLedger = record.entry?.id ? sameId(record.entry.id, newest.id) : false;
  const why = byLedger
    ? `the sinks have the secret of another generation than ${newest.name}`
    : `undelivered: ${newest.name} was made at ${formatInstant(made)}, and its secret was never handed over`;
  return createGeneration(family, situation, why, newest);
}

/** Keeps the newest generation, and patches it if it differs. */
function keepNewest(newest: Observed, family: Family, situation: RotationInput): Change {
  const { desired, rules } = situation;
  const own = withName(situation, newest.name);
  const fixed = diffAgainstLive(own.desired, newest)
    .map(({ field }) => field)
    .filter((field) => rules[field]?.change === 'replace');
  if (fixed.length > 0 && desired.allowReplace) {
    return createGeneration(
      family,
      situation,
      `${fixed.join(', ')} of ${newest.name} can't be changed in place`,
      newest,
    );
  }
  const fields = Object.fromEntries(
    Object.entries(own.desired.fields).filter(([field]) => !fixed.includes(field)),
  );
  const assessment = sinkCoverage(newest, family.record, sinksOf(desired));
  const decided = planUpdate({ ...own, desired: { ...own.desired, fields } }, newest, assessment);
  const waits =
    fixed.length === 0
      ? []
      : [
          `${fixed.join(', ')} can't be changed in place: the next generation has what the manifest says; allow_replace: true makes it at once`,
        ];
  const end = expiryField(rules);
  const grant = newest.granted?.[end];
  // The manifest requests a lifetime. The granted expiry is reported for the generation that has it.
  const shorter =
    grant && newest.fields[end] === grant.granted
      ? [grantWarning(end, grant, 'the next generation is due before that')]
      : [];
  return {
    ...decided,
    warnings: [...decided.warnings, ...waits, ...shorter],
    ...(decided.action === 'noop' && {
      reason:
        timestampOf(newest.name) === undefined
          ? `as declared; ${adoption(newest, situation)}`
          : `as declared: ${newest.name} is the newest generation`,
    }),
  };
}

/** Returns the note that the token with the plain name becomes a member of the family, and when it is deleted. */
function adoption({ id, name }: Observed, { desired, revokeOld }: RotationInput): string {
  const when = revokeOld ? 'as soon as' : `${formatDuration(desired.rotation.overlap)} after`;
  return `${name} (${id}) is adopted as generation zero, and deleted ${when} its successor is delivered`;
}

/** Plans the next generation. Fields that the manifest doesn't state are copied from the newest. */
function createGeneration(
  family: Family,
  situation: RotationInput,
  reason: string,
  newest?: Observed,
): Change {
  const { rules, listed } = situation;
  const now = latestClock(situation);
  const { rotation, orphans } = family;
  const zero = newest && timestampOf(newest.name) === undefined ? `; ${adoption(newest, situation)}` : '';
  // An orphan is deleted before its name is used again.
  const taken = new Set(
    listed
      .generationsOf(rotation.base)
      .filter(({ id }) => !orphans.some((token) => sameId(token.id, id)))
      .map(({ name }) => name),
  );
  // Uses the server's clock, as the name has to match the creation time that the service shows.
  const name = nextGenerationName(rotation.base, situation.listedAt, taken);
  const named = withName(situation, name);
  const problem = newest && unreadableFieldsProblem(named, newest);
  if (problem) return errorChange(situation.desired, problem, newest.id);
  const carried: Fields = newest
    ? filterFields(
        knownFields(newest),
        rules,
        ({ identity, expiry, activeValue }) => !identity && !expiry && activeValue === undefined,
      )
    : {};
  const fields = {
    ...Object.fromEntries(Object.entries(carried).filter(([, value]) => value !== null)),
    ...named.desired.fields,
    [expiryField(rules)]: formatInstant(now + rotation.lifetime),
  };
  const made = planCreate({ ...named, desired: { ...named.desired, fields } });
  if (made.error) return made;
  const missing = newest || situation.recordFor(rotation.base).lastApplied === undefined;
  return { ...made, reason: `${reason}${zero}`, ...(missing && { cause: 'manifest' as const }) };
}

/** Returns the reason why a successor is due; `undefined` if it isn't. */
function dueReason(newest: Observed, situation: RotationInput): string | undefined {
  const rotation = rotationBy(situation.desired.rotation, newest, situation);
  const now = latestClock(situation);
  const made = createdAt(newest);
  if (made === undefined) return 'is of a time that nothing tells';
  if (now >= made + rotation.every) {
    return `is of ${formatInstant(made)}, and there is a new one every ${formatDuration(rotation.every)}`;
  }
  const end = expiresAt(newest, situation);
  if (end !== undefined && now >= end - leadSeconds(rotation)) {
    return `expires on ${formatInstant(end)}, and has a successor ${formatDuration(leadSeconds(rotation))} before`;
  }
  return undefined;
}

/** Creates the problem that neither the ledger nor a sink shows whether a generation was delivered. */
function deliveryUnknownProblem({ name }: Observed, { desired }: RotationInput): Problem {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `nothing tells here whether the secret of ${name} was handed over: there is no record of it, and no sink that can be read names it`,
    hint: `restore the state directory, and keep it between runs; or make the next generation with reconcile rotate ${desired.address}`,
  };
}
