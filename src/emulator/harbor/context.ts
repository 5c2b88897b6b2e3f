import type { HarborQuirks } from './quirks.ts';
import type { HarborState } from './state.ts';
import type { RobotStore } from './store.ts';
import type { Features } from './versions.ts';

/** Context shared by the routes. */
export interface RouteContext {
  readonly state: HarborState;
  readonly store: RobotStore;
  readonly quirks: HarborQuirks;
  readonly features: Features;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
