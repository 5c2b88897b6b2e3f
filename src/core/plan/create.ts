import type { CreateAttempt } from '../model/custody-record.ts';
import { canonicalizeFields, expiryField, type FieldRules, roundingWarnings } from '../model/field-rules.ts';
import { nearNameWarning } from '../model/near-name.ts';
import type { Change } from '../model/plan.ts';
import type { Fields } from '../model/token.ts';
import { formatInstant } from '../util/instant.ts';
import { errorChange, makeChange, sinkNames } from './change.ts';
import type { DecisionInput } from './input.ts';
import {
  missingRequiredFields,
  missingSinkProblem,
  rejectedValueProblem,
  scopeNotReadyProblem,
} from './preconditions.ts';

/**
 * Plans a create.
 *
 * @param begun a replace that has already deleted the old token. Fields that the manifest doesn't state are carried over.
 */
export function planCreate(input: DecisionInput, begun?: CreateAttempt): Change {
  const { desired, rules } = input;
  const { renewal } = desired;
  const expiry = renewal && { [expiryField(rules)]: formatInstant(input.now + renewal.lifetime) };
  const write = canonicalizeFields(rules, { ...expiry, ...begun?.fields, ...desired.fields });
  const error =
    scopeNotReadyProblem(input) ??
    missingRequiredFields(input, write) ??
    rejectedValueProblem(rules, write, input.now) ??
    missingSinkProblem(desired);
  if (error) return errorChange(desired, error);
  return makeChange(desired, {
    action: 'create',
    reason: begun
      ? 'an earlier run deleted the old token, but did not create the new one'
      : 'no token has this name',
    fields: Object.entries(write)
      .filter(([field]) => !rules[field]?.identity)
      .map(([field, after]) => ({ field, before: null, after })),
    payload: write,
    secret: sinkNames(desired),
    warnings: [
      ...emptyFieldWarnings(rules, write),
      ...roundingWarnings(rules, write, input.listedAt),
      ...nearNames(input),
    ],
  });
}

/** Warns about live tokens with a name that differs only by easily overlooked characters. */
function nearNames({ desired, live }: DecisionInput): readonly string[] {
  const near = desired.name === undefined || desired.rotation ? undefined : live.nearly(desired.name);
  return near && desired.name !== undefined ? [nearNameWarning(desired.name, near)] : [];
}

/** Returns warnings for fields that a new token leaves empty. */
export function emptyFieldWarnings(rules: FieldRules, write: Fields): readonly string[] {
  return Object.entries(rules).flatMap(([field, { warningIfEmpty }]) => {
    const value = write[field];
    const none = value === undefined || (Array.isArray(value) && value.length === 0);
    return warningIfEmpty !== undefined && none ? [warningIfEmpty] : [];
  });
}
