import { createTokenStore, type TokenStore } from '../token-store.ts';
import type { GitlabQuirks } from './quirks.ts';
import { newTokenSecret } from './secret.ts';
import type { DeployToken, GitlabResource, GitlabState } from './state.ts';

/** The properties of a new deploy token. */
export interface NewDeployToken {
  readonly name: string;
  /** Generated if absent. */
  readonly username?: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
}

/** Operations on deploy tokens, for any caller. Throws an ApiError if one is refused. */
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

/** Creates the store of the deploy tokens of a state. */
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

/** Creates a deploy token. */
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
