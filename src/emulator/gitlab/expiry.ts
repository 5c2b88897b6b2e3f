import { badField } from './errors.ts';
import type { GitlabQuirks } from './quirks.ts';
import type { GitlabFeatures } from './versions.ts';

const day = 86_400_000;

/** Number of days that a rotated token is valid if an expiry is required and none is asked for. */
const rotatedDays = 7;

type Rules = Pick<GitlabQuirks, 'expiryRequired' | 'maxLifetimeDays'> &
  Pick<GitlabFeatures, 'optionalExpiry'>;

/** Returns the date in UTC some days after a time (milliseconds since 1970), as `YYYY-MM-DD`. */
export function dateAfter(now: number, days = 0): string {
  return new Date(now + days * day).toISOString().slice(0, 10);
}

/**
 * Returns the expiry of a new access token; null for never. Without one the maximum lifetime applies if an expiry is
 * required. Throws a 400 if it is later than that.
 */
export function expiryOfNew(asked: string | null, rules: Rules, now: number): string | null {
  return granted(asked, rules.maxLifetimeDays, rules, now);
}

/**
 * Returns the expiry of a rotated access token; null for never. Without one a week applies, or the maximum lifetime
 * if that is shorter, if an expiry is required. Throws a 400 if it is later than the maximum lifetime.
 */
export function expiryOfRotated(asked: string | null, rules: Rules, now: number): string | null {
  return granted(asked, Math.min(rotatedDays, rules.maxLifetimeDays), rules, now);
}

function granted(
  asked: string | null,
  defaultDays: number,
  { expiryRequired, maxLifetimeDays, optionalExpiry }: Rules,
  now: number,
): string | null {
  if (asked === null) return expiryRequired || !optionalExpiry ? dateAfter(now, defaultDays) : null;
  if (asked > dateAfter(now, maxLifetimeDays))
    throw badField('expires_at', `must be before ${dateAfter(now, maxLifetimeDays + 1)}`);
  return asked;
}
