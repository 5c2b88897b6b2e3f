import { unresolvedAttempts } from '../../model/custody-record.ts';
import { sinksOf } from '../../model/entry-sinks.ts';
import { expiryField, filterFields } from '../../model/field-rules.ts';
import { nextGenerationName, timestampOf } from '../../model/generation-name.ts';
import { grantWarning, isOneDayOff, knownFields } from '../../model/granted-values.ts';
import { oldLoginWarning } from '../../model/login-name.ts';
import type { Change } from '../../model/plan.ts';
import type { Fields, Observed } from '../../model/token.ts';
import { sameId } from '../../model/token-id.ts';
import { formatDuration } from '../../util/duration.ts';
import { formatInstant } from '../../util/instant.ts';
import { ambiguousMatch, errorChange, makeChange } from '../change.ts';
import { planCreate } from '../create.ts';
import { ownershipUnknownProblem, sinkCoverage, sinkOverwrittenProblem } from '../custody.ts';
import { planPendingDelivery } from '../deliver.ts';
import { diffAgainstLive } from '../diff.ts';
import type { Decision } from '../entry-plan.ts';
import { ownershipOfUnrecorded } from '../ownership.ts';
import { unreadableFieldsProblem } from '../preconditions.ts';
import { planUpdate } from '../update.ts';
import { concurrentRunWindowSeconds, isLedgerStale } from './delivery.ts';
import type { LiveFamily, RotationFacts } from './facts.ts';
import { type Family, withName } from './family.ts';
import { planDeleteFamily, planOldGenerations } from './old-generations.ts';

/** Plans a family: the next generation if it is due, and the changes of existing ones. */
export function planRotation(facts: RotationFacts): Decision {
  const decision =
    facts.status === 'absent' ? planDeleteFamily(facts) : planOldGenerations(facts, decideGeneration(facts));
  return facts.strangers.length === 0 ? decision : withStrangers(decision, facts);
}

/** Maximum number of strangers named in a warning. */
const maxNamed = 5;

/** Warns about tokens that have the name of a generation, but are not members. */
function withStrangers(decision: Decision, { strangers, rotation }: Family): Decision {
  const named = strangers
    .slice(0, maxNamed)
    .map(({ token, reason }) => `${token.name} (${token.id}): ${reason}`)
    .join('; ');
  const more = strangers.length > maxNamed ? `; and ${strangers.length - maxNamed} more` : '';
  const warning = `tokens with names of generations of ${rotation.base} that are left alone: ${named}${more}`;
  const { change } = decision;
  return { ...decision, change: { ...change, warnings: [...change.warnings, warning] } };
}

/** Decides the family's own change by its status. */
function decideGeneration(facts: Exclude<RotationFacts, { readonly status: 'absent' }>): Change {
  const { desired } = facts.input;
  switch (facts.status) {
    case 'pending':
      return planPendingDelivery(facts.pending);
    case 'missing':
      return createGeneration(facts, 'no generation exists yet');
    case 'ambiguous':
      return ambiguousMatch(desired, facts.members);
    case 'forced':
      return createGeneration(facts, 'rotation requested with rotate or --replace');
    case 'expired': {
      const { token, expiresAt } = facts.newest;
      const why = expiresAt === undefined ? 'has expired' : `expired on ${formatInstant(expiresAt)}`;
      return createGeneration(facts, `the newest generation ${token.name} ${why}`);
    }
    case 'disabled': {
      const { name } = facts.newest.token;
      const change = createGeneration(facts, `the newest generation ${name} is disabled`);
      return { ...change, cause: 'drift' };
    }
    case 'overwritten': {
      const { token } = facts.newest;
      return errorChange(desired, sinkOverwrittenProblem(token, facts.sink), token.id);
    }
    case 'undelivered':
      return planUndelivered(facts);
    case 'due':
      return createGeneration(facts, dueReason(facts));
    case 'current':
      return keepNewest(facts);
  }
}

/** Plans a family whose newest generation is not known to be delivered. */
function planUndelivered(facts: LiveFamily): Change {
  const { input, record } = facts;
  const { desired, evidence, listedAt } = input;
  const { token, createdAt: made = 0, delivery } = facts.newest;
  if (ownershipOfUnrecorded(token, record, input) === 'unknown') {
    const until = Math.max(...unresolvedAttempts(record).map(({ deadline }) => deadline)) + evidence.grace;
    if (evidence.proofOnly || listedAt <= until) {
      return errorChange(desired, ownershipUnknownProblem(token, input, until), token.id);
    }
  }
  // Generation zero may be created outside of reconcile, and a successor is harmless.
  if (timestampOf(token.name) === undefined) {
    return createGeneration(facts, `the secret of ${token.name} is unknown`);
  }
  const concurrent = delivery !== 'unknown' && !delivery.delivered ? delivery.concurrent : undefined;
  if (listedAt < made + concurrentRunWindowSeconds) {
    return makeChange(desired, {
      action: 'noop',
      id: token.id,
      custody: 'unknown',
      reason: concurrent
        ? `another run created ${concurrent.name} (${concurrent.id}), and may be about to deliver it`
        : `another run created ${token.name}, and is about to deliver it`,
    });
  }
  if (concurrent) {
    const race = `another run created ${concurrent.name} (${concurrent.id}) at the same time, and it is unknown which of the two secrets the sinks have`;
    return createGeneration(facts, race);
  }
  if (delivery === 'unknown' || isLedgerStale(facts)) {
    const problem = {
      code: 'OUTCOME_UNKNOWN' as const,
      message: `it is unknown whether the secret of ${token.name} was delivered: neither the ledger nor a readable sink has it`,
      hint: `restore the state directory, and keep it between runs; or create the next generation with reconcile rotate ${desired.address}`,
    };
    return errorChange(desired, problem, token.id);
  }
  const byLedger = record.entry?.id ? sameId(record.entry.id, token.id) : false;
  const why = byLedger
    ? `the sinks have the secret of a generation other than ${token.name}`
    : `undelivered: ${token.name} was created at ${formatInstant(made)}, and its secret was never delivered`;
  return createGeneration(facts, why);
}

/** Keeps the newest generation, and patches it if it differs. */
function keepNewest(facts: LiveFamily): Change {
  const { token } = facts.newest;
  const named = withName(facts.input, token.name);
  const { desired, rules } = named;
  const all = diffAgainstLive(desired, token, rules);
  const fixed = all.map(({ field }) => field).filter((field) => rules[field]?.change === 'replace');
  if (fixed.length > 0 && desired.allowReplace) {
    return createGeneration(facts, `${fixed.join(', ')} of ${token.name} can't be changed in place`);
  }
  const isKept = (field: string): boolean => !fixed.includes(field);
  const fields = Object.fromEntries(Object.entries(desired.fields).filter(([field]) => isKept(field)));
  const change = planUpdate({
    input: { ...named, desired: { ...desired, fields } },
    token,
    custody: sinkCoverage(token, facts.record, sinksOf(desired)),
    differences: all.filter(({ field }) => isKept(field)),
  });
  const waits =
    fixed.length === 0
      ? []
      : [
          `${fixed.join(', ')} can't be changed in place: the next generation gets the value of the manifest; allow_replace: true creates it now`,
        ];
  const end = expiryField(rules);
  const grant = token.granted?.[end];
  // The manifest requests a lifetime. The granted expiry is reported for the generation that has it, unless it is rounded.
  const shorter =
    grant && token.fields[end] === grant.granted && !isOneDayOff(rules[end], grant.asked, grant.granted)
      ? [grantWarning(end, grant, 'the next generation is due before that')]
      : [];
  const oldLogin = oldLoginWarning(token, facts.record, desired);
  const warnings = [...change.warnings, ...waits, ...shorter, ...(oldLogin === undefined ? [] : [oldLogin])];
  if (change.action !== 'noop') return { ...change, warnings };
  const isZero = timestampOf(token.name) === undefined;
  const detail = isZero ? `; ${adoption(facts, token)}` : `: ${token.name} is the newest generation`;
  return { ...change, warnings, reason: `as declared${detail}` };
}

/** Returns the note that the token with the plain name becomes a member of the family, and when it is deleted. */
function adoption({ input, rotation }: Family, { id, name }: Observed): string {
  const when = input.revokeOld ? 'as soon as' : `${formatDuration(rotation.overlap)} after`;
  return `${name} (${id}) is adopted as generation zero, and deleted ${when} its successor is delivered`;
}

/** Plans the next generation. Fields that the manifest doesn't state are copied from the newest. */
function createGeneration(facts: Family, reason: string): Change {
  const { input, rotation, record, orphans, now } = facts;
  const { rules, listed, listedAt } = input;
  const newest = facts.newest?.token;
  // An orphan is deleted before its name is used again.
  const taken = new Set(
    listed
      .generationsOf(rotation.base)
      .filter(({ id }) => !orphans.some((token) => sameId(token.id, id)))
      .map(({ name }) => name),
  );
  // Uses the server's clock, as the name has to match the creation time that the service shows.
  const named = withName(input, nextGenerationName(rotation.base, listedAt, taken));
  const problem = newest && unreadableFieldsProblem(named, newest);
  if (problem) return errorChange(input.desired, problem, newest.id);
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
  const change = planCreate({ ...named, desired: { ...named.desired, fields } });
  if (change.error) return change;
  const zero = newest && timestampOf(newest.name) === undefined ? `; ${adoption(facts, newest)}` : '';
  const isWanted = newest !== undefined || record.lastApplied === undefined;
  return { ...change, reason: `${reason}${zero}`, ...(isWanted && { cause: 'manifest' as const }) };
}

/** Returns the reason why a successor is due. */
function dueReason({ newest, now }: LiveFamily): string {
  const { token, createdAt, expiresAt = 0, rotation, rotationDueAt = 0 } = newest;
  const { every } = rotation;
  const age =
    createdAt === undefined
      ? 'has an unknown creation time'
      : now >= createdAt + every
        ? `was created on ${formatInstant(createdAt)}, and is rotated every ${formatDuration(every)}`
        : undefined;
  const why =
    age ??
    `expires on ${formatInstant(expiresAt)}, and its successor is due ${formatDuration(expiresAt - rotationDueAt)} before`;
  return `the newest generation ${token.name} ${why}`;
}
