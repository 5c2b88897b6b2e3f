import type { ConnectionSpec } from '../core/model/desired.ts';
import { type Problem, ReconcileError, ReconcileErrors, toProblem } from '../core/model/errors.ts';
import { Secret } from '../core/model/secret.ts';
import type { Kind } from '../core/model/token.ts';
import type { ServiceInfo } from '../core/model/token-kind.ts';
import { createHttpClient, type HttpClient, type HttpOptions } from '../http/client.ts';
import { proxySecrets, readProxies } from '../http/proxy.ts';
import { createRateLimiter, type RateLimiter } from '../http/rate-limiter.ts';
import { defaultRetryPolicy } from '../http/retry.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import type { Client, Login, ServiceSession } from '../providers/provider.ts';
import { kindOf, loadClients } from '../providers/registry.ts';
import type { ServiceAccess } from '../providers/service.ts';
import { version } from '../version.ts';
import { aliasesFor, withAliases } from './account-alias.ts';
import {
  type Credentials,
  environmentConnection,
  isOfEnvironment,
  resolveCredentials,
} from './credentials.ts';
import type { NetworkOptions, Runtime } from './runtime.ts';

/** The name and version of the program, for the `User-Agent` and for marks. */
const program = `reconcile/${version}`;

/** The clients of a run: one for each kind, address and credentials. */
export interface Connections {
  /** Returns the client for a connection. Sends nothing yet. */
  client(kind: Kind, spec: ConnectionSpec): Promise<Client>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** A service, reached with one set of credentials; shared by the kinds of the service. */
interface ServiceLink {
  readonly http: HttpClient;
  readonly user: ServiceSession['user'];
}

/** Creates the connections of a run. Clients are created on first use, and shared. */
export function createConnections(
  runtime: Runtime,
  options: NetworkOptions & { readonly allowInsecureHttp: boolean },
): Connections {
  const lines = new Map<string, ServiceLink>();
  const clients = new Map<string, Client>();
  const rateLimiters = new Map<string, RateLimiter>();
  const transports: Transport[] = [];

  const fetchFor = ({ url, fingerprint }: Credentials): HttpOptions['fetch'] => {
    if (runtime.fetch) return runtime.fetch;
    const proxies = readProxies(runtime.env);
    if ('unusable' in proxies) {
      throw new ReconcileError({
        code: 'USAGE',
        message: `${proxies.unusable} can't be used: ${proxies.reason}`,
        hint: proxies.hint,
      });
    }
    for (const secret of proxySecrets(proxies)) runtime.masker.add(new Secret(secret));
    const transport = createTransport({
      url,
      connections: options.parallelism,
      timeoutMilliseconds: options.timeoutSeconds * 1000,
      proxies,
      ...(fingerprint !== undefined && { fingerprint }),
    });
    transports.push(transport);
    return transport.fetch;
  };

  /** Returns the rate limiter of a service and host. All credentials share it, as a host limits all of them together. */
  const rateLimiterFor = (service: string, url: string): RateLimiter => {
    const key = `${service} ${new URL(url).host}`;
    const known = rateLimiters.get(key);
    if (known) return known;
    const rateLimiter = createRateLimiter({
      parallelism: options.parallelism,
      clock: runtime.clock,
      paused: (milliseconds) => runtime.onRateLimit(service, milliseconds / 1000),
    });
    rateLimiters.set(key, rateLimiter);
    return rateLimiter;
  };

  const openLink = (service: ServiceInfo, access: ServiceAccess, credentials: Credentials): ServiceLink => {
    const { url, login, code, notes } = credentials;
    for (const note of notes) runtime.note(note);
    const announce = (secret: string): boolean => runtime.masker.add(new Secret(secret));
    for (const secret of secretsOf(login, code)) announce(secret);
    const http: Omit<HttpOptions, 'headers'> = {
      service: service.name,
      baseUrl: url,
      userAgent: program,
      fetch: fetchFor(credentials),
      clock: runtime.clock,
      random: runtime.random,
      timeoutMilliseconds: options.timeoutSeconds * 1000,
      rateLimiter: rateLimiterFor(service.name, url),
      retry: { ...defaultRetryPolicy, maxWaitMs: options.maxWaitSeconds * 1000 },
      noRetry: options.noRetry,
      mask: (text) => runtime.masker.maskExternal(text),
      log: runtime.logRequest,
      authHints: access.authHints,
      errorText: service.errorText,
    };
    const headers = access.headers?.(runtime.env) ?? {};
    if (!access.signIn) {
      const user = async (): Promise<string> => login.username ?? '';
      const authorization = headerOf(login, access);
      return { http: createHttpClient({ ...http, headers: { ...authorization, ...headers } }), user };
    }
    const session = access.signIn(login, {
      code,
      askCode: runtime.ask,
      http: createHttpClient({ ...http, headers }),
      now: () => runtime.clock.now(),
      announce,
      mask: http.mask,
    });
    return { http: createHttpClient({ ...http, headers, authorization: session }), user: session.user };
  };

  const open = async (kind: Kind, spec: ConnectionSpec): Promise<Client> => {
    const { service } = kindOf(kind);
    const { access, connect } = await loadClients(kind);
    const credentials = await resolveCredentials(service, spec, runtime.env, options.allowInsecureHttp);
    const { url, login, fingerprint, referenced, hidden } = credentials;
    const { where: _, ...secrets } = login;
    const key = JSON.stringify([service.name, url, secrets, fingerprint]);
    const line = lines.get(key) ?? openLink(service, access, credentials);
    lines.set(key, line);
    // Separate clients: what is hidden for one manifest, another one may state openly.
    const clientKey = JSON.stringify([kind, key, hidden]);
    const known = clients.get(clientKey);
    if (known) return known;
    for (const text of referenced) runtime.masker.addReference(new Secret(text));
    for (const text of hidden) runtime.masker.addReferenced(text);
    const opened = connect[kind]?.({ ...line, endpoint: url, program, now: () => runtime.clock.now() });
    if (!opened) throw new TypeError(`no client for ${kind}`);
    const client = hidden.length === 0 ? opened : withAliases(opened, aliasesFor(hidden, url));
    clients.set(clientKey, client);
    return client;
  };
  /** The clients of entries that leave the whole connection to the environment. */
  const ofEnvironment = new Map<Kind, Promise<Client>>();

  return {
    client(kind, spec) {
      if (!isOfEnvironment(spec)) return open(kind, spec);
      const client = ofEnvironment.get(kind) ?? open(kind, environmentConnection);
      ofEnvironment.set(kind, client);
      return client;
    },
    close: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

/** Returns the header that carries the credentials of each request. */
function headerOf(login: Login, { tokenHeader }: ServiceAccess): Readonly<Record<string, string>> {
  if (!('token' in login)) return { authorization: `Basic ${basicOf(login)}` };
  return tokenHeader === undefined
    ? { authorization: `Bearer ${login.token}` }
    : { [tokenHeader]: login.token };
}

/** Returns every text of a login that must never be shown. */
function secretsOf(login: Login, code: string | undefined): readonly string[] {
  const own = 'token' in login ? [login.token] : [login.password, basicOf(login)];
  return code === undefined ? own : [...own, code];
}

function basicOf({ username, password }: { readonly username: string; readonly password: string }): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

/** Returns the clients of many connections. Throws all problems at once, each of them once. */
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
      const problem = toProblem(error);
      problems.set(JSON.stringify([problem.message, problem.source]), problem);
    }
  }
  if (problems.size > 0) throw new ReconcileErrors([...problems.values()]);
  return clients;
}
