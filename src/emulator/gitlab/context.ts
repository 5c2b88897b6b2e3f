import type { AccessTokenStore } from './access-token-store.ts';
import type { DeployTokenStore } from './deploy-token-store.ts';
import type { GitlabQuirks } from './quirks.ts';
import type { GitlabState } from './state.ts';
import type { GitlabFeatures } from './versions.ts';

/** The state of one GitLab, with its release and quirks, as the routes need it. */
export interface GitlabRouteContext {
  readonly state: GitlabState;
  readonly deployTokens: DeployTokenStore;
  readonly accessTokens: AccessTokenStore;
  readonly quirks: GitlabQuirks;
  readonly features: GitlabFeatures;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
