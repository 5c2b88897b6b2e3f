import { grantWarnings, hiddenFields } from '../model/granted-values.ts';
import { type Change, type Observed, sinkName } from '../model/model.ts';
import { errorChange, makeChange } from './change.ts';
import type { CustodyAssessment } from './custody.ts';
import { diffAgainstLive } from './diff.ts';
import type { DecisionInput } from './input.ts';
import { rejectedValueProblem } from './preconditions.ts';
import { immutable, planReplace } from './replace.ts';

/** Plans the change of a live token: nothing, a patch, a replace, or the delivery to a sink. */
export function planUpdate(situation: DecisionInput, token: Observed, assessment: CustodyAssessment): Change {
  const { desired, rules, now } = situation;
  const fields = diffAgainstLive(desired, token);
  const { custody, backfill } = assessment;
  if (fields.some(({ field }) => rules[field]?.change === 'replace')) {
    return desired.allowReplace
      ? planReplace(situation, token, assessment)
      : immutable(desired, token, fields, rules);
  }
  const write = Object.fromEntries(fields.map(({ field, after }) => [field, after]));
  const error = rejectedValueProblem(rules, write, now);
  if (error) return errorChange(desired, error, token.id);
  const warnings = [...assessment.warnings, ...grantWarnings(desired.fields, token)];
  const hidden = hiddenFields(desired.fields, token);
  const common = { id: token.id, fields, payload: write, custody, warnings, hidden };
  if (backfill) {
    return makeChange(desired, {
      ...common,
      action: 'deliver',
      reason: `its secret is in ${sinkName(backfill.from)}, and not everywhere that it belongs`,
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
