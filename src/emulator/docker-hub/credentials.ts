import type { Credential } from '../service.ts';
import {
  type HubState,
  type HubToken,
  isUsableHubToken,
  type OrgResource,
  type PersonalToken,
} from './state.ts';

/** Returns the tokens that `docker login` accepts now, under the name of their user or organization. */
export function hubCredentials({ users, organizations }: HubState, now: () => number): readonly Credential[] {
  const credentials = <Token extends HubToken>(
    username: string,
    tokens: Iterable<Token>,
    actionsOn: (token: Token, repository: string) => readonly string[],
  ): readonly Credential[] =>
    [...tokens]
      .filter((token) => isUsableHubToken(token, now()))
      .map((token) => ({
        id: token.id,
        name: token.label,
        username,
        password: token.secret,
        actionsOn: (repository) => actionsOn(token, repository),
        used: () => {
          token.lastUsed = now();
        },
      }));

  return [
    ...[...users.values()].flatMap(({ name, collection }) => {
      const owned = [...organizations.values()].filter(({ owners }) => owners.includes(name));
      const namespaces = [name, ...owned.map((organization) => organization.name)];
      return credentials(name, collection.tokens.values(), ({ scopes }, repository) =>
        namespaces.includes(repository.split('/')[0] ?? '') ? personalActions(scopes) : [],
      );
    }),
    ...[...organizations.values()].flatMap(({ name, collection }) =>
      credentials(name, collection.tokens.values(), ({ resources }, repository) =>
        orgActions(resources, repository),
      ),
    ),
  ];
}

/** The actions on images, each of which includes those before it. */
const actions = ['pull', 'push', 'delete'] as const;

/** A personal token has these rights to all repositories that its user reaches, none of which is public here. */
function personalActions(scopes: PersonalToken['scopes']): readonly string[] {
  // A token without scopes comes from an old client, and probably has all rights (docker/hub-tool#187).
  if (scopes === undefined) return actions;
  return upTo(['repo:read', 'repo:write', 'repo:admin'].findLastIndex((scope) => scopes.includes(scope)));
}

function orgActions(resources: readonly OrgResource[], repository: string): readonly string[] {
  const granted = resources
    .filter(({ type, path }) => type === 'TYPE_REPO' && covers(path, repository))
    .flatMap(({ scopes }) => scopes);
  return upTo(actions.findLastIndex((action) => granted.includes(`scope-image-${action}`)));
}

function covers(path: string, repository: string): boolean {
  return path === repository || (path.endsWith('/*') && repository.startsWith(path.slice(0, -1)));
}

function upTo(last: number): readonly string[] {
  return actions.slice(0, last + 1);
}
