import type { Scope } from '../../core/model/token.ts';
import type { Client, Connection } from '../provider.ts';
import { decodePersonalToken } from './decode.ts';
import { createTokenClient, type TokenEndpoint } from './tokens.ts';

const kind: TokenEndpoint = {
  path: () => '/v2/access-tokens',
  key: 'uuid',
  decode: decodePersonalToken,
  decodeWhole: decodePersonalToken,
};

/** Creates a client for personal access tokens. */
export function connectPersonal(connection: Connection): Client {
  const account = async (signal: AbortSignal): Promise<Scope> => {
    const name = await connection.user(signal);
    const missingUsernameHint =
      'set DOCKER_HUB_USERNAME to the account name, in addition to DOCKER_HUB_TOKEN';
    return { id: name.toLowerCase(), name, ...(name === '' && { missingUsernameHint }) };
  };
  return {
    ...createTokenClient(connection, kind),
    scopes: async (signal) => [await account(signal)],
    resolve: (_, signal) => account(signal),
    // Resolving the scope has already signed in.
    verify: async () => undefined,
  };
}
