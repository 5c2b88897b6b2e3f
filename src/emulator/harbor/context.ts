import type { HarborQuirks } from './quirks.ts';
import type { HarborState } from './state.ts';
import type { RobotStore } from './store.ts';
import type { HarborFeatures } from './versions.ts';

/** Context shared by the routes. */
export interface HarborRouteContext {
  readonly state: HarborState;
  readonly store: RobotStore;
  readonly quirks: HarborQuirks;
  readonly features: HarborFeatures;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
