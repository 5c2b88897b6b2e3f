import equal from 'fast-deep-equal';
import type { Desired } from '../model/desired.ts';
import { type FieldRules, fitFields } from '../model/field-rules.ts';
import { isAsWanted, valueBefore } from '../model/granted-values.ts';
import type { FieldChange } from '../model/plan.ts';
import type { Fields, Observed } from '../model/token.ts';

/**
 * Returns the wanted fields that differ from the live ones, in the order of the wanted ones. Both sides are canonical. A
 * field that isn't wanted is not managed, so it never differs.
 */
export function diffFields(wanted: Fields, live: Fields): readonly FieldChange[] {
  return Object.entries(wanted)
    .filter(([field, after]) => !equal(after, live[field] ?? null))
    .map(([field, after]) => ({ field, before: live[field] ?? null, after }));
}

/**
 * Returns the wanted fields that differ from the live token, as far as it shows them. An expiry is compared as the service
 * can keep it for a token of this age.
 */
export function diffAgainstLive(
  { fields }: Pick<Desired, 'fields'>,
  token: Observed,
  rules: FieldRules,
): readonly FieldChange[] {
  return Object.entries(fitFields(rules, fields, token.origin.created, token.fields))
    .filter(([field]) => !token.partial || field in token.fields)
    .filter(([field, after]) => !isAsWanted(token, field, after))
    .map(([field, after]) => ({
      field,
      before: valueBefore(token, field),
      after,
      ...(rules[field]?.identity && { isName: true as const }),
    }));
}

/** Returns the changes that a PATCH can make. */
export function patchableChanges(fields: readonly FieldChange[], rules: FieldRules): readonly FieldChange[] {
  return fields.filter(({ field }) => rules[field]?.change === 'patch');
}
