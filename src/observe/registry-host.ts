import { ReconcileError } from '../core/model/errors.ts';
import { namesHost, type Sink } from '../core/model/sink.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { Target } from './target.ts';

/**
 * Returns the host that sinks write: the manifest's, or else that of the service. Empty if none of them does, or if the
 * registry has none yet.
 */
export async function hostFor(
  { client, scope, desired }: Pick<Target, 'client' | 'scope' | 'desired'>,
  sinks: readonly Sink[],
  signal: AbortSignal,
): Promise<string> {
  if (!sinks.some(namesHost)) return '';
  return desired.registryHost ?? (await client.details(scope, signal)).host;
}

/** Returns the host that sinks write; `undefined` if the service can't be reached, which is reported elsewhere. */
export async function hostIfKnown(
  target: Pick<Target, 'client' | 'scope' | 'desired'>,
  sinks: readonly Sink[],
): Promise<string | undefined> {
  try {
    return await hostFor(target, sinks, neverAborted);
  } catch (error) {
    if (error instanceof ReconcileError) return undefined;
    throw error;
  }
}

/** Returns the host that sinks write. Throws if the registry has no host yet, and a sink needs one. */
export async function requireHost(
  target: Target,
  sinks: readonly Sink[],
  signal: AbortSignal,
): Promise<string> {
  const host = await hostFor(target, sinks, signal);
  if (host !== '' || !sinks.some(namesHost)) return host;
  throw new ReconcileError({
    code: 'API_REJECTED',
    message: `can't create a token in ${target.desired.scope} yet: the registry has no host name, which the sinks need`,
    hint: 'wait until the registry is running, and run again',
  });
}
