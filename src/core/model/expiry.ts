import { formatInstant, parseInstant } from '../util/instant.ts';
import type { Json } from '../util/json.ts';

/** The precision with which a service keeps an expiry: an instant, midnight UTC, or whole days since the creation. */
export type ExpiryPrecision = 'second' | 'day' | 'days_since_creation';

/** The expiries that a service accepts. */
export interface ExpiryRule {
  readonly precision: ExpiryPrecision;
  /** The minimum and maximum time from now, in seconds. */
  readonly minSeconds?: number;
  readonly maxSeconds?: number;
  /** True if a token must expire. */
  readonly required?: true;
  /** True if a later expiry makes an expired token valid again, with its old secret. */
  readonly revives?: true;
}

const daySeconds = 86_400;

/**
 * Returns the latest expiry that the service can keep and that is no later than the wanted one.
 *
 * @param text canonical: an instant, or `never`
 * @param created the creation time of the token, in seconds since 1970; `null` if unknown
 * @param shown the expiry that the token shows, if it is live
 */
export function fitExpiry(
  text: string,
  { precision }: ExpiryRule,
  created: number | null,
  shown?: Json,
): string {
  const seconds = text === 'never' ? undefined : parseInstant(text, 'utc');
  if (seconds === undefined || precision === 'second') return text;
  if (precision === 'day') return formatInstant(seconds - (seconds % daySeconds));
  // An expiry within the day before the wanted one is the rounded one. In a zone with summer time it can be an hour off.
  const kept = typeof shown === 'string' ? parseInstant(shown, 'utc') : undefined;
  if (kept !== undefined && kept <= seconds && kept > seconds - daySeconds) return String(shown);
  if (created === null) return text;
  return formatInstant(created + Math.floor((seconds - created) / daySeconds) * daySeconds);
}

/**
 * Returns a warning if the service can't keep an expiry to the second; `undefined` if it can.
 *
 * @param created the time from which days are counted: that of the create, in seconds since 1970
 */
export function roundingWarning(text: string, rule: ExpiryRule, created: number): string | undefined {
  if (rule.precision === 'second' || text === 'never') return undefined;
  if (rule.precision === 'days_since_creation') {
    const end = fitExpiry(text, rule, created);
    const days = Math.round(((parseInstant(end, 'utc') ?? created) - created) / daySeconds);
    return `the service counts whole days from the creation: with ${days} days, a token that is created now expires at ${end}, and never after ${text}`;
  }
  const kept = fitExpiry(text, rule, null);
  return kept === text ? undefined : `the service keeps dates only, so the token expires at ${kept}`;
}

/** Returns the shortest time that a token with this wanted lifetime may live, as the service rounds its expiry; in seconds. */
export function shortestLife(lifetime: number, { precision }: ExpiryRule): number {
  switch (precision) {
    case 'second':
      return lifetime;
    case 'days_since_creation':
      // The create comes after the plan, so even whole days are rounded down by one.
      return Math.max(0, Math.ceil(lifetime / daySeconds) - 1) * daySeconds;
    case 'day':
      // The midnight before can be almost a day earlier.
      return Math.max(0, lifetime - daySeconds);
  }
}

/** Returns why an expiry can't be set at this time (seconds since 1970); `undefined` if it can. */
export function expiryProblem(text: string, rule: ExpiryRule, now: number): string | undefined {
  const { minSeconds = 0, maxSeconds, required } = rule;
  if (text === 'never') return required ? 'a token must expire' : undefined;
  const kept = fitExpiry(text, rule, now);
  const seconds = parseInstant(kept, 'utc');
  if (seconds === undefined) return undefined;
  if (seconds <= now) {
    return kept === text ? `${text} is in the past` : `${text} is less than a whole day ahead`;
  }
  if (seconds < now + minSeconds) {
    return `${text} is less than ${duration(minSeconds)} ahead, and the service accepts no earlier expiry`;
  }
  if (maxSeconds !== undefined && seconds > now + maxSeconds) {
    return `${text} is more than ${duration(maxSeconds)} ahead, and the service accepts no later expiry`;
  }
  return undefined;
}

function duration(seconds: number): string {
  if (seconds === 3600) return 'an hour';
  return seconds % daySeconds === 0 ? `${seconds / daySeconds} days` : `${Math.round(seconds / 3600)} hours`;
}
