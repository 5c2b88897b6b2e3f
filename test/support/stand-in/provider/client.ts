import { ReconcileError } from '../../../../src/core/model/errors.ts';
import { Secret } from '../../../../src/core/model/secret.ts';
import type { Scope } from '../../../../src/core/model/token.ts';
import { isObject } from '../../../../src/core/util/json.ts';
import { memoizeAsync } from '../../../../src/core/util/single-flight.ts';
import type { Client, Connection, Created } from '../../../../src/providers/provider.ts';
import type { ServiceAccess } from '../../../../src/providers/service.ts';
import { decodeProject, decodeSecret, decodeToken, unexpectedShape } from './decode.ts';
import { encodeNewToken, encodeWholeToken } from './encode.ts';
import type { StandInVariant } from './fields.ts';
import { listAll } from './pages.ts';

/** The access to the service. */
export const access: ServiceAccess = {
  authHints: {
    unauthorized: 'check STAND_IN_TOKEN',
    forbidden: () => 'sign in as an administrator of the project',
  },
};

const system: Scope = { id: 'system', name: 'system' };

/** Creates a client. */
export function connectTo(
  variant: StandInVariant,
  { http, endpoint, program, user, now }: Connection,
): Client {
  const listProjects = memoizeAsync(async (_: string) => {
    // Shared by all callers, so that none of them may end it.
    const { items } = await listAll(http, '/projects', new AbortController().signal);
    return items.map(decodeProject);
  });
  const projects = (): Promise<readonly Scope[]> => listProjects('');
  const list = (scope: Scope): string => `/${scope.id}/tokens`;
  const token = (scope: Scope, id: string): string => `${list(scope)}/${encodeURIComponent(id)}`;

  /** Reads a token that must exist. */
  const readLive = async (scope: Scope, id: string, signal: AbortSignal) =>
    decodeToken((await http.send({ method: 'GET', path: token(scope, id) }, signal)).body);

  const setSecret = async (
    scope: Scope,
    id: string,
    secret: string,
    signal: AbortSignal,
  ): Promise<Created> => {
    const body = { secret };
    await http.send({ method: 'PATCH', path: token(scope, id), body }, signal);
    const shown = await readLive(scope, id, signal);
    return { token: shown, secret: new Secret(secret), username: shown.loginName ?? shown.name };
  };

  return {
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,
    scopes: projects,

    async resolve(ref) {
      if (ref === system.name) return system;
      const found = (await projects()).find(({ name }) => name === ref);
      if (found) return found;
      throw new ReconcileError({ code: 'NOT_FOUND', message: `${ref} was not found` });
    },

    async verify(scope, signal) {
      if (scope.id === system.id) await listAll(http, list(scope), signal);
      else if (!(await projects()).some(({ id }) => id === scope.id)) {
        throw new ReconcileError({ code: 'NOT_FOUND', message: `${scope.name} was not found` });
      }
    },

    details: async () => ({ host: 'registry.stand-in.example' }),

    async list(scope, signal) {
      const { items, first } = await listAll(http, list(scope), signal);
      const { date, ahead } = first;
      return { tokens: items.map(decodeToken), date, ahead, user: await user(signal) };
    },

    async read(scope, id, signal) {
      const response = await http.send({ method: 'GET', path: token(scope, id) }, signal, [404]);
      return response.status === 404 ? undefined : decodeToken(response.body);
    },

    async create(scope, fields, { nonce, beforeTry }, signal) {
      const mark = variant.marksDescription ? `${program} (${nonce})` : null;
      const body = encodeNewToken(fields, mark, now() / 1000);
      const request = {
        method: 'POST',
        path: list(scope),
        body,
        userAgentComment: nonce,
        beforeTry,
      } as const;
      return decodeCreated((await http.send(request, signal)).body);
    },

    async patch(scope, id, fields, signal) {
      const before = await readLive(scope, id, signal);
      const body = encodeWholeToken(before, fields);
      await http.send({ method: 'PUT', path: token(scope, id), body, isChange: true }, signal);
      return readLive(scope, id, signal);
    },

    async delete(scope, id, signal) {
      await http.send({ method: 'DELETE', path: token(scope, id) }, signal, [404]);
    },

    setSecret,

    async renew(scope, id, secret, signal) {
      if (!secret) throw new TypeError('a renewal without a secret');
      return setSecret(scope, id, secret, signal);
    },

    async inabilities(signal) {
      const { body } = await http.send({ method: 'GET', path: '/me' }, signal);
      const denied = isObject(body) ? body['denied'] : undefined;
      if (!Array.isArray(denied)) throw unexpectedShape('a user');
      return Object.entries(actions).flatMap(([right, action]) =>
        denied.includes(right) ? [{ action, reason: `the account lacks the right ${right}` }] : [],
      );
    },
  };
}

/** The actions of a client, by the rights of the service. */
const actions = {
  create: 'create',
  change: 'patch',
  delete: 'delete',
  set_secret: 'set_secret',
} as const;

/** Decodes a token that was just created. A response without its secret counts as lost. */
function decodeCreated(body: Parameters<typeof decodeToken>[0]): Created {
  const secret = decodeSecret(body);
  try {
    const made = decodeToken(body);
    const username = made.loginName ?? made.name;
    if (secret !== undefined) return { token: made, secret: new Secret(secret), username };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
  }
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: "the service created a token, but its response is incomplete, so the token can't be used",
    hint: 'delete the token and run again',
  });
}
