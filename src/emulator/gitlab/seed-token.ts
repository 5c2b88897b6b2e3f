import type { NthRequest } from '../nth-request.ts';
import { resolveInstant, type SeedInstant } from '../seed-instant.ts';
import { type NewAccessToken, newAccessToken } from './access-token-store.ts';
import { type NewDeployToken, newDeployToken } from './deploy-token-store.ts';
import { dateAfter } from './expiry.ts';
import type { GitlabQuirks } from './quirks.ts';
import { knownDeployScopes } from './scopes.ts';
import {
  type AccessToken,
  accessLevels,
  type DeployToken,
  type GitlabResource,
  type ResourceKind,
} from './state.ts';

/** The properties that all tokens of a seed have, personal ones too. Defaults are those of the kind. */
export interface SeedGitlabToken {
  readonly name: string;
  readonly id?: number;
  readonly scopes?: readonly string[];
  /** Null for never. */
  readonly expires?: SeedInstant | null;
  readonly revoked?: boolean;
  readonly secret?: string;
}

/** A deploy token of a seed. It never expires, and pulls images, by default. */
export interface SeedDeployToken extends SeedGitlabToken {
  readonly username?: string;
}

/** An access token of a seed. It has the scope `api`, and the maximum lifetime from the start, by default. */
export interface SeedAccessToken extends SeedGitlabToken {
  readonly description?: string;
  readonly accessLevel?: number;
  readonly userId?: number;
  readonly created?: SeedInstant;
  readonly lastUsed?: SeedInstant;
  /** The start by default. */
  readonly revokedAt?: SeedInstant;
}

/** A token of a seed, of either kind. */
export type SeedTokenOfKind =
  | { readonly kind: 'deploy_token'; readonly token: SeedDeployToken }
  | { readonly kind: 'access_token'; readonly token: SeedAccessToken };

/** An action of another user, just before a request of ours arrives. Tokens are deleted by their name. */
export interface GitlabIntervention {
  readonly before: NthRequest;
  readonly resource: { readonly kind: ResourceKind; readonly path: string };
  readonly act:
    | { readonly create: SeedTokenOfKind }
    | { readonly delete: { readonly kind: SeedTokenOfKind['kind']; readonly name: string } };
}

/** Returns the properties of a seed's deploy token, with the scopes that its release knows. */
export function deployProperties(
  { name, username, scopes = ['read_registry'], expires }: SeedDeployToken,
  { version }: Pick<GitlabQuirks, 'version'>,
  now: number,
): NewDeployToken {
  return {
    name,
    username,
    scopes: knownDeployScopes(version).filter((scope) => scopes.includes(scope)),
    expiresAt: expires ? resolveInstant(expires, now) : null,
  };
}

/**
 * Returns the properties of a seed's access token. Without `expires` it has the maximum lifetime; null means never.
 */
export function accessProperties(
  { name, description, scopes = ['api'], accessLevel = accessLevels.maintainer, expires }: SeedAccessToken,
  { maxLifetimeDays }: Pick<GitlabQuirks, 'maxLifetimeDays'>,
  now: number,
): NewAccessToken {
  const end = expires === undefined ? dateAfter(now, maxLifetimeDays) : null;
  return {
    name,
    description: description ?? null,
    scopes,
    accessLevel,
    expiresOn: expires ? dateAfter(resolveInstant(expires, now)) : end,
  };
}

/** Creates a seed's deploy token under an ID. */
export function seededDeployToken(
  id: number,
  resource: GitlabResource,
  token: SeedDeployToken,
  quirks: GitlabQuirks,
  now: number,
): DeployToken {
  const made = newDeployToken(id, resource, deployProperties(token, quirks, now), quirks);
  return { ...made, revoked: token.revoked ?? false, secret: token.secret ?? made.secret };
}

/**
 * Creates a seed's access token under an ID, as old, used or revoked as the seed says. Its bot user is 1000 plus the
 * ID by default.
 */
export function seededAccessToken(
  id: number,
  resource: GitlabResource,
  token: SeedAccessToken,
  quirks: GitlabQuirks,
  now: number,
): AccessToken {
  const properties = accessProperties(token, quirks, now);
  const created = token.created ? resolveInstant(token.created, now) : now;
  const made = newAccessToken(id, resource, properties, token.userId ?? 1000 + id, quirks, created);
  const revoked = token.revoked ?? token.revokedAt !== undefined;
  return {
    ...made,
    revoked,
    revokedAt: revoked ? resolveInstant(token.revokedAt ?? { in: 0 }, now) : null,
    lastUsed: token.lastUsed ? resolveInstant(token.lastUsed, now) : null,
    secret: token.secret ?? made.secret,
  };
}
