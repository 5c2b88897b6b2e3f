import { personalToken, standInToken, token } from '../fixture.ts';

/** What a rotating token of a year is like, and how the year goes. Durations in hours unless it says otherwise. */
export interface Year {
  readonly service: 'registry' | 'personal' | 'stand_in';
  readonly formats: readonly string[];
  readonly every: number;
  readonly lifetime: number;
  readonly beforeExpiry: number;
  readonly overlap: number;
  /** How likely it is, in percent, that a run is missed, and that one comes to grief. */
  readonly missed: number;
  readonly faultyRun: number;
  /** How likely it is, in percent, that a run which comes to grief is killed; others have a bad network, or a full disk. */
  readonly killed: number;
  /** How far the service's clock is ahead, in seconds. */
  readonly skew: number;
  /** How long lists, and reads, are behind at most, in seconds. */
  readonly listLag: number;
  readonly readLag: number;
  /** Maximum latency of a response, in milliseconds. */
  readonly latency: number;
  readonly seed: number;
}

export const hour = 3_600_000;
/** How long after one run the next one is, in milliseconds. */
export const between = 6 * hour;
/** So long a run lasts at most, in milliseconds: what it waits for, and what is lost to a slow network. */
export const longestRun = 0.5 * hour;

/** How long after its making a generation is to have a successor, in hours. */
export function periodOf({ every, lifetime, beforeExpiry }: Year): number {
  return Math.min(every, lifetime - beforeExpiry);
}

/**
 * How many runs in a row may fail. A successor is due `periodOf` after the newest was made, and the next run comes within
 * six hours. After so many that fail, the one that succeeds still has to be over before the newest is. No more than fit
 * into a period either: a secret that has waited in the spool for longer is handed over when its own successor is due.
 */
export function mostFailures(year: Year): number {
  const period = periodOf(year) * hour;
  const slack = year.lifetime * hour - period - longestRun;
  return Math.floor(Math.min(slack, period) / between) - 1;
}

/**
 * The manifest of a year.
 *
 * @param secret its sinks
 */
export function manifestOf(
  { service, every, lifetime, beforeExpiry, overlap }: Year,
  secret: string,
): string {
  const durations = [
    `every: ${every}h`,
    `lifetime: ${lifetime}h`,
    ...(beforeExpiry > 0 ? [`before_expiry: ${beforeExpiry}h`] : []),
    `overlap: ${overlap}h`,
  ];
  const rotate = `, rotate: { ${durations.join(', ')} }`;
  const line = { registry: token, personal: personalToken, stand_in: standInToken }[service](rotate, secret);
  return ['apiVersion: reconcile/v1', 'tokens:', `- ${line}`, ''].join('\n');
}
