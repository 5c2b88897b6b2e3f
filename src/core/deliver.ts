import equal from 'fast-deep-equal';
import { differences, lost, patchable } from './adjust.ts';
import { sinksOf } from './assess.ts';
import { change, failed, sinkNames } from './change.ts';
import type { Waiting } from './custody.ts';
import { diff } from './diff.ts';
import type { Problem } from './errors.ts';
import { type FieldRule, fieldsOf, initialFields } from './fields.ts';
import { formatInstant } from './instant.ts';
import type { Change, FieldChange, Observed, Sink } from './model.ts';
import type { Situation } from './situation.ts';

/**
 * The delivery of a secret that waits in the spool, if there is one for this name and its token is live. Soon
 * after it was made a token may not show yet, and is taken to be live.
 */
export function deliverWaiting(situation: Situation, name: string | undefined): Change | undefined {
  const { desired, live, listedAt, standard } = situation;
  const waiting = name === undefined ? undefined : situation.record(name).waiting;
  if (!waiting) return undefined;
  const token = live.withId(waiting.id);
  if (!token && listedAt > waiting.madeAt + standard.grace) return undefined;
  const problem = lost(desired) ?? sealedOtherwise(waiting, sinksOf(desired));
  if (problem) return failed(desired, problem, waiting.id);
  const fields = unfinished(situation, waiting, token);
  const { old } = waiting.attempt;
  const since = `its secret is in the spool since ${formatInstant(Math.floor(waiting.madeAt))}`;
  return change(desired, {
    action: 'deliver',
    id: waiting.id,
    reason:
      old && live.withId(old.id)
        ? `${since}; after that the old token ${old.name} (${old.id}) is deleted`
        : since,
    fields,
    write: Object.fromEntries(fields.map(({ field, after }) => [field, after])),
    secret: sinkNames(desired),
    custody: 'half_made',
  });
}

/**
 * What is to be patched after the delivery. What the create could not say is still to be said, also where the manifest
 * doesn't state it; nothing of a token that has expired, which takes no change and is made anew.
 */
function unfinished(
  { desired, rules }: Situation,
  { attempt }: Waiting,
  token: Observed | undefined,
): readonly FieldChange[] {
  const isLater = ({ afterwards }: FieldRule): boolean => afterwards === true;
  const wanted = { ...fieldsOf(attempt.fields, rules, isLater), ...desired.fields };
  if (!token) return diff(fieldsOf(wanted, rules, isLater), initialFields(rules));
  return token.expired ? [] : patchable(differences({ fields: wanted }, token), rules);
}

/** Content that was encrypted for one file can't be written down in another way. */
function sealedOtherwise({ sealed, attempt }: Waiting, sinks: readonly Sink[]): Problem | undefined {
  if (!sealed) return undefined;
  const [then] = attempt.sinks;
  const [now, ...more] = sinks;
  if (then?.type === 'file' && now?.type === 'file' && more.length === 0) {
    if (equal([then.layout, then.age], [now.layout, now.age])) return undefined;
  }
  return {
    code: 'SINK_FAILED',
    message: `the secret of ${attempt.name} is in the spool, encrypted for the file that the manifest named when it was made, and can't be delivered otherwise`,
    hint: `deliver it there with reconcile spool deliver ${attempt.address}, or make a new token with --replace ${attempt.address}`,
  };
}
