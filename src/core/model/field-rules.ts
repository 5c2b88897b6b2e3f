import { parseInstant } from '../util/instant.ts';
import type { Json, JsonObject } from '../util/json.ts';
import { type ExpiryRule, expiryProblem, fitExpiry, roundingWarning } from './expiry.ts';
import type { Fields } from './token.ts';

/** The behaviour of one field of a kind of token. */
export interface FieldRule<V extends Json = Json> {
  /** The way to change the field: by a PATCH, or only by a new token. */
  readonly change: 'patch' | 'replace';
  /** The name of the field in the API, if it differs. */
  readonly wireName?: string;
  /** True for the field that `present` matches by. */
  readonly identity?: true;
  /** Set for the field that holds the token's expiry, an instant or `never`: the expiries that the service accepts. */
  readonly expiry?: ExpiryRule;
  /**
   * True if the service's documents disagree on whether the field can be patched. An unchanged value soon after a PATCH
   * then means that the service ignored it.
   */
  readonly patchMayBeIgnored?: true;
  /** The value with which the token can be used. With any other value it is disabled. */
  readonly activeValue?: Json;
  /** The value that the service gives a new token if the create doesn't state one. */
  readonly defaultValue?: Json;
  /** Returns the value that the service gives a new token of this ID if the create doesn't state one. */
  readonly defaultOf?: (id: string) => Json;
  /** True if a create doesn't accept the field. The wanted value is patched afterwards. */
  readonly patchAfterCreate?: true;
  /** True if a create has to state the field, at the levels that have it. */
  readonly requiredOnCreate?: true;
  /** True for free text, which a service may trim or cut. This includes names. */
  readonly text?: true;
  /** Warning shown if a new token leaves this field empty. */
  readonly warningIfEmpty?: string;
  /** The field of the only level of scopes whose tokens have it; absent if all tokens have it. */
  readonly onlyAt?: string;
  /** Returns the one spelling of equal values. Applied to both sides before they are compared. */
  canonical(value: V): Json;
  /** Returns why a value other than an expiry can't be written now (seconds since 1970); `undefined` if it can. */
  validate?(value: V, now: number): string | undefined;
}

/** The rules of all fields of a kind. */
export type FieldRules<F extends Fields = Fields> = {
  readonly [K in keyof Required<F>]: FieldRule<Required<F>[K]>;
};

/** Returns the field that holds a token's name. */
export function nameFieldOf(rules: FieldRules): string {
  const found = Object.entries(rules).find(([, rule]) => rule.identity);
  if (!found) throw new TypeError('a kind of token without a name');
  return found[0];
}

/** Returns the name of a field in the API. */
export function wireNameOf(rules: FieldRules, field: string): string {
  return rules[field]?.wireName ?? field;
}

/** Tells whether the tokens of a level of scopes have a field. */
export function hasField(rules: FieldRules, field: string, level: string | undefined): boolean {
  const only = rules[field]?.onlyAt;
  return only === undefined || only === level;
}

/** Returns the managed fields among the values of an entry. */
export function managedFields(values: JsonObject, rules: FieldRules): Fields {
  const managed: Record<string, Json> = {};
  for (const field of Object.keys(rules)) {
    const value = values[field];
    if (value !== undefined) managed[field] = value;
  }
  return managed;
}

/** Returns the fields whose rules match the predicate. */
export function filterFields(fields: Fields, rules: FieldRules, isSo: (rule: FieldRule) => boolean): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([field]) => {
      const rule = rules[field];
      return rule !== undefined && isSo(rule as FieldRule);
    }),
  );
}

/** Returns the values that the service gives a new token by default. */
export function defaultFields(rules: FieldRules): Fields {
  return Object.fromEntries(
    Object.entries(rules).flatMap(([field, { defaultValue }]) =>
      defaultValue === undefined ? [] : [[field, defaultValue]],
    ),
  );
}

/** Returns the values that the service gives a new token by default, as far as they depend on its ID. */
export function defaultFieldsOf(rules: FieldRules, id: string): Fields {
  return Object.fromEntries(
    Object.entries(rules).flatMap(([field, { defaultOf }]) => (defaultOf ? [[field, defaultOf(id)]] : [])),
  );
}

/** Returns the field that holds a token's expiry. */
export function expiryField(rules: FieldRules): string {
  const found = Object.entries(rules).find(([, rule]) => rule.expiry);
  if (!found) throw new TypeError('a kind of token without an expiry');
  return found[0];
}

/** Returns a token's expiry, for example `2027-06-30T00:00:00Z`; `null` if it never expires. */
export function expiryOf(rules: FieldRules, fields: Fields): string | null {
  const value = fields[expiryField(rules)];
  return typeof value === 'string' && value !== 'never' ? value : null;
}

/** Returns a token's expiry, in seconds since 1970; `undefined` if it never expires. */
export function expirySeconds(rules: FieldRules, fields: Fields): number | undefined {
  const expiry = expiryOf(rules, fields);
  return expiry === null ? undefined : parseInstant(expiry, 'utc');
}

/** Returns why a value can't be written at this time (seconds since 1970); `undefined` if it can. */
export function valueProblem(rule: FieldRule | undefined, value: Json, now: number): string | undefined {
  if (rule?.expiry && typeof value === 'string') return expiryProblem(value, rule.expiry, now);
  return rule?.validate?.(value, now);
}

/** Returns warnings for the expiry of a token that is created now (seconds since 1970), if the service can't keep it to the second. */
export function roundingWarnings(rules: FieldRules, fields: Fields, now: number): readonly string[] {
  return Object.entries(rules).flatMap(([field, { expiry }]) => {
    const value = fields[field];
    const warning = expiry && typeof value === 'string' ? roundingWarning(value, expiry, now) : undefined;
    return warning === undefined ? [] : [`${field}: ${warning}`];
  });
}

/**
 * Returns the fields with the expiry that the service keeps for a token: the latest that is no later than the wanted one.
 *
 * @param created the creation time of the token, in seconds since 1970; `null` if the service doesn't say
 * @param shown the fields that the token shows
 */
export function fitFields(rules: FieldRules, fields: Fields, created: number | null, shown: Fields): Fields {
  const found = Object.entries(rules).find(([, { expiry }]) => expiry && expiry.precision !== 'second');
  const [field, { expiry } = {}] = found ?? [];
  const value = field === undefined ? undefined : fields[field];
  if (field === undefined || !expiry || typeof value !== 'string') return fields;
  return { ...fields, [field]: fitExpiry(value, expiry, created, shown[field]) };
}

/** Returns the values as their rules spell them. Throws if a field has no rule, which is a bug. */
export function canonicalizeFields(rules: FieldRules, fields: Fields): Fields {
  const canonical: Record<string, Json> = {};
  for (const field of Object.keys(fields)) {
    const rule = rules[field];
    const value = fields[field];
    if (!rule || value === undefined) throw new TypeError(`no rule for the field ${field}`);
    canonical[field] = rule.canonical(value);
  }
  return canonical;
}
