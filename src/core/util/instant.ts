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
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, mi, s);
  // Date rolls 30 February over into March, so an instant that comes back different doesn't exist.
  const exists =
    date.getUTCFullYear() === y &&
    date.getUTCMonth() === mo - 1 &&
    date.getUTCDate() === d &&
    h < 24 &&
    mi < 60 &&
    s < 60;
  if (!exists) return undefined;
  const zoneHours = Number(offsetHour ?? 0);
  const zoneMinutes = Number(offsetMinute ?? 0);
  if (zoneHours > 23 || zoneMinutes > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
  return date.getTime() / 1000 - offset;
}

/** Formats whole seconds since 1970 as `2027-06-30T00:00:00Z`. */
export function formatInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
