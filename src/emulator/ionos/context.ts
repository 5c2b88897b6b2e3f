import type { Quirks } from './quirks.ts';
import type { EmulatorState } from './state.ts';
import type { RegistryTokenStore } from './store.ts';

/** The registries of one IONOS API, with its quirks, as the routes need them. */
export interface IonosRouteContext {
  readonly state: EmulatorState;
  readonly store: RegistryTokenStore;
  readonly quirks: Quirks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
