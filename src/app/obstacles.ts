import { type Problem, toProblem } from '../core/model/errors.ts';
import type { Change, Plan } from '../core/model/plan.ts';
import type { Kind } from '../core/model/token.ts';
import type { SecretStore } from '../custody/secret-store.ts';
import { findUnready } from '../execute/check-sinks.ts';
import { findOccupied } from '../observe/occupied-places.ts';
import { findRejected } from '../observe/rejected-fields.ts';
import type { Target } from '../observe/target.ts';
import type { Client } from '../providers/provider.ts';
import type { Connections } from './connections.ts';
import { environmentConnection } from './credentials.ts';
import { bugReporter, type Runtime } from './runtime.ts';

/** The means to find obstacles. */
interface ObstacleOptions {
  readonly secretStore: SecretStore;
  /** A store whose checks only look at sinks; `undefined` if sinks are not checked. */
  readonly lookOnly: SecretStore | undefined;
  readonly connections: Connections;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

/**
 * Returns why changes of a plan can't be sent, or their secrets delivered, by the addresses of their entries: a place is
 * occupied, a sink isn't ready, or the service would reject the change.
 */
export async function findObstacles(
  plan: Plan,
  targets: ReadonlyMap<string, Target>,
  { secretStore, lookOnly, connections, runtime, signal }: ObstacleOptions,
): Promise<ReadonlyMap<string, Problem>> {
  const occupied = await findOccupied(plan, targets, {
    secretStore,
    signal,
    connect: connectIfPossible(connections),
  });
  const unready = lookOnly
    ? await findUnready(plan.changes.filter(isPending), targets, {
        secretStore: lookOnly,
        stop: signal,
        bug: bugReporter(runtime),
      })
    : new Map<Change, Problem>();
  return new Map([
    ...[...unready].map(([{ entryAddress }, problem]) => [entryAddress, problem] as const),
    ...occupied,
    ...(await findRejected(plan, targets, signal)),
  ]);
}

/** Replans until no obstacle to the remaining changes is left. */
export async function withoutObstacles(
  make: (obstacles: ReadonlyMap<string, Problem>) => Plan,
  find: (plan: Plan) => Promise<ReadonlyMap<string, Problem>>,
): Promise<Plan> {
  let known: ReadonlyMap<string, Problem> = new Map();
  for (;;) {
    const plan = make(known);
    const found = await find(plan);
    if ([...found.keys()].every((entry) => known.has(entry))) return plan;
    known = new Map([...known, ...found]);
  }
}

function isPending({ action }: Change): boolean {
  return action !== 'noop' && action !== 'error';
}

/** Returns the client of a kind from the environment's credentials; `undefined` if there are none. */
function connectIfPossible(connections: Connections): (kind: Kind) => Promise<Client | undefined> {
  return (kind) =>
    connections.client(kind, environmentConnection).catch((error: unknown) => {
      toProblem(error);
      return undefined;
    });
}
