import { grantWarnings, hiddenFields } from '../model/granted-values.ts';
import type { Change } from '../model/plan.ts';
import { sinkLabel, sinkName } from '../model/sink.ts';
import { errorChange, makeChange } from './change.ts';
import type { LiveFacts } from './facts.ts';
import { recordedLateExpiry, uncorrectedWarning } from './late-expiry.ts';
import { rejectedValueProblem } from './preconditions.ts';
import { planRenewal, renewalReason } from './renewal.ts';
import { immutable, planReplace } from './replace.ts';

/** Plans the change of a live token: nothing, a patch, a replace, or the delivery to a sink. */
export function planUpdate(live: LiveFacts): Change {
  const { token, differences: fields } = live;
  const { desired, rules, now } = live.input;
  const { custody, backfill } = live.custody;
  if (fields.some(({ field }) => rules[field]?.change === 'replace')) {
    return desired.allowReplace ? planReplace(live) : immutable(live);
  }
  const renewal = desired.renewal && renewalReason(live);
  if (renewal !== undefined) return planRenewal(live, renewal);
  const payload = Object.fromEntries(fields.map(({ field, after }) => [field, after]));
  const error = fields.length === 0 ? undefined : rejectedValueProblem(rules, payload, now);
  if (error) return errorChange(desired, error, token.id);
  const late = token.granted && recordedLateExpiry(token, live.input);
  const uncorrected = late && uncorrectedWarning(late, token, live.input);
  const warnings = [
    ...live.custody.warnings,
    ...(late ? [] : grantWarnings(desired.fields, token)),
    ...(uncorrected === undefined ? [] : [uncorrected]),
  ];
  const hidden = hiddenFields(desired.fields, token);
  const common = { id: token.id, fields, payload, custody, warnings, hidden };
  if (backfill) {
    return makeChange(desired, {
      ...common,
      action: 'deliver',
      reason: `the secret is in ${sinkLabel(backfill.from)}, but not in all sinks`,
      secret: backfill.sinks.map(sinkName),
    });
  }
  if (fields.length === 0) return makeChange(desired, { ...common, action: 'noop', reason: 'as declared' });
  return makeChange(desired, {
    ...common,
    action: 'patch',
    reason: `${fields.map(({ field }) => field).join(', ')} ${fields.length > 1 ? 'differ' : 'differs'}`,
  });
}
