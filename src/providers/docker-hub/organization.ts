import { ReconcileError } from '../../core/model/errors.ts';
import type { Scope } from '../../core/model/token.ts';
import type { Client, Connection, Provider } from '../provider.ts';
import { decodeOrganizationToken, decodeWholeOrganizationToken } from './decode.ts';
import { organizationTokenDeclaration } from './organization-declaration.ts';
import { dockerHubAccess } from './service.ts';
import { createTokenClient, type TokenEndpoint } from './tokens.ts';

/** The provider of organization access tokens of Docker Hub. */
export const organizationTokenProvider: Provider = {
  declaration: organizationTokenDeclaration,
  access: dockerHubAccess,
  connect,
};

const kind: TokenEndpoint = {
  path: ({ id }) => `/v2/orgs/${encodeURIComponent(id)}/access-tokens`,
  key: 'id',
  decode: decodeOrganizationToken,
  decodeWhole: decodeWholeOrganizationToken,
};

function connect(connection: Connection): Client {
  const requests = createTokenClient(connection, kind);
  const list: Client['list'] = (scope, signal) =>
    organizationNotFound(scope, () => requests.list(scope, signal));
  return {
    ...requests,
    // The API can't list the organizations of a user.
    scopes: async () => undefined,
    resolve: async (ref) => ({ id: ref.toLowerCase(), name: ref }),
    verify: async (scope, signal) => {
      await list(scope, signal);
    },
    list,
  };
}

async function organizationNotFound<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ReconcileError) || error.httpStatus !== 404) throw error;
    throw new ReconcileError(
      {
        code: 'NOT_FOUND',
        message: `the organization ${scope.name} was not found, or the account may not see it (${error.message})`,
        hint: 'check the spelling, and whether the account is an owner',
        httpStatus: 404,
      },
      { cause: error },
    );
  }
}
