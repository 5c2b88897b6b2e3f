/** The emulated releases of GitLab, oldest first. */
export const gitlabVersions = ['16.0', '17.2', '17.9', '18.3'] as const;

/** The name of an emulated release of GitLab. */
export type GitlabVersion = (typeof gitlabVersions)[number];

/**
 * Responses to the use of a revoked access token for a rotation: a rejection; a rejection that also revokes the tokens
 * that came from it if it is the caller; or one that does so whichever token is to be rotated.
 */
export const reuseResponses = ['reject', 'caller', 'family'] as const;

/** The name of one of `reuseResponses`. */
export type ReuseResponse = (typeof reuseResponses)[number];

/** The behaviours that differ between releases: docs/services/gitlab.md, Versions. */
export interface GitlabFeatures {
  /** The version as the API shows it. */
  readonly build: string;
  /** True if the former path of a project is redirected. It is a 404 before. */
  readonly movedProjects: boolean;
  /** True if lists of access tokens can be filtered and sorted. Other releases ignore that. */
  readonly tokenFilters: boolean;
  /** True if a rotation can set the expiry. */
  readonly rotateExpiry: boolean;
  /** True if administrators can allow access tokens that never expire. */
  readonly optionalExpiry: boolean;
  /** True if access tokens have a description, and roles include the planner. */
  readonly descriptions: boolean;
  /** True if access tokens can rotate themselves at a path of its own. */
  readonly selfRotate: boolean;
  /** True if revoked and expired access tokens stay listed. They disappear with their bot user before. */
  readonly deadListed: boolean;
  /** True if access tokens show the addresses that used them, and their project or group. */
  readonly usageShown: boolean;
  /** True if there are scopes for virtual registries. */
  readonly virtualRegistries: boolean;
  readonly reuse: ReuseResponse;
}

const builds: Readonly<Record<GitlabVersion, string>> = {
  '16.0': '16.0.8-ee',
  '17.2': '17.2.9-ee',
  '17.9': '17.9.8-ee',
  '18.3': '18.3.1-ee',
};

/** Returns the behaviours of a release. */
export function gitlabFeatures(version: GitlabVersion): GitlabFeatures {
  const since = (first: GitlabVersion): boolean =>
    gitlabVersions.indexOf(version) >= gitlabVersions.indexOf(first);
  return {
    build: builds[version],
    movedProjects: since('17.2'),
    tokenFilters: since('17.2'),
    rotateExpiry: since('17.2'),
    optionalExpiry: since('17.9'),
    descriptions: since('17.9'),
    selfRotate: since('17.9'),
    deadListed: since('18.3'),
    usageShown: since('18.3'),
    virtualRegistries: since('18.3'),
    reuse: since('18.3') ? 'caller' : since('17.2') ? 'family' : 'reject',
  };
}
