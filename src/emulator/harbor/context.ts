import type { HarborQuirks } from './quirks.ts';
import type { HarborState } from './state.ts';
import type { RobotStore } from './store.ts';
import type { HarborFeatures } from './versions.ts';

/** The state of one Harbor, with its release and quirks, as the routes need it. */
export interface HarborRouteContext {
  readonly state: HarborState;
  readonly store: RobotStore;
  readonly quirks: HarborQuirks;
  readonly features: HarborFeatures;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
