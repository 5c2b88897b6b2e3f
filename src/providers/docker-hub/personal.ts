import { ReconcileError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Fields, Observed, Scope } from '../../core/model.ts';
import type { Client, Connection, Provider } from '../provider.ts';
import { decodePersonalToken } from './decode.ts';
import { madeToken } from './made.ts';
import { listByPage } from './pages.ts';
import { personalTokenDeclaration } from './personal-declaration.ts';
import { authHints, registryHost } from './service.ts';
import { signIn } from './session.ts';

/** Personal access tokens of Docker Hub. */
export const personalTokenProvider: Provider = {
  declaration: personalTokenDeclaration,
  authHints,
  signIn,
  connect,
};

const path = '/v2/access-tokens';

function connect({ http, endpoint, user, now }: Connection): Client {
  const account = async (signal: AbortSignal): Promise<Scope> => {
    const name = await user(signal);
    return {
      id: name.toLowerCase(),
      name,
      ...(name === '' && {
        nobody: 'set DOCKER_HUB_USERNAME to the name of the account, beside DOCKER_HUB_TOKEN',
      }),
    };
  };
  const tokenPath = (id: string): string => `${path}/${encodeURIComponent(id)}`;
  const decode = (body: Json | undefined): Observed => decodePersonalToken(body, now() / 1000);

  return {
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,
    scopes: async (signal) => [await account(signal)],
    resolve: (_, signal) => account(signal),
    details: async () => ({ host: registryHost }),

    async list(_scope, signal) {
      const { items, first } = await listByPage(http, path, 'uuid', signal);
      return { tokens: items.map(decode), date: first?.date, ahead: first?.ahead };
    },

    async read(_scope, id, signal) {
      const answer = await http.send({ method: 'GET', path: tokenPath(id) }, signal, [404, 410]);
      return answer.status === 404 || answer.status === 410 ? undefined : decode(answer.body);
    },

    async create(scope, fields, { nonce, beforeTry }, signal) {
      const request = { method: 'POST', path, body: newToken(fields) } as const;
      const { body } = await http.send({ ...request, userAgentComment: nonce, beforeTry }, signal);
      return madeToken(body, decode, scope.name);
    },

    async patch(_scope, id, fields, signal) {
      const request = { method: 'PATCH', path: tokenPath(id), body: fields } as const;
      const { body } = await http.send(request, signal);
      return decode(body ?? (await http.send({ method: 'GET', path: tokenPath(id) }, signal)).body);
    },

    async delete(_scope, id, signal) {
      await http.send({ method: 'DELETE', path: tokenPath(id) }, signal, [404, 410]);
    },
  };
}

/** The body of a create: one that never expires says nothing, and whether it is active is no part of it. */
function newToken({ is_active: _, expires_at: expiry, scopes, ...fields }: Fields): JsonObject {
  if (!Array.isArray(scopes)) {
    throw new ReconcileError({ code: 'MANIFEST_INVALID', message: 'a new token needs scopes' });
  }
  return { ...fields, scopes, ...(expiry !== undefined && expiry !== 'never' && { expires_at: expiry }) };
}
