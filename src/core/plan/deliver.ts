import equal from 'fast-deep-equal';
import type { PendingSecret } from '../model/custody-record.ts';
import { sinksOf } from '../model/entry-sinks.ts';
import type { Problem } from '../model/errors.ts';
import { defaultFields, type FieldRule, filterFields } from '../model/field-rules.ts';
import type { Change, FieldChange } from '../model/plan.ts';
import type { Sink } from '../model/sink.ts';
import { sinkTypeOf } from '../model/sinks/registry.ts';
import { formatInstant } from '../util/instant.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import { diffAgainstLive, diffFields, patchableChanges } from './diff.ts';
import type { PendingFacts } from './facts.ts';
import { unableToRepairProblem } from './inabilities.ts';
import type { DecisionInput } from './input.ts';
import { lateExpiry, uncorrectedWarning } from './late-expiry.ts';
import { missingSinkProblem } from './preconditions.ts';

/** Tells whether the token of a pending secret may be live. A new token may not be listed yet for a short time. */
export function mayBeLive(
  { id, respondedAt }: PendingSecret,
  { live, listedAt, evidence }: DecisionInput,
): boolean {
  return live.byId(id) !== undefined || listedAt <= respondedAt + evidence.grace;
}

/** Plans the delivery of a pending secret, and the patch of the fields that the create could not state. */
export function planPendingDelivery(facts: PendingFacts): Change {
  const { input, pending } = facts;
  const { desired, live } = input;
  const problem =
    missingSinkProblem(desired) ??
    sealedForOtherSinkProblem(pending, sinksOf(desired)) ??
    (pending.repairs && unableToRepairProblem(pending, input));
  if (problem) return errorChange(desired, problem, pending.id);
  const fields = fieldsToPatchAfterDelivery(facts);
  const uncorrected = uncorrectedExpiry(facts)?.warning;
  const { replaces } = pending.attempt;
  const time = formatInstant(Math.floor(pending.respondedAt));
  const since = pending.attempt.renews
    ? `the renewal of its secret was interrupted at ${time}`
    : pending.repairs
      ? `the response to the create of ${time} was lost; the token gets the secret that was recorded before`
      : `the secret has been in the spool since ${time}`;
  return makeChange(desired, {
    action: 'deliver',
    id: pending.id,
    reason:
      replaces && live.byId(replaces.id)
        ? `${since}; after its delivery, the old token ${replaces.name} (${replaces.id}) is deleted`
        : since,
    fields,
    payload: Object.fromEntries(fields.map(({ field, after }) => [field, after])),
    secret: sinkNames(desired),
    custody: 'undelivered',
    ...(uncorrected !== undefined && { warnings: [uncorrected] }),
  });
}

/** Returns the late expiry of a new token that the credential can't correct, while the manifest asks for none or the same. */
function uncorrectedExpiry({
  input,
  pending: { attempt },
  token,
}: PendingFacts): { readonly field: string; readonly warning: string } | undefined {
  const late = token && !attempt.renews && lateExpiry(input.rules, attempt.fields, token);
  if (!late || !equal(input.desired.fields[late.field] ?? late.wanted, late.wanted)) return undefined;
  const warning = uncorrectedWarning(late, token, input);
  return warning === undefined ? undefined : { field: late.field, warning };
}

/**
 * Returns the fields to patch after the delivery. This includes fields that the create could not state, and an expiry that is
 * later than it asked for, even if the manifest doesn't state them. An expired token has none, as it can't be changed and is
 * recreated.
 */
function fieldsToPatchAfterDelivery(facts: PendingFacts): readonly FieldChange[] {
  const { input, pending, token } = facts;
  const { desired, rules } = input;
  const isLater = ({ patchAfterCreate }: FieldRule): boolean => patchAfterCreate === true;
  const { renews, fields } = pending.attempt;
  const isRenewed = ({ expiry }: FieldRule): boolean => renews === true && expiry !== undefined;
  const late = token && lateExpiry(rules, fields, token);
  const wanted = {
    ...filterFields(fields, rules, (rule) => isLater(rule) || isRenewed(rule)),
    ...(late && { [late.field]: late.wanted }),
    ...desired.fields,
  };
  if (!token) return diffFields(filterFields(wanted, rules, isLater), defaultFields(rules));
  if (token.expired && !renews) return [];
  const uncorrected = uncorrectedExpiry(facts)?.field;
  return patchableChanges(diffAgainstLive({ fields: wanted }, token, rules), rules).filter(
    ({ field }) => field !== uncorrected,
  );
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
    message: `the secret of ${attempt.name} is in the spool, encrypted for the file sink that the manifest had when the token was created, and can't be delivered to another sink`,
    hint: `deliver it there with reconcile spool deliver ${attempt.address}, or recreate the token with reconcile apply --replace ${attempt.address}`,
  };
}

/** Tells whether content that was made for one sink fits another. */
function hasSameContent(one: Sink, other: Sink): boolean {
  const form = sinkTypeOf(one).contentForm?.(one);
  return form !== undefined && one.type === other.type && equal(form, sinkTypeOf(other).contentForm?.(other));
}
