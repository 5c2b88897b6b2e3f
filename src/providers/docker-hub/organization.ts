import { ReconcileError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Fields, Observed, Scope } from '../../core/model.ts';
import type { Client, Connection, Provider } from '../provider.ts';
import { decodeOrganizationToken } from './decode.ts';
import { madeToken } from './made.ts';
import { organizationTokenDeclaration } from './organization-declaration.ts';
import { listByPage } from './pages.ts';
import { authHints, registryHost } from './service.ts';
import { signIn } from './session.ts';

/** Access tokens of an organization on Docker Hub. */
export const organizationTokenProvider: Provider = {
  declaration: organizationTokenDeclaration,
  authHints,
  signIn,
  connect,
};

function connect({ http, endpoint, now }: Connection): Client {
  const tokens = (scope: Scope): string => `/v2/orgs/${encodeURIComponent(scope.id)}/access-tokens`;
  const token = (scope: Scope, id: string): string => `${tokens(scope)}/${encodeURIComponent(id)}`;
  // What was asked for by its ID shows all there is; a description that isn't there is none.
  const decodeWhole = (body: Json | undefined): Observed => {
    const { partial: _, ...whole } = decodeOrganizationToken(body, now() / 1000);
    return whole;
  };

  const read: Client['read'] = async (scope, id, signal) => {
    const answer = await http.send({ method: 'GET', path: token(scope, id) }, signal, [404, 410]);
    return answer.status === 404 || answer.status === 410 ? undefined : decodeWhole(answer.body);
  };

  return {
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,
    // The API has no way to ask for one's organizations.
    scopes: async () => undefined,
    resolve: async (ref) => ({ id: ref.toLowerCase(), name: ref }),
    details: async () => ({ host: registryHost }),

    list: (scope, signal) =>
      organizationNotFound(scope, async () => {
        const { items, first } = await listByPage(http, tokens(scope), 'id', signal);
        const decoded = items.map((item) => decodeOrganizationToken(item, now() / 1000));
        return { tokens: decoded, date: first?.date, ahead: first?.ahead };
      }),

    read,

    async create(scope, fields, { nonce, beforeTry }, signal) {
      const request = { method: 'POST', path: tokens(scope), body: newToken(fields) } as const;
      const { body } = await http.send({ ...request, userAgentComment: nonce, beforeTry }, signal);
      // The name to log in with is the organization's (facts §3.5).
      return madeToken(body, decodeWhole, scope.name);
    },

    async patch(scope, id, fields, signal) {
      const path = token(scope, id);
      const { body } = await http.send({ method: 'PATCH', path, body: fields }, signal);
      const shown = body === undefined ? undefined : decodeOrganizationToken(body, now() / 1000);
      // An answer need not show resources and description (facts §3.2): then the token is asked for.
      if (shown && !shown.partial && 'description' in shown.object) return shown;
      const whole = await read(scope, id, signal);
      // One that was just made may not be found yet; it is there, as it was changed.
      return whole ?? shown ?? decodeWhole((await http.send({ method: 'GET', path }, signal)).body);
    },

    async delete(scope, id, signal) {
      await http.send({ method: 'DELETE', path: token(scope, id) }, signal, [404, 410]);
    },
  };
}

/** The body of a create: one that never expires says nothing, and whether it is active is no part of it. */
function newToken({ is_active: _, expires_at: expiry, ...fields }: Fields): JsonObject {
  return { ...fields, ...(expiry !== undefined && expiry !== 'never' && { expires_at: expiry }) };
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
