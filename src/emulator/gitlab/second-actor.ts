import type { AccessTokenStore, NewAccessToken } from './access-token-store.ts';
import type { DeployTokenStore, NewDeployToken } from './deploy-token-store.ts';
import { gitlabError } from './errors.ts';
import {
  type AccessToken,
  accessLevels,
  type DeployToken,
  type GitlabResource,
  type GitlabState,
  isInGroup,
  type ResourceKind,
  resourceByPath,
} from './state.ts';

/** Direct access to GitLab: the actual state, and the actions of others. */
export interface GitlabActor {
  /** Returns the actual deploy tokens of a project or group, whatever reads show. */
  deployTokens(kind: ResourceKind, path: string): readonly DeployToken[];
  /** Returns the actual access tokens of a project or group; dead ones as long as they can be read. */
  accessTokens(kind: ResourceKind, path: string): readonly AccessToken[];
  createDeployToken(
    kind: ResourceKind,
    path: string,
    token: Pick<NewDeployToken, 'name'> & Partial<NewDeployToken>,
  ): DeployToken;
  createAccessToken(
    kind: ResourceKind,
    path: string,
    token: Pick<NewAccessToken, 'name'> & Partial<NewAccessToken>,
  ): AccessToken;
  /** Marks a deploy token as revoked, as the web interface does. */
  revokeDeployToken(id: string): void;
  deleteDeployToken(id: string): void;
  revokeAccessToken(id: string): void;
  /** Moves a project or a group, with everything below it. */
  move(kind: ResourceKind, from: string, to: string): void;
  /** Deletes a project or a group, with everything below it. */
  delete(kind: ResourceKind, path: string): void;
}

/** Returns the project or group with this full path. Throws a 404 if it doesn't exist. */
export function existingResource(state: GitlabState, kind: ResourceKind, path: string): GitlabResource {
  const resource = resourceByPath(state, kind, path);
  if (!resource) throw gitlabError(404);
  return resource;
}

/** Creates an actor for tests, whose actions take effect at once. */
export function gitlabActor(
  state: GitlabState,
  deployTokens: DeployTokenStore,
  accessTokens: AccessTokenStore,
): GitlabActor {
  const below = (kind: ResourceKind, path: string): readonly GitlabResource[] => {
    const resource = existingResource(state, kind, path);
    if (kind === 'project') return [resource];
    return [...state.resources].filter((one) => isInGroup(one.path, resource.path));
  };

  return {
    deployTokens: (kind, path) => {
      const resource = existingResource(state, kind, path);
      return deployTokens.live().filter((token) => token.resource === resource);
    },
    accessTokens: (kind, path) => {
      const resource = existingResource(state, kind, path);
      return accessTokens.live().filter((token) => token.resource === resource);
    },
    createDeployToken: (kind, path, token) =>
      deployTokens.create(existingResource(state, kind, path), {
        scopes: ['read_registry'],
        expiresAt: null,
        ...token,
      }),
    createAccessToken: (kind, path, token) =>
      accessTokens.create(existingResource(state, kind, path), {
        description: null,
        scopes: ['api'],
        accessLevel: accessLevels.maintainer,
        expiresOn: null,
        ...token,
      }),
    revokeDeployToken: deployTokens.revoke,
    deleteDeployToken: deployTokens.delete,
    revokeAccessToken: accessTokens.revoke,
    move: (kind, from, to) => {
      for (const resource of below(kind, from)) {
        resource.formerPaths = [...resource.formerPaths, resource.path];
        resource.path = to + resource.path.slice(from.length);
      }
    },
    delete: (kind, path) => {
      for (const resource of below(kind, path)) {
        for (const token of deployTokens.live())
          if (token.resource === resource) deployTokens.delete(token.id);
        for (const token of accessTokens.live())
          if (token.resource === resource) accessTokens.revoke(token.id);
        state.resources.delete(resource);
      }
    },
  };
}
