import type { Credential } from '../service.ts';
import { recordUse } from './callers.ts';
import { hasImageScope, type RegistryLogin, repositoryActions } from './image-rights.ts';
import { type GitlabState, isUsableAccessToken, isUsableDeployToken } from './state.ts';

/** Returns the tokens that `docker login` accepts now. The user name of an access token can be any. */
export function gitlabCredentials(state: GitlabState, now: number): readonly Credential[] {
  const deploy = [...state.deployTokens.tokens.values()]
    .filter((token) => isUsableDeployToken(token, now))
    .map((token) => ({ ...credentialOf({ type: 'deploy', token }, state), username: token.username }));
  const bots = [...state.accessTokens.tokens.values()]
    .filter((token) => isUsableAccessToken(token, now))
    .map((token) => {
      const login = { type: 'bot', token } as const;
      return {
        ...credentialOf(login, state),
        username: token.name,
        anyUsername: true,
        used: () => recordUse(login, '127.0.0.1', now),
      };
    });
  return [...deploy, ...bots].filter(({ hasScope }) => hasScope);
}

function credentialOf(login: RegistryLogin, state: GitlabState) {
  const { id, name, secret } = login.token;
  return {
    id: `gitlab/${login.type}/${id}`,
    name,
    password: secret,
    hasScope: hasImageScope(login),
    actionsOn: (repository: string) => repositoryActions(login, repository, state),
  };
}
