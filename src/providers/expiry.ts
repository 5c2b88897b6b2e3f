import type { Finding } from '../core/declaration.ts';
import { formatInstant, parseInstant } from '../core/instant.ts';
import type { Json } from '../core/json.ts';

/** An expiry in one spelling, as `2027-06-30T00:00:00Z` or `never`. */
export function canonicalExpiry(text: string): string {
  if (text === 'never') return text;
  const seconds = parseInstant(text, 'utc');
  // The API may one day answer with a spelling that is not known here: better shown than taken for another.
  return seconds === undefined ? text : formatInstant(seconds);
}

/** What the check of an expiry has to know of the service. */
export interface ExpiryRule {
  readonly field: string;
  /** Why an expiry can't be written now, in words; now in seconds since 1970. */
  readonly refuse: (text: string, now: number) => string | undefined;
  /** What only a later one is good for. */
  readonly hint: string;
}

/** What is to be said of a manifest's expiry. */
export function checkExpiry(
  expiry: Json | undefined,
  now: number,
  { field, refuse, hint }: ExpiryRule,
): readonly Finding[] {
  if (typeof expiry !== 'string' || expiry === 'never') return [];
  const path = [field];
  if (parseInstant(expiry, 'refuse') === undefined) {
    return [
      {
        severity: 'error',
        path,
        message: `expected an instant or never; found ${JSON.stringify(expiry)}`,
        hint: 'an instant has a date, a time and a zone, as in 2027-06-30T00:00:00Z',
      },
    ];
  }
  const why = refuse(expiry, now);
  return why === undefined ? [] : [{ severity: 'warning', path, message: `${field}: ${why}`, hint }];
}
