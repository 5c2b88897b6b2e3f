import type { Credential } from '../service.ts';
import { type HubState, type HubToken, isUsable, type OrgResource, type PersonalToken } from './state.ts';

/** Returns the tokens that `docker login` accepts now, under the name of their user or organization. */
export function hubCredentials({ users, organizations }: HubState, now: () => number): readonly Credential[] {
  const credentials = <Token extends HubToken>(
    username: string,
    tokens: Iterable<Token>,
    mayPull: (token: Token, repository: string) => boolean,
  ): readonly Credential[] =>
    [...tokens]
      .filter((token) => isUsable(token, now()))
      .map((token) => ({
        id: token.id,
        name: token.label,
        username,
        password: token.secret,
        mayPull: (repository) => mayPull(token, repository),
        used: () => {
          token.lastUsed = now();
        },
      }));

  return [
    ...[...users.values()].flatMap(({ name, collection }) =>
      credentials(name, collection.tokens.values(), ({ scopes }) => reads(scopes)),
    ),
    ...[...organizations.values()].flatMap(({ name, collection }) =>
      credentials(name, collection.tokens.values(), ({ resources }, repository) =>
        pulls(resources, repository),
      ),
    ),
  ];
}

/** A personal token reaches all repositories of its user, none of which is public here. */
function reads(scopes: PersonalToken['scopes']): boolean {
  // A token without scopes comes from an old client, and probably has all rights (docker/hub-tool#187).
  return scopes?.some((scope) => ['repo:admin', 'repo:write', 'repo:read'].includes(scope)) ?? true;
}

function pulls(resources: readonly OrgResource[], repository: string): boolean {
  return resources.some(
    ({ type, path, scopes }) =>
      type === 'TYPE_REPO' &&
      (path === repository || (path.endsWith('/*') && repository.startsWith(path.slice(0, -1)))) &&
      scopes.some((scope) => /^scope-image-(pull|push|delete)$/.test(scope)),
  );
}
