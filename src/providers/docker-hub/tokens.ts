import { ReconcileError } from '../../core/model/errors.ts';
import type { Fields, Observed, Scope } from '../../core/model/token.ts';
import type { Json, JsonObject } from '../../core/util/json.ts';
import type { Client, Connection } from '../provider.ts';
import { decodeCreated } from './created-token.ts';
import { listByPage } from './pages.ts';
import { registryHost } from './service.ts';

/** The differences between the two kinds of Docker Hub tokens. */
export interface TokenEndpoint {
  /** Returns the path of the tokens of a scope. */
  path(scope: Scope): string;
  /** The field with a token's ID. */
  readonly key: 'uuid' | 'id';
  /** Decodes a token from a list, at this time (seconds since 1970). Throws if it isn't a token. */
  decode(body: Json | undefined, now: number): Observed;
  /** Decodes a token from a response to a read. */
  decodeWhole(body: Json | undefined, now: number): Observed;
}

/** Creates the client that both kinds share. */
export function createTokenClient(
  { http, endpoint, now, user }: Connection,
  kind: TokenEndpoint,
): Omit<Client, 'scopes' | 'resolve' | 'verify'> {
  const path = (scope: Scope, id: string): string => `${kind.path(scope)}/${encodeURIComponent(id)}`;
  const decodeWhole = (body: Json | undefined): Observed => kind.decodeWhole(body, now() / 1000);

  const read: Client['read'] = async (scope, id, signal) => {
    const answer = await http.send({ method: 'GET', path: path(scope, id) }, signal, [404, 410]);
    return answer.status === 404 || answer.status === 410 ? undefined : decodeWhole(answer.body);
  };

  return {
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,
    details: async () => ({ host: registryHost }),
    read,

    async list(scope, signal) {
      const decode = (item: Json): Observed => kind.decode(item, now() / 1000);
      const { items, first } = await listByPage(http, kind.path(scope), kind.key, decode, signal);
      return { tokens: items, date: first?.date, ahead: first?.ahead, user: await user(signal) };
    },

    async create(scope, fields, { nonce, beforeTry }, signal) {
      const request = { method: 'POST', path: kind.path(scope), body: newToken(fields) } as const;
      const { body } = await http.send({ ...request, userAgentComment: nonce, beforeTry }, signal);
      // Logins use the name of the account or of the organization, which is the scope.
      return decodeCreated(body, decodeWhole, scope.name);
    },

    async patch(scope, id, fields, signal) {
      const request = { method: 'PATCH', path: path(scope, id), body: fields } as const;
      const { body } = await http.send(request, signal);
      const answered = decoded(() => kind.decode(body, now() / 1000));
      // A response need not be a token, or all of it. The token is then read.
      if (answered && !answered.partial) return answered;
      const shown = (await read(scope, id, signal)) ?? answered;
      // A token that was just created may not be found yet. It exists, with the change applied.
      if (shown) return shown;
      throw new ReconcileError({
        code: 'NOT_FOUND',
        message: `Docker Hub confirmed the change to the token ${id}, and doesn't show the token`,
        hint: 'run reconcile plan to see what is there now',
      });
    },

    async delete(scope, id, signal) {
      await http.send({ method: 'DELETE', path: path(scope, id) }, signal, [404, 410]);
    },
  };
}

/** Returns the body of a create. It leaves out the expiry of a token that never expires, and never contains `is_active`. */
function newToken({ is_active: _, expires_at: expiry, ...fields }: Fields): JsonObject {
  return { ...fields, ...(expiry !== undefined && expiry !== 'never' && { expires_at: expiry }) };
}

function decoded(decode: () => Observed): Observed | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}
