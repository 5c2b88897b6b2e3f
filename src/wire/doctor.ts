import { sinksOf } from '../core/assess.ts';
import { type Check, checkClock, problemCheck } from '../core/checkup.ts';
import type { Declaration } from '../core/declaration.ts';
import { type Problem, problemOf } from '../core/errors.ts';
import { type Desired, type Sink, sinkName } from '../core/model.ts';
import type { State } from '../custody/state.ts';
import { proxiesOf, proxyFor } from '../http/proxy.ts';
import type { Manifests } from '../manifest/load.ts';
import type { Connections } from './connect.ts';
import { environmentConnection, hasCredentials, resolveCredentials } from './credentials.ts';
import { declarations } from './declarations.ts';
import { custodianOf } from './plan.ts';
import type { Runtime } from './runtime.ts';

/** Whatever can be looked at besides this machine: the services, the network, and where secrets go. */
export async function checkUp(
  manifests: Pick<Manifests, 'desired' | 'files'>,
  connections: Connections,
  runtime: Runtime,
  {
    state,
    ...how
  }: { readonly state: State | Problem; readonly signal: AbortSignal; readonly allowInsecureHttp: boolean },
): Promise<readonly Check[]> {
  const services = await Promise.all(
    servicesOf().map((kinds) => checkService(kinds, manifests.desired, connections, runtime, how)),
  );
  return [
    ...checkNetwork(runtime),
    ...services.flat(),
    ...(services.flat().every(({ state: found }) => found === 'skipped') ? [withoutCredentials] : []),
    ...('code' in state
      ? [problemCheck('state directory', state)]
      : [checkState(state), ...(await checkSinks(manifests, state, connections, runtime, how.signal))]),
  ];
}

/** What was looked for in vain. */
const withoutCredentials: Check = {
  name: 'credentials',
  state: 'wrong',
  message: 'there are none, for no service',
  cure: `set ${[...new Set(declarations.map(({ service }) => service.variables.token))].join(' or ')}, or a user name and a password`,
};

/** The kinds of each service. */
function servicesOf(): readonly (readonly [Declaration, ...Declaration[]])[] {
  const services = new Map<string, [Declaration, ...Declaration[]]>();
  for (const declaration of declarations) {
    const known = services.get(declaration.service.name);
    if (known) known.push(declaration);
    else services.set(declaration.service.name, [declaration]);
  }
  return [...services.values()];
}

function checkNetwork({ env }: Runtime): readonly Check[] {
  const name = 'proxy';
  const proxies = proxiesOf(env);
  if ('unusable' in proxies) {
    return [
      {
        name,
        state: 'wrong',
        message: `${proxies.unusable} can't be used: ${proxies.reason}`,
        cure: proxies.hint,
      },
    ];
  }
  const used = [proxies.https && 'HTTPS_PROXY', proxies.http && 'HTTP_PROXY'].filter((one) => one);
  return [
    used.length === 0
      ? { name, state: 'skipped', message: 'none is set' }
      : {
          name,
          state: 'fine',
          message: `${used.join(' and ')}${proxies.none === '' ? '' : ', but for what NO_PROXY names'}`,
        },
  ];
}

/** How a service is spoken to. */
interface How {
  readonly signal: AbortSignal;
  readonly allowInsecureHttp: boolean;
}

/** All credentials for a service: whether there are any, from where, and whether they may read. */
async function checkService(
  kinds: readonly [Declaration, ...Declaration[]],
  desired: readonly Desired[],
  connections: Connections,
  runtime: Runtime,
  how: How,
): Promise<readonly Check[]> {
  const [first] = kinds;
  const { service } = first;
  const entries = firstOfEach(desired.filter(({ kind }) => kinds.some((one) => one.kind === kind)));
  const [entry] = entries;
  if (!entry && !hasCredentials(service, runtime.env, false)) {
    return [
      {
        name: service.name,
        state: 'skipped',
        message: 'there are no credentials for it, and no manifest needs any',
      },
    ];
  }
  if (entries.length <= 1) return checkConnection(service.name, first, entry, connections, runtime, how);
  const found = await Promise.all(
    entries.map((one) =>
      checkConnection(`${service.name}, ${placeOf(one)}`, first, one, connections, runtime, how),
    ),
  );
  return found.flat();
}

/** The first entry of each connection: by what the manifests say of it, whatever that leads to. */
function firstOfEach(desired: readonly Desired[]): readonly Desired[] {
  const entries = new Map<string, Desired>();
  for (const entry of desired) {
    const { sources: _, folder, within: __, ...stated } = entry.connection;
    const key = JSON.stringify([stated, ...(Object.keys(stated).length > 0 ? [folder] : [])]);
    if (!entries.has(key)) entries.set(key, entry);
  }
  return [...entries.values()];
}

function placeOf({ source: { file, line } }: Desired): string {
  return `${file}:${line}`;
}

/** One connection to a service. */
async function checkConnection(
  label: string,
  { service, kind, scopeField }: Declaration,
  entry: Desired | undefined,
  connections: Connections,
  runtime: Runtime,
  { signal, allowInsecureHttp }: How,
): Promise<readonly Check[]> {
  const spec = entry?.connection ?? environmentConnection;
  const wrong = (what: string, error: unknown): Check => problemCheck(`${label}: ${what}`, problemOf(error));
  const checks: Check[] = [];
  try {
    const { login, url, fingerprint } = await resolveCredentials(
      service,
      spec,
      runtime.env,
      allowInsecureHttp,
    );
    const { host, protocol } = new URL(url);
    const proxies = proxiesOf(runtime.env);
    const proxy = 'unusable' in proxies ? '' : proxyFor(url, proxies);
    const kindOf = 'token' in login ? 'a token' : 'a password';
    checks.push({
      name: `${label}: credentials`,
      state: 'fine',
      message: `${kindOf} from ${login.where}`,
    });
    const ways = [
      ...(proxy === '' ? [] : [`through the proxy ${new URL(proxy).host}`]),
      ...(fingerprint === undefined ? [] : ['the certificate pinned']),
      ...(protocol === 'http:' ? ['without TLS'] : []),
    ];
    checks.push({ name: `${label}: address`, state: 'fine', message: [host, ...ways].join(', ') });
  } catch (error) {
    return [wrong('credentials', error)];
  }
  try {
    const client = await connections.client(entry?.kind ?? kind, spec);
    const scopes = await client.scopes(signal);
    const scope = scopes?.[0] ?? (entry && (await client.resolve(entry.scope, signal)));
    const listing = scope && (await client.list(scope, signal));
    const seen = [
      ...(scopes && scopeField === 'registry'
        ? [`${scopes.length} ${scopes.length === 1 ? 'registry' : 'registries'}`]
        : []),
      ...(listing
        ? [
            `${listing.tokens.length} ${listing.tokens.length === 1 ? 'token' : 'tokens'} in ${scope.alias ?? (scope.name || 'the account')}`,
          ]
        : []),
    ];
    checks.push({
      name: `${label}: access`,
      state: 'fine',
      message: `may read${seen.length > 0 ? `: ${seen.join(', ')}` : ''}; whether it may write shows when something is written`,
    });
    if (listing) checks.push(checkClock(`${label}: clock`, listing.ahead));
  } catch (error) {
    checks.push(wrong('access', error));
  }
  return checks;
}

function checkState({ folder, problems, spool }: State): Check {
  const name = 'state directory';
  const [problem] = problems;
  if (problem) return problemCheck(name, problem);
  const waiting = spool.entries().length;
  if (waiting === 0) return { name, state: 'fine', message: folder };
  return {
    name,
    state: 'wrong',
    message: `${folder}: ${waiting} ${waiting === 1 ? 'entry' : 'entries'} of an interrupted run in the spool`,
    cure: 'reconcile apply finishes it; reconcile spool list shows it',
  };
}

/** Whether the places that secrets go to would take one. */
async function checkSinks(
  { desired, files }: Pick<Manifests, 'desired' | 'files'>,
  state: State,
  connections: Connections,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const sinks = new Map<string, { readonly sink: Sink; readonly entry: Desired }>();
  for (const entry of desired)
    for (const sink of sinksOf(entry)) {
      // Looking at one means running the credential helper that it names: not where a manifest leads to it.
      if (sink.type === 'docker' && sink.config !== undefined) continue;
      sinks.set(JSON.stringify([sink, sink.type === 'docker' && entry.scope]), { sink, entry });
    }
  const name = 'sinks';
  if (sinks.size === 0) return [{ name, state: 'skipped', message: 'no manifest names any' }];
  const custodian = await custodianOf(state, runtime, new Map(), files);
  const problems = await Promise.all(
    [...sinks.values()].map(async ({ sink, entry }): Promise<readonly Check[]> => {
      const host = sink.type === 'docker' ? await hostOf(entry, connections, signal) : '';
      const problem = typeof host === 'string' ? await custodian.check(sink, host) : host;
      return problem ? [problemCheck(`sink ${sinkName(sink)}`, problem)] : [];
    }),
  );
  const wrong = problems.flat();
  return wrong.length > 0
    ? wrong
    : [
        {
          name,
          state: 'fine',
          message: `${sinks.size === 1 ? 'the one there is takes' : `all ${sinks.size} take`} a secret`,
        },
      ];
}

/**
 * Returns the host that a token of an entry logs in to, or why no login may be stored for it; empty if the registry
 * can't be asked, which another check reports.
 */
async function hostOf(
  { kind, scope, connection }: Desired,
  connections: Connections,
  signal: AbortSignal,
): Promise<string | Problem> {
  try {
    const client = await connections.client(kind, connection);
    return (await client.details(await client.resolve(scope, signal), signal)).host;
  } catch (error) {
    const problem = problemOf(error);
    return problem.code === 'SINK_FAILED' ? problem : '';
  }
}
