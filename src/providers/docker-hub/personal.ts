import type { Scope } from '../../core/model/token.ts';
import type { Client, Connection, Provider } from '../provider.ts';
import { decodePersonalToken } from './decode.ts';
import { personalTokenDeclaration } from './personal-declaration.ts';
import { dockerHubAccess } from './service.ts';
import { createTokenClient, type TokenEndpoint } from './tokens.ts';

/** The provider of personal access tokens of Docker Hub. */
export const personalTokenProvider: Provider = {
  declaration: personalTokenDeclaration,
  access: dockerHubAccess,
  connect,
};

const kind: TokenEndpoint = {
  path: () => '/v2/access-tokens',
  key: 'uuid',
  decode: decodePersonalToken,
  decodeWhole: decodePersonalToken,
};

function connect(connection: Connection): Client {
  const account = async (signal: AbortSignal): Promise<Scope> => {
    const name = await connection.user(signal);
    const nobody = 'set DOCKER_HUB_USERNAME to the name of the account, beside DOCKER_HUB_TOKEN';
    return { id: name.toLowerCase(), name, ...(name === '' && { missingUsernameHint: nobody }) };
  };
  return {
    ...createTokenClient(connection, kind),
    scopes: async (signal) => [await account(signal)],
    resolve: (_, signal) => account(signal),
    // Resolving the scope has already signed in.
    verify: async () => undefined,
  };
}
