import type { Desired } from '../core/model/desired.ts';
import { toProblem } from '../core/model/errors.ts';
import { behaviorOf, type Observation, type ObserveRequest, type Observer } from '../observe/observer.ts';
import { kindOf } from '../providers/registry.ts';
import type { Connections } from './connections.ts';

/** The observed scopes of a run, and the extent to which other entries count. */
export interface Surroundings {
  readonly observations: readonly Observation[];
  /** True if every entry counts, as for prune; otherwise only those that can refer to a token of an observed scope. */
  readonly all: boolean;
}

/**
 * Observes the entries outside `--target`: a token that one of them declares or protects stays theirs, whatever
 * address leads another entry to it. A failure here doesn't end the run.
 */
export async function observeUntargeted(
  untargeted: readonly Desired[],
  { observations, all }: Surroundings,
  connections: Connections,
  observer: Observer,
): Promise<readonly Observation[]> {
  const kinds = new Set(observations.map(({ desired }) => desired.kind));
  const scopes = new Set(
    observations.flatMap(({ desired, scope }) => (scope ? [`${desired.kind} ${scope.id}`] : [])),
  );
  const looks = untargeted
    .filter(({ kind }) => all || kinds.has(kind))
    .map(async (desired): Promise<readonly Observation[]> => {
      const wanted = await wantedOf(desired, connections);
      if ('problem' in wanted) return [wanted];
      if (!all) {
        const located = await observer.locateAside(wanted.client, desired);
        if ('problem' in located) return [{ desired, ...located }];
        const { id } = located.scope;
        // An account without a name can be any account.
        const isMet = [id, ''].some((known) => scopes.has(`${desired.kind} ${known}`)) || id === '';
        if (!isMet) return [];
      }
      return [await observer.observeUntargeted(wanted)];
    });
  return (await Promise.all(looks)).flat();
}

async function wantedOf(
  desired: Desired,
  connections: Connections,
): Promise<ObserveRequest | Extract<Observation, { problem: unknown }>> {
  try {
    return {
      desired,
      client: await connections.client(desired.kind, desired.connection),
      ...behaviorOf(kindOf(desired.kind)),
    };
  } catch (error) {
    return { desired, problem: toProblem(error) };
  }
}
