import { ReconcileError } from '../../core/model/errors.ts';
import { Secret } from '../../core/model/secret.ts';
import type { Observed, Scope } from '../../core/model/token.ts';
import type { Json } from '../../core/util/json.ts';
import { isUuid } from '../../core/util/uuid.ts';
import type { Client, Connection, ScopeDetails } from '../provider.ts';
import { readRegistryHost } from '../registry-host.ts';
import type { ServiceAccess } from '../service.ts';
import { decodeCredentials, decodeRegistry, decodeToken, type Registry } from './decode.ts';
import { encodeNewToken, encodeProperties } from './encode.ts';
import { listByCursor, listByOffset } from './pages.ts';

/** The authentication at IONOS: docs/services/ionos.md, Requests. */
export const ionosAccess: ServiceAccess = {
  authHints: {
    unauthorized: 'check IONOS_TOKEN, or IONOS_USERNAME and IONOS_PASSWORD; recreate an expired token',
    forbidden: () =>
      'the account must be contract owner, administrator, or in a group with the privilege to manage registries; with several contracts, set IONOS_CONTRACT_NUMBER',
  },
  headers: contractHeader,
};

/** Returns the header that selects one of a user's contracts: docs/services/ionos.md, Requests. */
function contractHeader({
  IONOS_CONTRACT_NUMBER: contract,
}: Readonly<Record<string, string | undefined>>): Record<string, string> {
  if (!contract) return {};
  if (/^\d+$/.test(contract)) return { 'x-contract-number': contract };
  throw new ReconcileError({ code: 'USAGE', message: 'IONOS_CONTRACT_NUMBER: expected a whole number' });
}

/** Creates a client for the tokens of registries. */
export function connectRegistryTokens({ http, endpoint, user }: Connection): Client {
  let listing: Promise<readonly Registry[]> | undefined;
  const asked = new Map<string, Promise<Registry>>();

  // Listed once per run, for the first caller. A failure is reported to all callers.
  const registries = (signal: AbortSignal): Promise<readonly Registry[]> => {
    listing ??= listByCursor(http, '/registries', signal).then((items) => items.map(decodeRegistry));
    return listing;
  };

  const registry = async (scope: Scope, signal: AbortSignal): Promise<Registry> => {
    const asking =
      asked.get(scope.id) ??
      registryNotFound(scope, async () => {
        const path = `/registries/${encodeURIComponent(scope.id)}`;
        return decodeRegistry((await http.send({ method: 'GET', path }, signal)).body);
      });
    asked.set(scope.id, asking);
    try {
      return await asking;
    } catch (error) {
      asked.delete(scope.id);
      throw error;
    }
  };

  const tokens = (scope: Scope): string => `/registries/${segment(scope.id)}/tokens`;
  const token = (scope: Scope, id: string): string => `${tokens(scope)}/${segment(id)}`;

  return {
    // A registry's ID is unique across accounts: docs/services/ionos.md, Registries.
    account: endpoint,
    timeoutSeconds: http.timeoutSeconds,
    scopes: registries,

    async resolve(ref, signal) {
      if (isUuid(ref)) return { id: ref.toLowerCase(), name: ref };
      const named = (await registries(signal)).filter(({ name }) => name === ref);
      const [found] = named;
      if (!found) {
        throw new ReconcileError({
          code: 'NOT_FOUND',
          message: `the registry ${ref} was not found, or the account can't see it`,
          hint: 'check the spelling and the contract; reconcile list shows the registries that have tokens',
        });
      }
      if (named.length > 1) {
        throw new ReconcileError({
          code: 'AMBIGUOUS',
          message: `${named.length} registries are named ${ref}: ${named.map(({ id }) => id).join(', ')}`,
          hint: 'set registry to one of these IDs',
        });
      }
      return found;
    },

    async verify(scope, signal) {
      // One list instead of a request for each. It need not show all registries that can be read.
      const known = await registries(signal).catch(noneOnFailure);
      if (!known.some(({ id }) => id === scope.id)) await registry(scope, signal);
    },

    async details(scope, signal) {
      const known = (await listing?.catch(noneOnFailure))?.find(({ id }) => id === scope.id);
      return checkedDetails(scope, known?.host ? known : await registry(scope, signal));
    },

    list: (scope, signal) =>
      registryNotFound(scope, async () => {
        const { items, first } = await listByOffset(http, tokens(scope), decodeToken, signal);
        return { tokens: items, date: first?.date, ahead: first?.ahead, user: await user(signal) };
      }),

    async read(scope, id, signal) {
      const response = await http.send({ method: 'GET', path: token(scope, id) }, signal, [404, 410]);
      return response.status === 404 || response.status === 410 ? undefined : decodeToken(response.body);
    },

    async create(scope, fields, { id, nonce, beforeTry }, signal) {
      const request = { body: encodeNewToken(fields), userAgentComment: nonce, beforeTry };
      const { body: made } = await http.send(
        id === null
          ? { method: 'POST', path: tokens(scope), ...request }
          : { method: 'PUT', path: token(scope, id), ...request },
        signal,
      );
      const credentials = decodeCredentials(made);
      const shown = credentials && readable(made);
      if (!credentials || !shown) {
        throw new ReconcileError({
          code: 'OUTCOME_UNKNOWN',
          message: `IONOS created the token ${String(fields['name'])}, but its response has no ${credentials ? 'ID' : 'password'}, so the token can't be used`,
          hint: 'delete the token and run again',
        });
      }
      return { token: shown, secret: new Secret(credentials.password), username: credentials.username };
    },

    async patch(scope, id, fields, signal) {
      const path = token(scope, id);
      const { body } = await http.send({ method: 'PATCH', path, body: encodeProperties(fields) }, signal);
      // The change is done, whatever the response says.
      return readable(body) ?? decodeToken((await http.send({ method: 'GET', path }, signal)).body);
    },

    async delete(scope, id, signal) {
      await http.send({ method: 'DELETE', path: token(scope, id) }, signal, [404, 410]);
    },
  };
}

/** Returns no registries if the list of them fails, as each can be read by itself. Throws bugs. */
function noneOnFailure(error: unknown): readonly Registry[] {
  if (error instanceof ReconcileError) return [];
  throw error;
}

/** The domains of IONOS registries. */
const ownDomains = ['ionos.com'];

/** Returns the host of a registry once it is set up. Throws for a host that no login may be stored for. */
function checkedDetails({ name }: Scope, { host: named }: Registry): ScopeDetails {
  if (named === '') return { host: '' };
  const read = readRegistryHost(named, ownDomains);
  if ('host' in read) return read;
  throw new ReconcileError({
    code: 'SINK_FAILED',
    message: `the registry ${name} reports the host ${JSON.stringify(named.slice(0, 100))}, and reconcile stores no login for it: ${read.refused}`,
    hint: 'check the API URL, and ask the service about this registry',
  });
}

/** Returns a path segment. Throws for an ID of dots alone, which would lead to another path. */
function segment(id: string): string {
  if (!/^\.*$/.test(id)) return encodeURIComponent(id);
  throw new ReconcileError({ code: 'API_REJECTED', message: `${JSON.stringify(id)} is not an ID` });
}

function readable(made: Json | undefined): Observed | undefined {
  try {
    return decodeToken(made);
  } catch (error) {
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}

/**
 * Maps errors about an unknown registry to one, as the API may respond with 400 or 404: docs/services/ionos.md, Registries.
 */
async function registryNotFound<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ReconcileError && (error.httpStatus === 404 || error.httpStatus === 400)) {
      throw new ReconcileError(
        {
          code: 'NOT_FOUND',
          message: `the registry ${scope.name} was not found, or the account can't see it (${error.message})`,
          hint: 'check the ID and the contract',
          httpStatus: error.httpStatus,
        },
        { cause: error },
      );
    }
    throw error;
  }
}
