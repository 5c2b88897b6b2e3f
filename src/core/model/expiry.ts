import { formatInstant, parseInstant } from '../util/instant.ts';

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
}

const daySeconds = 86_400;

/**
 * Returns the latest expiry that the service can keep and that is no later than the wanted one.
 *
 * @param text canonical: an instant, or `never`
 * @param created the creation time of the token, in seconds since 1970; for a new token, now
 */
export function fitExpiry(text: string, { precision }: ExpiryRule, created: number): string {
  const seconds = text === 'never' ? undefined : parseInstant(text, 'utc');
  if (seconds === undefined || precision === 'second') return text;
  const from = precision === 'day' ? 0 : created;
  return formatInstant(from + Math.floor((seconds - from) / daySeconds) * daySeconds);
}

/** Returns the shortest time that a token with this wanted lifetime may live, as the service rounds its expiry; in seconds. */
export function shortestLife(lifetime: number, { precision }: ExpiryRule): number {
  switch (precision) {
    case 'second':
      return lifetime;
    case 'days_since_creation':
      return Math.floor(lifetime / daySeconds) * daySeconds;
    case 'day':
      // The midnight before can be almost a day earlier.
      return Math.max(0, lifetime - daySeconds);
  }
}

/** Returns why an expiry can't be set at this time (seconds since 1970); `undefined` if it can. */
export function expiryProblem(
  text: string,
  { minSeconds = 0, maxSeconds, required }: ExpiryRule,
  now: number,
): string | undefined {
  if (text === 'never') return required ? 'a token must expire' : undefined;
  const seconds = parseInstant(text, 'utc');
  if (seconds === undefined) return undefined;
  if (seconds <= now) return `${text} is in the past`;
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
