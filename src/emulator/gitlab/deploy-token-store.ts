import { createTokenStore, type TokenStore } from '../token-store.ts';
import type { GitlabQuirks } from './quirks.ts';
import { newTokenSecret } from './secret.ts';
import type { DeployToken, GitlabResource, GitlabState } from './state.ts';

/**
 * The properties that the create of a deploy token chooses; `expiresAt` in milliseconds since 1970, null for never.
 */
export interface NewDeployToken {
  readonly name: string;
  /** Generated if absent. */
  readonly username?: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
}

/** Operations on deploy tokens, for any caller. An unknown ID is a 404. */
export interface DeployTokenStore {
  create(resource: GitlabResource, properties: NewDeployToken): DeployToken;
  /** Marks a token as revoked, as the web interface does. */
  revoke(id: string): void;
  delete(id: string): void;
  /** Returns the existing tokens. */
  live(): readonly DeployToken[];
  /** Returns the tokens that lists show, as they show them. */
  list(): readonly DeployToken[];
  /** Returns a token as a GET shows it. */
  read(id: string): DeployToken;
}

/** Creates the store of all deploy tokens. IDs count up, as in one instance of GitLab. */
export function createDeployTokenStore(
  { deployTokens }: GitlabState,
  quirks: GitlabQuirks,
  now: () => number,
): DeployTokenStore {
  const store: TokenStore<DeployToken> = createTokenStore(quirks, now);
  let lastId = Math.max(0, ...[...deployTokens.tokens.keys()].map(Number));

  return {
    create: (resource, properties) => {
      lastId += 1;
      const token = newDeployToken(lastId, resource, properties, quirks);
      store.add(deployTokens, token);
      return token;
    },
    revoke: (id) => {
      store.change(deployTokens, id, (token) => {
        token.revoked = true;
      });
    },
    delete: (id) => store.delete(deployTokens, id),
    live: () => store.live(deployTokens),
    list: () => store.list(deployTokens),
    read: (id) => store.read(deployTokens, id),
  };
}

/** Creates a deploy token with a new secret, and a user name that contains its ID if none is given. */
export function newDeployToken(
  id: number,
  resource: GitlabResource,
  { name, username, scopes, expiresAt }: NewDeployToken,
  { deployTokenPrefix }: Pick<GitlabQuirks, 'deployTokenPrefix'>,
): DeployToken {
  return {
    id: String(id),
    resource,
    name,
    username: username ?? `gitlab+deploy-token-${id}`,
    scopes,
    expiresAt,
    revoked: false,
    secret: newTokenSecret(`${deployTokenPrefix}gldt-`),
  };
}
