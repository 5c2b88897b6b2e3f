import type { TokenCollection } from '../read-lag.ts';

/** The kinds of resources that tokens belong to. */
export type ResourceKind = 'project' | 'group';

/** A project or a group. It can move to another path. */
export interface GitlabResource {
  readonly kind: ResourceKind;
  readonly id: number;
  /** The full path. */
  path: string;
  /** The full paths that a project had before. */
  formerPaths: readonly string[];
  readonly public: boolean;
  /** False if a project has its container registry disabled. */
  readonly registry: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A deploy token of a project or a group. It has no account, and logs in to registries and repositories only. */
export interface DeployToken {
  /** A number. */
  readonly id: string;
  readonly resource: GitlabResource;
  readonly name: string;
  readonly username: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
  revoked: boolean;
  /** The secret itself, which no response shows again. */
  readonly secret: string;
}

/** The part of a token that decides whether it can be used as a caller. */
export interface CallerToken {
  /** A number. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** The date, `YYYY-MM-DD`, at whose beginning in UTC it ends; null for never. */
  readonly expiresOn: string | null;
  revoked: boolean;
  readonly userId: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  lastUsed: number | null;
  readonly secret: string;
}

/** An access token of a project or a group. Tokens with the same `userId` come from one another by rotation. */
export interface AccessToken extends CallerToken {
  readonly resource: GitlabResource;
  readonly description: string | null;
  readonly accessLevel: number;
  /** The time of the revocation. */
  revokedAt: number | null;
  lastUsedIps: readonly string[];
}

/** The numbers of the access levels by role, as the API shows them. */
export const accessLevels = {
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
} as const;

/** The name of a role that a member can have. */
export type GitlabRole = keyof typeof accessLevels;

/** A person with roles in projects and groups. */
export interface User {
  readonly id: number;
  readonly name: string;
  /** True for an administrator of the instance. */
  readonly admin: boolean;
  /** The roles by the full path of a project or a group; `*` for all of them. */
  readonly roles: Readonly<Record<string, GitlabRole>>;
  /** The personal access tokens. */
  readonly tokens: readonly CallerToken[];
}

/** Everything that one GitLab holds. Tokens refer to their project or group, which may move. */
export interface GitlabState {
  readonly users: readonly User[];
  readonly resources: Set<GitlabResource>;
  /** The deploy tokens of all projects and groups. */
  readonly deployTokens: TokenCollection<DeployToken>;
  /** The access tokens of all projects and groups. */
  readonly accessTokens: TokenCollection<AccessToken>;
}

/** Returns all projects, or all groups. */
export function resourcesOf({ resources }: GitlabState, kind: ResourceKind): readonly GitlabResource[] {
  return [...resources].filter((resource) => resource.kind === kind);
}

/**
 * Returns the project or group with this full path, compared without regard to case; `undefined` if there is none.
 */
export function resourceByPath(
  state: GitlabState,
  kind: ResourceKind,
  path: string,
): GitlabResource | undefined {
  return resourcesOf(state, kind).find((one) => one.path.toLowerCase() === path.toLowerCase());
}

/** Tells whether a full path is that of a group, or below it. Works for the repositories of a project as well. */
export function isInGroup(path: string, group: string): boolean {
  return path === group || path.startsWith(`${group}/`);
}

/** Tells whether a deploy token can log in: it is not revoked and has not expired. */
export function isUsableDeployToken({ revoked, expiresAt }: DeployToken, now: number): boolean {
  return !revoked && (expiresAt === null || expiresAt > now);
}

/** Tells whether a token has expired, at the beginning of its last date in UTC: docs/services/gitlab.md, Expiry. */
export function isExpiredAccessToken({ expiresOn }: CallerToken, now: number): boolean {
  return expiresOn !== null && Date.parse(expiresOn) <= now;
}

/** Tells whether an access or personal token can be used: it is not revoked and has not expired. */
export function isUsableAccessToken(token: CallerToken, now: number): boolean {
  return !token.revoked && !isExpiredAccessToken(token, now);
}
