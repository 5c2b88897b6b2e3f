const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:([Zz])|([+-])(\d{2}):(\d{2}))?$/;

/**
 * Parses an RFC 3339 instant to whole seconds since 1970. Drops fractions. `undefined` if the text is not an instant, or
 * names a day or hour that doesn't exist.
 *
 * @param zoneless the meaning of a text without a zone: an error in a manifest; UTC in a response of the API
 */
export function parseInstant(text: string, zoneless: 'refuse' | 'utc'): number | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, zulu, sign, offsetHour, offsetMinute] = match;
  if (!zulu && !sign && zoneless === 'refuse') return undefined;
  const [y, mo, d, h, mi, s] = [Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second)];
  if (mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 23 || mi > 59 || s > 59) return undefined;
  const zoneHours = Number(offsetHour ?? 0);
  const zoneMinutes = Number(offsetMinute ?? 0);
  if (zoneHours > 23 || zoneMinutes > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
  // Date takes years below 100 for those of the 20th century, and the calendar repeats after 400 years.
  const seconds = Date.UTC(y + 400, mo - 1, d, h, mi, s) / 1000 - secondsIn400Years;
  return seconds - offset;
}

const secondsIn400Years = 146_097 * 86_400;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Formats whole seconds since 1970 as `2027-06-30T00:00:00Z`. */
export function formatInstant(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}Z`;
}
