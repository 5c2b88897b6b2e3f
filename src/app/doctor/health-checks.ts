import type { Problem } from '../../core/model/errors.ts';
import { failedCheck, type HealthCheck } from '../../core/model/health-check.ts';
import type { TokenKind } from '../../core/model/token-kind.ts';
import type { State } from '../../custody/state/state.ts';
import type { Manifests } from '../../manifest/load.ts';
import { tokenKinds } from '../../providers/registry.ts';
import type { Connections } from '../connections.ts';
import { credentialNames } from '../credentials.ts';
import type { Runtime } from '../runtime.ts';
import { checkNetwork } from './network.ts';
import { checkService } from './services.ts';
import { checkSinks } from './sinks.ts';
import { checkState } from './state.ts';

/** Checks everything outside this machine: the services, the network, and the sinks. */
export async function runHealthChecks(
  manifests: Pick<Manifests, 'desired' | 'files'>,
  connections: Connections,
  runtime: Runtime,
  {
    state,
    ...how
  }: { readonly state: State | Problem; readonly signal: AbortSignal; readonly allowInsecureHttp: boolean },
): Promise<readonly HealthCheck[]> {
  const services = await Promise.all(
    kindsByService().map((kinds) => checkService(kinds, manifests.desired, connections, runtime, how)),
  );
  return [
    ...checkNetwork(runtime),
    ...services.flat(),
    ...(services.flat().every(({ state: found }) => found === 'skipped') ? [withoutCredentials] : []),
    ...('code' in state
      ? [failedCheck('state', state)]
      : [
          ...(await checkState(state)),
          ...(await checkSinks(manifests, state, connections, runtime, how.signal)),
        ]),
  ];
}

/** Result if no credentials were found. */
const withoutCredentials: HealthCheck = {
  name: 'credentials',
  state: 'failed',
  message: 'none are set for any service',
  fix: `set ${[...new Set(tokenKinds.map(({ service }) => credentialNames(service)))].join('; or ')}`,
};

/** Returns the kinds of each service. */
function kindsByService(): readonly (readonly [TokenKind, ...TokenKind[]])[] {
  const services = new Map<string, [TokenKind, ...TokenKind[]]>();
  for (const declaration of tokenKinds) {
    const known = services.get(declaration.service.name);
    if (known) known.push(declaration);
    else services.set(declaration.service.name, [declaration]);
  }
  return [...services.values()];
}
