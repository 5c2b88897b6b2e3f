import type { Quirks } from './quirks.ts';
import type { EmulatorState } from './state.ts';
import type { RegistryTokenStore } from './store.ts';

/** What the routes share. */
export interface RouteContext {
  readonly state: EmulatorState;
  readonly store: RegistryTokenStore;
  readonly quirks: Quirks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
