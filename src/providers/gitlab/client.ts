import { ReconcileError } from '../../core/model/errors.ts';
import type { Inability } from '../../core/model/inability.ts';
import { Secret } from '../../core/model/secret.ts';
import type { Fields, Observed } from '../../core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import type { HttpResponse } from '../../http/client.ts';
import type { Client, Connection, Created } from '../provider.ts';
import { readRegistryHost } from '../registry-host.ts';
import { isDead } from './expiry.ts';
import { endWarning, isTokenBot, lacksApi } from './own-token.ts';
import { listByNextPage } from './pages.ts';
import { needsRegistry } from './scopes.ts';
import { sessionOf } from './session.ts';

/** The differences between the APIs of deploy tokens and access tokens. */
export interface TokenApi {
  /** The name of their collection in the API, below a project or a group. */
  readonly collection: string;
  /** The query of their list. */
  readonly query: Readonly<Record<string, string>>;
  /** The role that sees those of a group. */
  readonly groupRole: number;
  /** Such a token in words. */
  readonly noun: string;
  /** True for access tokens, of which the signed-in token may be one. */
  readonly isAccessToken: boolean;
  decode(body: Json | undefined): Observed;
  encode(fields: Fields, nonce: string): JsonObject;
}

/** Creates a client for one kind of token. */
export function connectTokens({ http, endpoint, user: nameOfUser, now }: Connection, api: TokenApi): Client {
  const { send, ownToken, user, isOfProjectOrGroup, namespaces } = sessionOf(http, endpoint);
  const { origin, hostname } = new URL(endpoint);
  const clientNow = (): number => Math.floor(now() / 1000);
  const dateOf = ({ date }: HttpResponse): number => date ?? clientNow();
  const pathOf = (scope: { readonly id: string }): string => `/${scope.id}/${api.collection}`;
  const tokenPath = (scope: { readonly id: string }, id: string): string =>
    `${pathOf(scope)}/${encodeURIComponent(id)}`;

  const list: Client['list'] = async (scope, signal) => {
    const request = { path: pathOf(scope), query: api.query };
    const { items, first } = await listByNextPage(send, request, origin, signal);
    const live = items.filter((item) => !isObject(item) || !isDead(item, dateOf(first)));
    return {
      tokens: live.map(api.decode),
      date: first.date,
      ahead: first.ahead,
      user: await nameOfUser(signal),
    };
  };

  const client: Client = {
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,

    resolve: (ref, signal) => namespaces.resolve(ref, signal),

    scopes: () => namespaces.scopes(api.groupRole),

    async verify({ id }, signal) {
      await send({ method: 'GET', path: `/${id}` }, signal);
    },

    async details(scope) {
      const registry = await namespaces.registry(scope);
      // Without a registry, tokens are for Git and packages, which GitLab's own host serves.
      const host = registry?.host === '' ? new URL(endpoint).host : (registry?.host ?? '');
      const found = readRegistryHost(host, hostname === 'gitlab.com' ? ['gitlab.com'] : []);
      if ('host' in found) return found;
      throw new ReconcileError({
        code: 'SINK_FAILED',
        message:
          host === ''
            ? `GitLab names no registry for ${scope.name.replace(':', ' ')}, and the sinks need its host name`
            : `GitLab names ${JSON.stringify(host.slice(0, 100))} as its registry, and reconcile stores no login for it: ${found.refused}`,
        hint: 'set registry_host to the host of docker login',
      });
    },

    list,

    async read(scope, id, signal) {
      const response = await send({ method: 'GET', path: tokenPath(scope, id) }, signal, [404]);
      const { status, body } = response;
      if (status === 404 || (isObject(body) && isDead(body, dateOf(response)))) return undefined;
      return api.decode(body);
    },

    async create(scope, fields, { nonce, beforeTry }, signal) {
      const body = api.encode(fields, nonce);
      const request = { path: pathOf(scope), body, userAgentComment: nonce, beforeTry };
      const response = await send({ method: 'POST', ...request }, signal);
      return createdIn(response.body, String(fields['name']), api);
    },

    async patch() {
      throw new TypeError(`a change of a ${api.noun}, which GitLab doesn't have`);
    },

    async delete(scope, id, signal) {
      try {
        await send({ method: 'DELETE', path: tokenPath(scope, id) }, signal, [404]);
      } catch (error) {
        // A token that is already revoked may be rejected: docs/services/gitlab.md, Deleting.
        const isRejected = error instanceof ReconcileError && error.httpStatus === 400;
        if (!isRejected || (await client.read(scope, id, signal))) throw error;
      }
    },

    async rejects(scope, fields) {
      // Only a project shows whether its registry is enabled.
      if (scope.level !== 'project' || !needsRegistry(fields['scopes'])) return undefined;
      const registry = await namespaces.registry(scope);
      return registry?.isEnabled === false
        ? `scopes: the container registry of ${scope.name.replace(':', ' ')} is disabled`
        : undefined;
    },

    async ownToken(scope, signal) {
      if (!api.isAccessToken) return undefined;
      const [own, signedIn] = [await ownToken(), await user()];
      // The token of a person belongs to no project or group.
      const isPerson = signedIn !== undefined && !isTokenBot(signedIn);
      if (own) return isPerson && !own.isOfProjectOrGroup ? undefined : own.id;
      if (!isObject(signedIn) || isPerson) return undefined;
      // A version that doesn't show the signed-in token shows its bot user, whose number its token has.
      const { tokens } = await list(scope, signal);
      return tokens.find(({ object }) => object['user_id'] === signedIn['id'])?.id;
    },

    async inabilities(): Promise<readonly Inability[]> {
      const own = await ownToken();
      if (own && lacksApi(own)) {
        const noApi = 'its token lacks the scope api';
        return [
          { action: 'create', reason: noApi },
          { action: 'delete', reason: noApi },
        ];
      }
      if (!api.isAccessToken || !(await isOfProjectOrGroup())) return [];
      const reason = 'it is an access token of a project or a group, and GitLab lets none create others';
      return [{ action: 'create', reason }];
    },

    async credentialWarnings() {
      const own = await ownToken();
      const warning = own && endWarning(own, clientNow());
      return warning === undefined ? [] : [warning];
    },
  };
  return client;
}

/** Returns the token in the response to a create. Throws `OUTCOME_UNKNOWN` if it can't be used. */
function createdIn(body: Json | undefined, name: string, { noun, decode }: TokenApi): Created {
  const secret = isObject(body) ? body['token'] : undefined;
  const token = decodedIn(body, decode);
  if (token && typeof secret === 'string' && secret !== '') {
    return { token, secret: new Secret(secret), username: token.loginName ?? token.name };
  }
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `GitLab created the ${noun} ${name}, but its response has no ${token ? 'secret' : 'token that can be read'}, so it can't be used`,
    hint: 'run again: the next run recognises the token and replaces it',
  });
}

/** Returns the token in a body; `undefined` if it can't be decoded. */
function decodedIn(body: Json | undefined, decode: TokenApi['decode']): Observed | undefined {
  try {
    return decode(body);
  } catch (error) {
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}
