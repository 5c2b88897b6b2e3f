import type { Lags } from '../../../src/emulator/timing.ts';

/** What the stand-in service may do in one way or another. */
export interface StandInQuirks extends Lags {
  /** The maximum number of items on a page. */
  readonly pageCap: number;
  /** The maximum lifetime of a token in days; `null` for none. */
  readonly maxDays: number | null;
  /** Whether a token must expire. */
  readonly mustExpire: boolean;
  /** The spelling of an empty list of permissions. */
  readonly noPermissions: 'array' | 'null' | 'absent';
  /** The spelling of instants. */
  readonly instants: 'seconds' | 'milliseconds' | 'zoneless';
  /** Whether lists have their total in a header. */
  readonly totals: boolean;
}

/** A service without limits on which nothing lags. */
export const defaultQuirks: StandInQuirks = {
  listLag: 0,
  readLag: 0,
  statusLag: 0,
  pageCap: 100,
  maxDays: null,
  mustExpire: false,
  noPermissions: 'array',
  instants: 'seconds',
  totals: true,
};
