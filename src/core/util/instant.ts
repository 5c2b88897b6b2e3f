const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})?$/;

/**
 * Parses an RFC 3339 instant to whole seconds since 1970. Drops fractions. `undefined` if the text is not an instant, or
 * names a day or hour that doesn't exist.
 *
 * @param zoneless the meaning of a text without a zone: an error in a manifest; UTC in a response of the API
 */
export function parseInstant(text: string, zoneless: 'refuse' | 'utc'): number | undefined {
  if (!rfc3339.test(text)) return undefined;
  const sign = text.at(-'+00:00'.length);
  const isOffset = sign === '+' || sign === '-';
  if (!isOffset && !/z$/i.test(text) && zoneless === 'refuse') return undefined;
  const year = numberAt(text, 0, 4);
  const [month, day] = [numberAt(text, 5, 2), numberAt(text, 8, 2)];
  const [hour, minute, second] = [numberAt(text, 11, 2), numberAt(text, 14, 2), numberAt(text, 17, 2)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const zoneHours = isOffset ? numberAt(text, text.length - 5, 2) : 0;
  const zoneMinutes = isOffset ? numberAt(text, text.length - 2, 2) : 0;
  if (zoneHours > 23 || zoneMinutes > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
  // Date takes years below 100 for those of the 20th century, and the calendar repeats after 400 years.
  const shifted = Date.UTC(year + 400, month - 1, day, hour, minute, second) / 1000;
  return shifted - secondsIn400Years - offset;
}

/** Reads digits as a number, without a text for them. */
function numberAt(text: string, start: number, length: number): number {
  let number = 0;
  for (let at = start; at < start + length; at += 1) number = number * 10 + text.charCodeAt(at) - zero;
  return number;
}

const zero = 48;

const secondsIn400Years = 146_097 * 86_400;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Formats whole seconds since 1970 as `2027-06-30T00:00:00Z`. */
export function formatInstant(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}Z`;
}
