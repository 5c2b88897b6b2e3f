import { defaultTiming, type Timing } from '../timing.ts';
import type { HarborVersion } from './versions.ts';

/** The release of Harbor, its settings, and its deviations. Times in milliseconds. */
export interface HarborQuirks extends Timing {
  /** The release, which decides all differences between releases. */
  readonly version: HarborVersion;
  /** The beginning of all robots' full names. */
  readonly prefix: string;
  /** The lifetime in days of a robot for which none is given; releases before 2.11 only. */
  readonly defaultDuration: number;
  /** The effects of permissions in responses: as sent, and absent if that was empty; or always one of these. */
  readonly effect: 'as_sent' | 'empty' | 'allow';
  /** Number of list responses whose total is one too high. */
  readonly movingTotals: number;
  /** True if the server's zone has daylight saving time, so that days have 23 or 25 hours at times. */
  readonly daylightSaving: boolean;
  /**
   * Source of injected errors before a request takes effect: Harbor, with a 500 and JSON; or a proxy, with a 502 and
   * HTML. Harbor undoes requests that fail, so an error after the effect is always the 504 of a proxy.
   */
  readonly errors: 'harbor' | 'proxy';
}

/** A recent release with its default settings. */
export const defaultHarborQuirks: HarborQuirks = {
  ...defaultTiming,
  version: '2.16',
  prefix: 'robot$',
  defaultDuration: 30,
  effect: 'as_sent',
  movingTotals: 0,
  daylightSaving: false,
  errors: 'harbor',
};
