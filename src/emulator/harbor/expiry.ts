const hour = 3_600_000;
const day = 24 * hour;

/**
 * Returns the expiry of a robot with a lifetime in days, in seconds since 1970; -1 for never. With daylight saving
 * time a day can have 23 or 25 hours: docs/services/harbor.md, Expiry.
 *
 * @param created in milliseconds since 1970
 */
export function expiryAfterDays(created: number, duration: number, daylightSaving: boolean): number {
  if (duration === -1) return -1;
  const end = created + duration * day;
  const shift = daylightSaving ? summerShift(end) - summerShift(created) : 0;
  return Math.floor((end - shift) / 1000);
}

/** Returns the shift of the clocks in the European Union, from the last Sunday of March to that of October. */
function summerShift(time: number): number {
  const year = new Date(time).getUTCFullYear();
  return time >= lastSunday(year, 2) && time < lastSunday(year, 9) ? hour : 0;
}

/** Returns the last Sunday of a month of 31 days, at 1:00 in UTC. */
function lastSunday(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month, 31, 1));
  return last.getTime() - last.getUTCDay() * day;
}
