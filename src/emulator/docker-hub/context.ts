import type { Jwts } from './jwt.ts';
import type { Logins } from './logins.ts';
import type { HubQuirks } from './quirks.ts';
import type { HubState } from './state.ts';
import type { HubStore } from './store.ts';

/** The state of one Docker Hub, with its logins and quirks, as the routes need it. */
export interface HubRouteContext {
  readonly state: HubState;
  readonly store: HubStore;
  readonly logins: Logins;
  readonly jwts: Jwts;
  readonly quirks: HubQuirks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
