import type { Quirks } from './quirks.ts';
import type { EmulatorState } from './state.ts';
import type { TokenStore } from './store.ts';

/** What the routes share. */
export interface World {
  readonly state: EmulatorState;
  readonly store: TokenStore;
  readonly quirks: Quirks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
