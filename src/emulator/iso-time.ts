/** Returns a time (milliseconds since 1970) in UTC with milliseconds, for example `2027-06-30T00:00:00.000Z`. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
