import type { IonosQuirks } from './quirks.ts';
import type { IonosState } from './state.ts';
import type { RegistryTokenStore } from './store.ts';

/** The registries of one IONOS API, with its quirks, as the routes need them. */
export interface IonosRouteContext {
  readonly state: IonosState;
  readonly store: RegistryTokenStore;
  readonly quirks: IonosQuirks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
