import type { Client, Connection } from '../provider.ts';
import type { ServiceAccess } from '../service.ts';
import { connectTokens } from './client.ts';
import { decodeAccessToken, decodeDeployToken } from './decode.ts';
import { encodeAccessToken, encodeDeployToken } from './encode.ts';

/** The authentication at GitLab: docs/services/gitlab.md, Signing in. */
export const gitlabAccess: ServiceAccess = {
  tokenHeader: 'private-token',
  authHints: {
    unauthorized: 'check GITLAB_TOKEN: it has to be valid, and to have the scope api',
    forbidden: () =>
      'the token in GITLAB_TOKEN needs the scope api, and its user the role maintainer in the project or group; creating and deleting deploy tokens of a group, and its access tokens, need an owner',
  },
};

/** Creates a client for deploy tokens: docs/services/gitlab.md, Deploy tokens. */
export function connectDeployTokens(connection: Connection): Client {
  return connectTokens(connection, {
    collection: 'deploy_tokens',
    query: {},
    groupRole: 40,
    noun: 'deploy token',
    isAccessToken: false,
    decode: decodeDeployToken,
    encode: encodeDeployToken,
  });
}

/** Creates a client for access tokens: docs/services/gitlab.md, Access tokens. */
export function connectAccessTokens(connection: Connection): Client {
  return connectTokens(connection, {
    collection: 'access_tokens',
    // Versions before 17.2 ignore these: docs/services/gitlab.md, Lists.
    query: { state: 'active', sort: 'created_asc' },
    groupRole: 50,
    noun: 'access token',
    isAccessToken: true,
    decode: decodeAccessToken,
    encode: (fields, nonce) => encodeAccessToken(fields, connection.program, nonce),
  });
}
