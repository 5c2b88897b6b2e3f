import type { AccessTokenStore } from './access-token-store.ts';
import type { DeployTokenStore } from './deploy-token-store.ts';
import type { GitlabQuirks } from './quirks.ts';
import type { GitlabState } from './state.ts';
import type { GitlabFeatures } from './versions.ts';

/** Context shared by the routes. */
export interface GitlabRouteContext {
  readonly state: GitlabState;
  readonly deployTokens: DeployTokenStore;
  readonly accessTokens: AccessTokenStore;
  readonly quirks: GitlabQuirks;
  readonly features: GitlabFeatures;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
