import equal from 'fast-deep-equal';
import { parseInstant } from '../util/instant.ts';
import type { Json } from '../util/json.ts';
import { type FieldRule, type FieldRules, fitFields } from './field-rules.ts';
import type { Grant, Grants } from './grants.ts';
import type { Fields, Observed } from './token.ts';

const day = 86_400;

/** Returns a text without the features that services change: case, surrounding and repeated white space. */
export function folded(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
}

/** Tells whether a service may have changed one text to the other: trimmed it, cut it, or changed its case. */
export function isGrantedText(asked: string, shown: string): boolean {
  // A cut through the middle of a character leaves half of it. The lookbehind keeps the time linear for a hostile text.
  const rest = folded(shown.replace(/(?<![\p{Surrogate}\ufffd])[\p{Surrogate}\ufffd]+$/u, ''));
  return rest !== '' && folded(asked).startsWith(rest);
}

/** Tells whether a token has a name, or a form of it that a service may have changed. */
export function bears({ name }: Pick<Observed, 'name'>, asked: string): boolean {
  return name === asked || isGrantedText(asked, name);
}

/**
 * Tells whether a service may have changed one expiry to the other: brought it forward, or moved it to a midnight. A longer
 * life than requested doesn't count.
 */
function isGrantedExpiry(asked: string, shown: string): boolean {
  return endOf(shown) < endOf(asked) + day;
}

function endOf(expiry: string): number {
  return expiry === 'never' ? Number.POSITIVE_INFINITY : (parseInstant(expiry, 'utc') ?? Number.NaN);
}

/** Tells whether a service may have changed one value to the other, by the known behaviour for such a field. */
export function isGranted(rule: FieldRule | undefined, asked: Json, shown: Json): boolean {
  if (!rule || typeof asked !== 'string' || typeof shown !== 'string') return false;
  if (rule.expiry) return isGrantedExpiry(asked, shown);
  return (rule.identity || rule.text) === true && isGrantedText(asked, shown);
}

/**
 * Tells whether a token with one value may come from a request for another. Expiries have to be less than a day apart, as a
 * person may create a token with a shorter life at any time.
 */
export function isEvidence(rule: FieldRule | undefined, asked: Json, shown: Json): boolean {
  if (!isGranted(rule, asked, shown)) return false;
  return !rule?.expiry || endOf(String(shown)) > endOf(String(asked)) - day;
}

/**
 * Tells whether an expiry is one whole day off. A client counts days by its own clock, a service by the creation, so the two
 * may round differently.
 */
export function isOneDayOff(rule: FieldRule | undefined, kept: Json, shown: Json): boolean {
  if (rule?.expiry?.precision !== 'days_since_creation') return false;
  return Math.abs(endOf(String(kept)) - endOf(String(shown))) === day;
}

/**
 * Tells whether a value in the response to our own write counts as granted. Any expiry does, as it is now in effect, and so
 * does a text that the service has dropped, except a name.
 */
export function isAnsweredGrant(rule: FieldRule | undefined, asked: Json, shown: Json): boolean {
  if (rule?.expiry !== undefined || isGranted(rule, asked, shown)) return true;
  return rule?.text === true && !rule.identity && shown === '';
}

/** Returns the value of a field as the service shows it; `null` if it leaves the field out. */
export function shownValue({ fields, assumed }: Observed, field: string): Json {
  return assumed?.includes(field) ? null : (fields[field] ?? null);
}

/** Returns the differences between the requested fields and those of the new token in the create response. */
export function grantsOf(rules: FieldRules, asked: Fields, token: Observed): Grants {
  const kept = fitFields(rules, asked, token.origin.created, token.fields);
  return Object.fromEntries(
    Object.entries(asked)
      .map(([field, value]) => [field, { asked: value, granted: shownValue(token, field) }] as const)
      // An expiry that is rounded as its rule says is not a grant.
      .filter(([field, { asked: sent, granted }]) => !equal(granted, sent) && !equal(granted, kept[field]))
      .filter(
        ([field, grant]) =>
          grant.granted === null || isAnsweredGrant(rules[field], grant.asked, grant.granted),
      ),
  );
}

/** Returns the grant on record that a token's field still shows. */
function grantOf(token: Observed, field: string): Grant | undefined {
  const grant = token.granted?.[field];
  return grant && equal(grant.granted, shownValue(token, field)) ? grant : undefined;
}

/**
 * Tells whether a token has the wanted value of a field, or the value that the service grants for it. A field that the
 * service never shows has the value that was sent last.
 */
export function isAsWanted(token: Observed, field: string, wanted: Json): boolean {
  const grant = grantOf(token, field);
  if (grant && equal(grant.asked, wanted)) return true;
  return grant?.granted === null ? false : equal(token.fields[field] ?? null, wanted);
}

/** Tells whether a field still has the value that the service granted for a request, or isn't shown. */
export function isUnmoved(token: Observed, field: string, asked: Json): boolean {
  if (!token.partial && !(field in token.fields)) return true;
  return isAsWanted(token, field, asked);
}

/** Returns the value of a field before a change; `null` if the service never shows it. */
export function valueBefore(token: Observed, field: string): Json {
  return grantOf(token, field)?.granted === null ? null : (token.fields[field] ?? null);
}

/** Returns the wanted fields that the service never shows for a token, with any value. */
export function hiddenFields(wanted: Fields, token: Observed): readonly string[] {
  if (token.partial) return [];
  return Object.entries(wanted)
    .filter(([field, value]) => !equal(token.fields[field] ?? null, value))
    .filter(([field]) => grantOf(token, field)?.granted === null || !(field in token.fields))
    .map(([field]) => field);
}

/** Returns a token's fields. Fields that the service never shows have the values that were sent last. */
export function knownFields(token: Observed): Fields {
  const sent = Object.keys(token.granted ?? {}).flatMap((field) => {
    const grant = grantOf(token, field);
    return grant?.granted === null ? [[field, grant.asked] as const] : [];
  });
  return { ...token.fields, ...Object.fromEntries(sent) };
}

/** Returns a warning for each wanted field that the service has given another value. */
export function grantWarnings(wanted: Fields, token: Observed): readonly string[] {
  return Object.entries(wanted).flatMap(([field, value]) => {
    const grant = grantOf(token, field);
    if (!grant || grant.granted === null || !equal(grant.asked, value)) return [];
    return [grantWarning(field, grant)];
  });
}

/** Returns the warning that a service has granted a field a value other than the requested one. */
export function grantWarning(
  field: string,
  { asked, granted }: Grant,
  therefore = 'the token is kept while the manifest asks for the same',
): string {
  return `${field}: the service granted ${words(granted)} for ${words(asked)}; ${therefore}`;
}

/** Returns the warning that a service never shows a field of a kind of token. */
export function hiddenWarning(kind: string, field: string): string {
  return `the service doesn't show ${field} of a ${kind}: reconcile assumes the value that it sent last, and can't detect changes made elsewhere`;
}

function words(value: Json): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

/** Returns a token with its recorded data: its grants, and the requested name. */
export function asRecorded(token: Observed, name: string, granted: Grants | undefined): Observed {
  if (name === token.name && !granted) return token;
  const { id, loginName, generated, expired, partial, assumed } = token;
  return {
    id,
    name,
    get fields() {
      return token.fields;
    },
    get origin() {
      return token.origin;
    },
    get object() {
      return token.object;
    },
    ...(loginName !== undefined && { loginName }),
    ...(generated && { generated }),
    ...(expired && { expired }),
    ...(partial && { partial }),
    ...(assumed && { assumed }),
    ...(granted && { granted }),
  };
}
