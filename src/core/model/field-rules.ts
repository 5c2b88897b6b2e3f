import type { Json, JsonObject } from '../util/json.ts';
import type { Fields } from './model.ts';

/** How a field of a kind of token behaves. */
export interface FieldRule<V extends Json = Json> {
  /** Whether a PATCH changes it, or only a new token can have another value. */
  readonly change: 'patch' | 'replace';
  /** What `present` matches by. */
  readonly identity?: true;
  /** When the token ends: an instant, or `never`. */
  readonly expiry?: true;
  /**
   * Whether the service's documents disagree on it being patchable: then an unchanged value soon after a PATCH
   * means that the service ignored it.
   */
  readonly patchMayBeIgnored?: true;
  /** The value with which a token can be used; with any other it is switched off. */
  readonly activeValue?: Json;
  /** What a new token has where nothing is said. */
  readonly defaultValue?: Json;
  /** A create doesn't take it: what is wanted is patched afterwards. */
  readonly patchAfterCreate?: true;
  /** A create has to state it. */
  readonly requiredOnCreate?: true;
  /** Free text, which a service may trim or cut. Names are that, too. */
  readonly text?: true;
  /** What is to be said of a new token that has none of it. */
  readonly warningIfEmpty?: string;
  /** The one spelling of equal values; applied to both sides before they are compared. */
  canonical(value: V): Json;
  /** Why a value can't be written at this time (seconds since 1970), in words. */
  validate?(value: V, now: number): string | undefined;
}

/** The rules of all fields of a kind. */
export type FieldRules<F extends Fields = Fields> = {
  readonly [K in keyof Required<F>]: FieldRule<Required<F>[K]>;
};

/** The field that holds a token's name. */
export function nameFieldOf(rules: FieldRules): string {
  const found = Object.entries(rules).find(([, rule]) => rule.identity);
  if (!found) throw new TypeError('a kind of token without a name');
  return found[0];
}

/** Of the values of an entry, those of its managed fields. */
export function managedFields(values: JsonObject, rules: FieldRules): Fields {
  return Object.fromEntries(
    Object.keys(rules).flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]])),
  );
}

/** The fields whose rules are so. */
export function filterFields(fields: Fields, rules: FieldRules, isSo: (rule: FieldRule) => boolean): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([field]) => {
      const rule = rules[field];
      return rule !== undefined && isSo(rule as FieldRule);
    }),
  );
}

/** What a new token has where nothing is said. */
export function defaultFields(rules: FieldRules): Fields {
  return Object.fromEntries(
    Object.entries(rules).flatMap(([field, { defaultValue }]) =>
      defaultValue === undefined ? [] : [[field, defaultValue]],
    ),
  );
}

/** The field that says when a token ends. */
export function expiryField(rules: FieldRules): string {
  const found = Object.entries(rules).find(([, rule]) => rule.expiry);
  if (!found) throw new TypeError('a kind of token without an expiry');
  return found[0];
}

/** When a token ends, as `2027-06-30T00:00:00Z`; `null` where it never does. */
export function expiryOf(rules: FieldRules, fields: Fields): string | null {
  const value = fields[expiryField(rules)];
  return typeof value === 'string' && value !== 'never' ? value : null;
}

/** The values as their rules spell them. A field without a rule is a bug and throws. */
export function canonicalizeFields(rules: FieldRules, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => {
      const rule = rules[field];
      if (!rule) throw new TypeError(`no rule for the field ${field}`);
      return [field, rule.canonical(value)];
    }),
  );
}
