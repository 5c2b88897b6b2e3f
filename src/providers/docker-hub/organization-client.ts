import { ReconcileError } from '../../core/model/errors.ts';
import type { Scope } from '../../core/model/token.ts';
import type { Client, Connection } from '../provider.ts';
import { decodeOrganizationToken, decodeWholeOrganizationToken } from './decode.ts';
import { createTokenClient, type TokenEndpoint } from './tokens.ts';

const kind: TokenEndpoint = {
  path: ({ id }) => `/v2/orgs/${encodeURIComponent(id)}/access-tokens`,
  key: 'id',
  decode: decodeOrganizationToken,
  decodeWhole: decodeWholeOrganizationToken,
};

/** Creates a client for organization access tokens. */
export function connectOrganization(connection: Connection): Client {
  const requests = createTokenClient(connection, kind);
  const list: Client['list'] = (scope, signal) =>
    organizationNotFound(scope, () => requests.list(scope, signal));
  return {
    ...requests,
    // The API can't list the organizations of a user: docs/services/docker-hub.md, Requests.
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
        message: `the organization ${scope.name} was not found, or the account can't see it (${error.message})`,
        hint: 'check the spelling, and that the account is an owner',
        httpStatus: 404,
      },
      { cause: error },
    );
  }
}
