import equal from 'fast-deep-equal';
import type { PendingSecret } from '../model/custody-record.ts';
import type { Problem } from '../model/errors.ts';
import { defaultFields, type FieldRule, filterFields } from '../model/field-rules.ts';
import type { Change, FieldChange } from '../model/plan.ts';
import type { Sink } from '../model/sink.ts';
import { sinkTypeOf } from '../model/sinks/registry.ts';
import type { Observed } from '../model/token.ts';
import { formatInstant } from '../util/instant.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import { sinksOf } from './custody.ts';
import { diffFields } from './diff.ts';
import type { DecisionInput } from './input.ts';
import { diffAgainstLive, missingSinkProblem, patchableChanges } from './update.ts';

/**
 * Plans the delivery of a pending secret, if there is one for this name and its token is live. A new token may not be
 * listed yet, so it is assumed to be live for a short time.
 */
export function planPendingDelivery(situation: DecisionInput, name: string | undefined): Change | undefined {
  const { desired, live, listedAt, evidence } = situation;
  const waiting = name === undefined ? undefined : situation.recordFor(name).waiting;
  if (!waiting) return undefined;
  const token = live.byId(waiting.id);
  if (!token && listedAt > waiting.madeAt + evidence.grace) return undefined;
  const problem = missingSinkProblem(desired) ?? sealedForOtherSinkProblem(waiting, sinksOf(desired));
  if (problem) return errorChange(desired, problem, waiting.id);
  const fields = fieldsToPatchAfterDelivery(situation, waiting, token);
  const { old } = waiting.attempt;
  const since = `its secret is in the spool since ${formatInstant(Math.floor(waiting.madeAt))}`;
  return makeChange(desired, {
    action: 'deliver',
    id: waiting.id,
    reason:
      old && live.byId(old.id)
        ? `${since}; after that the old token ${old.name} (${old.id}) is deleted`
        : since,
    fields,
    payload: Object.fromEntries(fields.map(({ field, after }) => [field, after])),
    secret: sinkNames(desired),
    custody: 'undelivered',
  });
}

/**
 * Returns the fields to patch after the delivery. This includes fields that the create could not state, even if the
 * manifest doesn't state them. An expired token has none, as it can't be changed and is recreated.
 */
function fieldsToPatchAfterDelivery(
  { desired, rules }: DecisionInput,
  { attempt }: PendingSecret,
  token: Observed | undefined,
): readonly FieldChange[] {
  const isLater = ({ patchAfterCreate }: FieldRule): boolean => patchAfterCreate === true;
  const wanted = { ...filterFields(attempt.fields, rules, isLater), ...desired.fields };
  if (!token) return diffFields(filterFields(wanted, rules, isLater), defaultFields(rules));
  return token.expired ? [] : patchableChanges(diffAgainstLive({ fields: wanted }, token), rules);
}

/** Creates the problem that a pending secret was encrypted for another file. It can't be written in another form. */
function sealedForOtherSinkProblem(
  { encryptedOnly, attempt }: PendingSecret,
  sinks: readonly Sink[],
): Problem | undefined {
  if (!encryptedOnly) return undefined;
  const [then] = attempt.sinks;
  const [now, ...more] = sinks;
  if (then && now && more.length === 0 && hasSameContent(then, now)) return undefined;
  return {
    code: 'SINK_FAILED',
    message: `the secret of ${attempt.name} is in the spool, encrypted for the file that the manifest named when it was made, and can't be delivered otherwise`,
    hint: `deliver it there with reconcile spool deliver ${attempt.address}, or make a new token with --replace ${attempt.address}`,
  };
}

/** Tells whether content that was made for one sink fits another. */
function hasSameContent(one: Sink, other: Sink): boolean {
  const form = sinkTypeOf(one).contentForm?.(one);
  return form !== undefined && one.type === other.type && equal(form, sinkTypeOf(other).contentForm?.(other));
}
