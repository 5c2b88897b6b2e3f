import { type ExpiryRule, expiryProblem } from '../core/model/expiry.ts';
import type { ManifestFinding } from '../core/model/token-kind.ts';
import { formatInstant, parseInstant } from '../core/util/instant.ts';
import type { Json } from '../core/util/json.ts';
import type { ResponseReader } from './response-reader.ts';

/** Returns an expiry in canonical form, like `2027-06-30T00:00:00Z` or `never`. */
export function canonicalExpiry(text: string): string {
  if (text === 'never') return text;
  const seconds = parseShown(text);
  // The API may use an unknown spelling one day. Showing it is better than mistaking it for another value.
  return seconds === undefined ? text : spelled(text, seconds);
}

const canonical = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Returns the canonical form of an instant. Most texts have it. */
function spelled(text: string, seconds: number): string {
  return canonical.test(text) ? text : formatInstant(seconds);
}

/**
 * Earliest plausible date in a response, in seconds since 1970, as neither service is older: docs/threat-model.md, Time and
 * values.
 */
const earliest = Date.UTC(2013, 0, 1) / 1000;

/** Returns an instant of a response in seconds since 1970; `null` if it isn't one, or means no date, as the year 1 does. */
export function shownInstant(value: Json | undefined): number | null {
  const seconds = typeof value === 'string' ? parseShown(value) : undefined;
  return seconds === undefined || seconds < earliest ? null : seconds;
}

/**
 * Returns the expiry that a response shows, in canonical form. Services write "no expiry" as null, nothing, 0, or an instant
 * long ago. No token can have expired before it was created, so an expiry before the creation means none:
 * docs/threat-model.md, Time and values.
 * @param created in seconds since 1970; `null` if the service doesn't show it
 */
export function shownExpiry(
  value: Json | undefined,
  created: number | null,
  { text: read }: Pick<ResponseReader, 'text'>,
): string {
  const text = readExpiry(value, read).trim();
  if (/^0*$/.test(text)) return 'never';
  const seconds = parseShown(text);
  if (seconds === undefined) return text;
  return seconds <= Math.max(created ?? earliest, earliest) ? 'never' : spelled(text, seconds);
}

/** Returns the expiry of a response as it is written. Throws if it isn't a text. */
export function readExpiry(value: Json | undefined, read: ResponseReader['text']): string {
  return value === 0 ? '' : (read(value, 'an expiry') ?? '');
}

const isoDate = /^\d{4}-\d{2}-\d{2}$/;

/** Parses an instant, or a date without a time as its midnight. */
function parseShown(text: string): number | undefined {
  return parseInstant(isoDate.test(text) ? `${text}T00:00:00Z` : text, 'utc');
}

/** The check of the expiry in a manifest. */
export interface ExpiryCheck {
  readonly field: string;
  readonly rule: ExpiryRule;
  /** The hint for an expiry that is too early. */
  readonly hint: string;
}

/** Returns the findings about a manifest's expiry. */
export function checkExpiry(
  expiry: Json | undefined,
  now: number,
  { field, rule, hint }: ExpiryCheck,
): readonly ManifestFinding[] {
  if (typeof expiry !== 'string') return [];
  const path = [field];
  const isDate = rule.precision === 'day' && isoDate.test(expiry);
  if (expiry !== 'never' && !isDate && parseInstant(expiry, 'refuse') === undefined) {
    return [
      {
        severity: 'error',
        path,
        message: `expected an instant or never; found ${JSON.stringify(expiry)}`,
        hint: 'an instant has a date, a time and a zone, for example 2027-06-30T00:00:00Z',
      },
    ];
  }
  const why = expiryProblem(canonicalExpiry(expiry), rule, now);
  return why === undefined ? [] : [{ severity: 'warning', path, message: why, hint }];
}
