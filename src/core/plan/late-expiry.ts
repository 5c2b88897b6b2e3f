import equal from 'fast-deep-equal';
import { expiryField, type FieldRules, fitFields } from '../model/field-rules.ts';
import type { Fields, Observed } from '../model/token.ts';
import { parseInstant } from '../util/instant.ts';
import type { Json } from '../util/json.ts';
import { inabilityFor } from './inabilities.ts';
import type { DecisionInput } from './input.ts';

/** The expiry of a token that ends later than its create has asked for, as it is to be corrected. */
export interface LateExpiry {
  readonly field: string;
  readonly wanted: Json;
}

/**
 * Returns the wanted expiry if a token ends later: a service that counts days from the creation began to count later than the
 * request assumed.
 */
export function lateExpiry(
  rules: FieldRules,
  asked: Fields,
  { fields, origin }: Observed,
): LateExpiry | undefined {
  const field = expiryField(rules);
  if (rules[field]?.expiry?.precision !== 'days_since_creation' || rules[field]?.change !== 'patch') {
    return undefined;
  }
  const kept = parseInstant(String(fitFields(rules, asked, origin.created, fields)[field]), 'utc');
  const shown = parseInstant(String(fields[field]), 'utc');
  const wanted = asked[field];
  const isLate = wanted !== undefined && kept !== undefined && shown !== undefined && shown > kept;
  return isLate ? { field, wanted } : undefined;
}

/** Returns the late expiry of a token that is on record as such, while the manifest asks for the same. */
export function recordedLateExpiry(
  token: Observed,
  { desired, rules }: DecisionInput,
): LateExpiry | undefined {
  const late = lateExpiry(rules, desired.fields, token);
  const grant = late && token.granted?.[late.field];
  if (!grant || !equal(grant.granted, token.fields[late.field])) return undefined;
  const fitted = fitFields(rules, desired.fields, token.origin.created, token.fields)[late.field] ?? null;
  return equal(grant.asked, late.wanted) || equal(grant.asked, fitted) ? late : undefined;
}

/** Returns a warning if the signed-in credential can't correct a late expiry; `undefined` if it can. */
export function uncorrectedWarning(
  { field, wanted }: LateExpiry,
  { fields }: Observed,
  input: Pick<DecisionInput, 'desired' | 'inabilities'>,
): string | undefined {
  const inability = inabilityFor(input, ['patch']);
  return (
    inability &&
    `${field}: the token ends at ${String(fields[field])}, later than ${String(wanted)}, as the service began to count its days later than the request assumed; the signed-in credential can't correct that: ${inability.reason}; run again with one that can change tokens`
  );
}
