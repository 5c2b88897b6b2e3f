import type { Desired } from '../../core/model/desired.ts';
import { sinksOf } from '../../core/model/entry-sinks.ts';
import { type Problem, toProblem } from '../../core/model/errors.ts';
import { failedCheck, type HealthCheck } from '../../core/model/health-check.ts';
import { isPerHost, type Sink, sinkLabel } from '../../core/model/sink.ts';
import { sinkTypeOf, sinkTypes } from '../../core/model/sinks/registry.ts';
import { counted } from '../../core/util/counted.ts';
import type { State } from '../../custody/state/state.ts';
import type { Manifests } from '../../manifest/load.ts';
import type { Connections } from '../connections.ts';
import type { Runtime } from '../runtime.ts';
import { openSecretStore } from '../secret-store.ts';

/** Checks whether the sinks would accept a secret. */
export async function checkSinks(
  { desired, files }: Pick<Manifests, 'desired' | 'files'>,
  state: State,
  connections: Connections,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<readonly HealthCheck[]> {
  const sinks = new Map<string, { readonly sink: Sink; readonly entry: Desired }>();
  for (const entry of desired)
    for (const sink of sinksOf(entry)) {
      sinks.set(JSON.stringify([sink, isPerHost(sink) && entry.scope]), { sink, entry });
    }
  const name = 'sinks';
  if (sinks.size === 0) return [{ name, state: 'skipped', message: 'no manifest declares any' }];
  const secretStore = await openSecretStore(state, runtime, new Map(), files);
  // Trying a sink would run the credential helper that it names, and a manifest must not cause that.
  const looking = await openSecretStore(state, runtime, new Map(), files, { mayTry: false });
  const problems = await Promise.all(
    [...sinks.values()].map(async ({ sink, entry }): Promise<readonly HealthCheck[]> => {
      const host = isPerHost(sink) ? await hostOf(entry, connections, signal) : '';
      const by = isOnlyLookedAt(sink) ? looking : secretStore;
      const problem = typeof host === 'string' ? await by.check(sink, host) : host;
      return problem ? [failedCheck(`sink ${sinkLabel(sink)}`, problem)] : [];
    }),
  );
  const wrong = problems.flat();
  if (wrong.length > 0) return wrong;
  const all = [...sinks.values()].map(({ sink }) => sink);
  const tried = all.filter((sink) => !isOnlyLookedAt(sink)).length;
  const message = [
    ...(tried > 0 ? [`${counted(tried, 'sink is', 'sinks are')} ready for a secret`] : []),
    ...untestedSinks(all),
  ].join('; ');
  return [{ name, state: 'ok', message }];
}

/** Tells whether a sink is read but not tested. */
function isOnlyLookedAt(sink: Sink): boolean {
  return sinkTypeOf(sink).untested?.includes(sink) ?? false;
}

/** Describes the sinks that are read but not tested, by their types. */
function untestedSinks(sinks: readonly Sink[]): readonly string[] {
  return sinkTypes.flatMap(({ type, untested }) => {
    const count = sinks.filter((sink) => sink.type === type && isOnlyLookedAt(sink)).length;
    if (!untested || count === 0) return [];
    return [`${counted(count, untested.one, untested.many)} read but not tested: ${untested.reason}`];
  });
}

/**
 * Returns the host that a token of an entry logs in to, or why no login may be stored for it; empty if the registry
 * can't be queried, which another check reports.
 */
async function hostOf(
  { kind, scope, connection, registryHost }: Desired,
  connections: Connections,
  signal: AbortSignal,
): Promise<string | Problem> {
  if (registryHost !== undefined) return registryHost;
  try {
    const client = await connections.client(kind, connection);
    return (await client.details(await client.resolve(scope, signal), signal)).host;
  } catch (error) {
    const problem = toProblem(error);
    return problem.code === 'SINK_FAILED' ? problem : '';
  }
}
