import type { ConnectionSpec, Desired } from '../../core/model/desired.ts';
import { type Problem, toProblem } from '../../core/model/errors.ts';
import { checkClockSkew, failedCheck, type HealthCheck } from '../../core/model/health-check.ts';
import type { Listing, Scope } from '../../core/model/token.ts';
import type { ScopeLevel, TokenKind } from '../../core/model/token-kind.ts';
import { counted } from '../../core/util/counted.ts';
import { proxyFor, readProxies } from '../../http/proxy.ts';
import type { Client } from '../../providers/provider.ts';
import type { Connections } from '../connections.ts';
import { environmentConnection, hasCredentials, resolveCredentials } from '../credentials.ts';
import type { Runtime } from '../runtime.ts';

/** Options for requests to a service. */
interface CheckOptions {
  readonly signal: AbortSignal;
  readonly allowInsecureHttp: boolean;
}

/** Checks all credentials for a service: whether there are any, their source, and whether they can read. */
export async function checkService(
  kinds: readonly [TokenKind, ...TokenKind[]],
  desired: readonly Desired[],
  connections: Connections,
  runtime: Runtime,
  how: CheckOptions,
): Promise<readonly HealthCheck[]> {
  const [first] = kinds;
  const { service } = first;
  const groups = byConnection(desired.filter(({ kind }) => kinds.some((one) => one.kind === kind)));
  const [only = []] = groups;
  if (groups.length === 0 && !hasCredentials(service, runtime.env, false)) {
    return [
      {
        name: service.name,
        state: 'skipped',
        message: 'no credentials are set, and no manifest needs them',
      },
    ];
  }
  if (groups.length <= 1) return checkConnection(service.name, first, only, connections, runtime, how);
  const found = await Promise.all(
    groups.map((entries) => {
      const label = [service.name, ...entries.slice(0, 1).map(placeOf)].join(', ');
      return checkConnection(label, first, entries, connections, runtime, how);
    }),
  );
  return found.flat();
}

/** Groups entries by connection as the manifests write it, unresolved. */
function byConnection(desired: readonly Desired[]): readonly (readonly Desired[])[] {
  const groups = new Map<string, Desired[]>();
  for (const entry of desired) {
    const { sources: _, folder, within: __, ...stated } = entry.connection;
    const key = JSON.stringify([stated, ...(Object.keys(stated).length > 0 ? [folder] : [])]);
    const known = groups.get(key);
    if (known) known.push(entry);
    else groups.set(key, [entry]);
  }
  return [...groups.values()];
}

function placeOf({ source: { file, line } }: Desired): string {
  return `${file}:${line}`;
}

/** Maximum number of scopes read per account if no manifest declares any. */
const maxScopes = 10;

/** Checks one connection to a service, and reads each scope that its entries name. */
async function checkConnection(
  label: string,
  { service, kind, levels }: TokenKind,
  entries: readonly Desired[],
  connections: Connections,
  runtime: Runtime,
  { signal, allowInsecureHttp }: CheckOptions,
): Promise<readonly HealthCheck[]> {
  const [entry] = entries;
  const spec = entry?.connection ?? environmentConnection;
  const wrong = (what: string, error: unknown): HealthCheck =>
    failedCheck(`${label}: ${what}`, toProblem(error));
  const checks: HealthCheck[] = [];
  try {
    const { login, url, fingerprint } = await resolveCredentials(
      service,
      spec,
      runtime.env,
      allowInsecureHttp,
    );
    const { host, protocol } = new URL(url);
    const proxies = readProxies(runtime.env);
    const proxy = 'unusable' in proxies ? '' : proxyFor(url, proxies);
    const kindOf = 'token' in login ? 'a token' : 'a password';
    checks.push({
      name: `${label}: credentials`,
      state: 'ok',
      message: `${kindOf} from ${login.where}`,
    });
    const ways = [
      ...(proxy === '' ? [] : [`through the proxy ${new URL(proxy).host}`]),
      ...(fingerprint === undefined ? [] : ['with a pinned certificate']),
      ...(protocol === 'http:' ? ['without TLS'] : []),
    ];
    checks.push({ name: `${label}: address`, state: 'ok', message: [host, ...ways].join(', ') });
  } catch (error) {
    return [wrong('credentials', error)];
  }
  try {
    const client = await connections.client(entry?.kind ?? kind, spec);
    const scopes = await client.scopes(signal);
    const places =
      entries.length > 0
        ? await declaredScopes(entries, spec, connections)
        : (scopes ?? []).slice(0, maxScopes).map((scope) => ({ client, ref: scope.id, scope }));
    const read = await Promise.all(places.map((place) => readScope(place, signal)));
    const listings = read.flatMap((one) => ('listing' in one ? [one] : []));
    const problems = read.flatMap((one) => ('problem' in one ? [one] : []));
    for (const { ref, problem } of problems) {
      checks.push(failedCheck(`${label}: access to ${ref || 'the account'}`, problem));
    }
    if (listings.length > 0 || problems.length === 0) {
      // Kinds can have the same scopes.
      const counts = new Map<string, number>();
      for (const { name, listing } of listings) {
        counts.set(name, (counts.get(name) ?? 0) + listing.tokens.length);
      }
      const seen = [
        ...(scopes && levels.length > 0 ? [counted(scopes.length, ...levelWords(levels))] : []),
        ...[...counts].slice(0, maxShown).map(([name, count]) => `${counted(count, 'token')} in ${name}`),
        ...(counts.size > maxShown ? [`${counts.size - maxShown} more read`] : []),
        ...unread(scopes, places.length, entries.length > 0, levels),
      ];
      checks.push({
        name: `${label}: access`,
        state: 'ok',
        message: `can read${seen.length > 0 ? `: ${seen.join(', ')}` : ''}; write access not checked`,
      });
    }
    for (const message of (await client.credentialWarnings?.(signal)) ?? []) {
      const hint = 'create a new one, and replace it in time';
      checks.push(failedCheck(`${label}: credentials`, { code: 'AUTH', message, hint }));
    }
    const [first] = listings;
    if (first) checks.push(checkClockSkew(`${label}: clock`, first.listing.ahead?.atLeast));
  } catch (error) {
    checks.push(wrong('access', error));
  }
  return checks;
}

/** Maximum number of scopes named in a message. */
const maxShown = 3;

/** A scope to read. */
interface ScopeToRead {
  readonly client: Client;
  /** The reference as written, or the ID. */
  readonly ref: string;
  readonly scope?: Scope;
}

/** Returns the scopes that entries name, each of them once. */
async function declaredScopes(
  entries: readonly Desired[],
  spec: ConnectionSpec,
  connections: Connections,
): Promise<readonly ScopeToRead[]> {
  const unique = new Map(entries.map((entry) => [`${entry.kind} ${entry.scope}`, entry]));
  return Promise.all(
    [...unique.values()].map(async ({ kind, scope }) => ({
      client: await connections.client(kind, spec),
      ref: scope,
    })),
  );
}

async function readScope(
  { client, ref, scope }: ScopeToRead,
  signal: AbortSignal,
): Promise<
  { readonly ref: string; readonly problem: Problem } | { readonly name: string; readonly listing: Listing }
> {
  try {
    const found = scope ?? (await client.resolve(ref, signal));
    return { name: found.alias ?? (found.name || 'the account'), listing: await client.list(found, signal) };
  } catch (error) {
    return { ref, problem: toProblem(error) };
  }
}

/** Returns a note of what was not checked, so that it isn't taken for healthy. */
function unread(
  scopes: readonly Scope[] | undefined,
  read: number,
  isDeclared: boolean,
  levels: readonly ScopeLevel[],
): readonly string[] {
  if (scopes === undefined)
    return read === 0 ? [`no ${levels[0]?.field ?? 'scope'} is declared, so none was checked`] : [];
  return !isDeclared && scopes.length > read ? [`${scopes.length - read} more not read`] : [];
}

/** Returns the words for one scope and for several: those of the level, if there is only one. */
function levelWords([level, ...others]: readonly ScopeLevel[]): [one: string, several: string] {
  const one = level && others.length === 0 ? level.field : 'scope';
  return [one, one.endsWith('y') ? `${one.slice(0, -1)}ies` : `${one}s`];
}
