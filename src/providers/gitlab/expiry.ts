import { formatInstant, parseInstant } from '../../core/util/instant.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';
import { read } from './read.ts';

/**
 * Returns the expiry that a response shows, in canonical form. A date means its midnight. An instant long ago is that of a
 * dead token, and doesn't mean "never" as elsewhere: docs/services/gitlab.md, Expiry.
 */
export function shownEnd(value: Json | undefined): string {
  const text = read.text(value, 'an expiry') ?? '';
  if (text === '') return 'never';
  const seconds = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text, 'utc');
  return seconds === undefined ? text : formatInstant(seconds);
}

/**
 * Tells whether a token is revoked or has expired. Such tokens stay listed. The flags of a response are wrong on the last day
 * of a deploy token, so the expiry decides, by the server's clock: docs/services/gitlab.md, Expiry.
 *
 * @param now in seconds since 1970
 */
export function isDead({ revoked, active, expires_at: expiry }: JsonObject, now: number): boolean {
  const end = parseInstant(shownEnd(expiry), 'utc');
  return revoked === true || active === false || (end !== undefined && end <= now);
}
