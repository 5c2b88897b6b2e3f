import { type Problem, problemOf, ReconcileError, ReconcileErrors } from '../core/errors.ts';
import type { ConnectionSpec, Kind } from '../core/model.ts';
import { Secret } from '../core/secret.ts';
import { createHttp } from '../http/client.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import type { Client } from '../providers/provider.ts';
import { version } from '../version.ts';
import { type Credentials, resolveCredentials } from './credentials.ts';
import { providerOf } from './providers.ts';
import type { NetworkOptions, Runtime } from './runtime.ts';

/** The clients of a run: one for each service, address and credentials. */
export interface Connections {
  /** The client for a connection. Sends nothing yet. */
  client(kind: Kind, spec: ConnectionSpec): Promise<Client>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Opens nothing yet; clients are made when they are asked for, and shared. */
export function createConnections(
  runtime: Runtime,
  options: NetworkOptions & { readonly allowInsecureHttp: boolean },
): Connections {
  const clients = new Map<string, Client>();
  const transports: Transport[] = [];

  const connect = (kind: Kind, credentials: Credentials): Client => {
    const { declaration, authHints, connect: open } = providerOf(kind);
    const { url, authorization, fingerprint, secrets } = credentials;
    for (const secret of secrets) runtime.masker.add(new Secret(secret));
    let fetch = runtime.fetch;
    if (!fetch) {
      const transport = createTransport({
        connections: options.parallelism,
        ...(fingerprint !== undefined && { fingerprint }),
      });
      transports.push(transport);
      fetch = transport.fetch;
    }
    return open(
      createHttp({
        service: declaration.service.name,
        baseUrl: url,
        headers: { authorization, ...contractHeader(kind, runtime) },
        userAgent: `reconcile/${version}`,
        fetch,
        clock: runtime.clock,
        random: runtime.random,
        timeoutMilliseconds: options.timeoutSeconds * 1000,
        parallelism: options.parallelism,
        mask: (text) => runtime.masker.mask(text),
        log: runtime.logRequest,
        authHints,
      }),
      url,
    );
  };

  return {
    async client(kind, spec) {
      const { service } = providerOf(kind).declaration;
      const credentials = await resolveCredentials(service, spec, runtime.env, options.allowInsecureHttp);
      const key = JSON.stringify([kind, credentials.url, credentials.authorization, credentials.fingerprint]);
      const known = clients.get(key);
      if (known) return known;
      const client = connect(kind, credentials);
      clients.set(key, client);
      return client;
    },
    close: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

/** Users with several contracts say which one is meant (IONOS: API how-tos). */
function contractHeader(kind: Kind, { env }: Runtime): Record<string, string> {
  const contract = env['IONOS_CONTRACT_NUMBER'];
  if (kind !== 'registry_token' || !contract) return {};
  if (!/^\d+$/.test(contract)) {
    throw new ReconcileError({ code: 'USAGE', message: 'IONOS_CONTRACT_NUMBER: expected a whole number' });
  }
  return { 'x-contract-number': contract };
}

/** The clients of many connections; throws all that is wrong with them at once, each thing once. */
export async function connectAll<T extends { readonly kind: Kind; readonly connection: ConnectionSpec }>(
  connections: Connections,
  items: readonly T[],
): Promise<readonly Client[]> {
  const problems = new Map<string, Problem>();
  const clients: Client[] = [];
  for (const { kind, connection } of items) {
    try {
      clients.push(await connections.client(kind, connection));
    } catch (error) {
      const problem = problemOf(error);
      problems.set(JSON.stringify([problem.message, problem.source]), problem);
    }
  }
  if (problems.size > 0) throw new ReconcileErrors([...problems.values()]);
  return clients;
}
