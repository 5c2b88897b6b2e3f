import type { Desired } from '../core/model/desired.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import { toProblem } from '../core/model/errors.ts';
import type { Plan } from '../core/model/plan.ts';
import type { Shard } from '../core/model/shard.ts';
import type { Sink } from '../core/model/sink.ts';
import type { SinkContent } from '../core/model/sink-content.ts';
import type { SinkPlace } from '../core/model/sink-place.ts';
import { sinkTypeOf } from '../core/model/sinks/registry.ts';
import type { GuardOptions } from '../core/plan/guards.ts';
import type { PlanInput, SeenInput } from '../core/plan/input.ts';
import type { EvidencePolicy } from '../core/plan/ownership.ts';
import { createPlan } from '../core/plan/plan.ts';
import type { PruneRule } from '../core/plan/prune.ts';
import { readSinkContents, type SecretStore } from '../custody/secret-store.ts';
import { grantsIn, knownCreators } from '../custody/state/records.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { State } from '../custody/state/state.ts';
import { ledgerKey } from '../execute/unresolved.ts';
import type { Manifests } from '../manifest/load.ts';
import { warnOfFields } from '../observe/field-warnings.ts';
import { behaviorOf, createObserver, type Observation } from '../observe/observer.ts';
import { type RecordLookup, type ResolveOptions, recordedNames } from '../observe/resolve-target.ts';
import { decisionInput, rangeOf, type Target } from '../observe/target.ts';
import type { Client } from '../providers/provider.ts';
import { kindOf } from '../providers/registry.ts';
import { type Connections, connectAll } from './connections.ts';
import { findObstacles, withoutObstacles } from './obstacles.ts';
import { createProgramsOf } from './program-digests.ts';
import { findPruned } from './prune.ts';
import type { Runtime } from './runtime.ts';
import { openSecretStore } from './secret-store.ts';
import { filterByShard, type Sharded } from './shard-filter.ts';
import {
  matchesTarget,
  rejectUnknownReplace,
  rejectUnmatchedTarget,
  selectTargets,
} from './target-filter.ts';
import { findForgotten } from './undeclared-records.ts';
import { warnUnignored } from './unignored-sinks.ts';
import { observeUntargeted } from './untargeted.ts';

/** Options of a plan, besides the manifests and the services. */
export interface PlanRunOptions extends GuardOptions {
  readonly state: State;
  /** The time within which a lost request may still take effect and a list may lag, in seconds. */
  readonly graceSeconds: number;
  /** True if ownership requires proof. */
  readonly strictOutcome: boolean;
  /** Addresses whose tokens are recreated. */
  readonly replace: readonly string[];
  /** True if old generations of replaced families are deleted as soon as the new ones are delivered. */
  readonly revokeOld?: boolean;
  /** Patterns of the addresses to plan; none means all. */
  readonly target: readonly string[];
  /** The shard to plan; all scopes unless given. */
  readonly shard?: Shard;
  /** The time to plan for, in seconds since 1970; now unless given. */
  readonly at?: number;
  /** Checks, without writing, that the sinks of new secrets can accept them. */
  readonly checkSinks?: boolean;
  readonly signal: AbortSignal;
}

/** A plan, and the data needed to carry it out in the same run. */
export interface PlanRun {
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, Target>;
  readonly secretStore: SecretStore;
  readonly evidence: EvidencePolicy;
  readonly records: RecordLookup;
  readonly holdings: ReadonlyMap<Sink, SinkContent>;
  /** The files of the manifests and policies, absolute. */
  readonly files: readonly string[];
  /** The addresses of live tokens in the ledger that no manifest declares; only in runs without a selection. */
  readonly undeclared: readonly string[];
  /** Spool entries of tokens outside this run. */
  readonly unrelatedSpoolEntries: readonly SpoolEntry[];
  /** Warnings about the signed-in credentials. */
  readonly credentialWarnings: readonly string[];
}

/** The manifests' content that a run plans. */
export type DesiredState = Pick<Manifests, 'desired' | 'prunes' | 'files'>;

/** Reads the services and plans. Writes nothing. Throws if no plan can be made. */
export async function planRun(
  desiredState: DesiredState,
  connections: Connections,
  runtime: Runtime,
  options: PlanRunOptions,
): Promise<PlanRun> {
  const { state, signal } = options;
  const selection = selectTargets(desiredState.desired, desiredState.prunes, options.target);
  rejectUnknownReplace(options.replace, selection.desired);
  // Records are read only once there is something to observe, when the secret store exists.
  const records: RecordLookup = (entry, place, name, ids) => {
    const at = { desired: entry, ...place };
    return secretStore.record(ledgerKey(at, name), rangeOf(at), sinksOf(entry), ids);
  };
  const grants: ResolveOptions['grants'] = (range, id) => grantsIn(state, range, id);
  const observer = createObserver({ clock: runtime.clock, records, grants, signal });
  const mayPrune = selection.prunes.length > 0;
  const ofShard = <T extends Desired | PruneRule>(items: readonly T[]): Promise<Sharded<T>> =>
    filterByShard(items, { shard: options.shard, verify: mayPrune }, connections, observer);
  const [entries, untargeted, rules] = await Promise.all([
    ofShard(selection.desired),
    ofShard(selection.untargeted),
    ofShard(selection.prunes),
  ]);
  const desired = entries.own;
  const clients = await connectAll(connections, desired);
  const wanted = desired.flatMap((entry, index) => {
    const client = clients[index];
    return client ? [{ desired: entry, client, ...behaviorOf(kindOf(entry.kind)) }] : [];
  });
  const holdings = await readSinkContents(desired.flatMap(sinksOf));
  const { files } = desiredState;
  const secretStore = await openSecretStore(state, runtime, holdings, files);
  const observations = await Promise.all(wanted.map(observer.observe));
  const programsOf = createProgramsOf();
  const programs = new Map(
    await Promise.all(desired.map(async (entry) => [entry, await programsOf(entry)] as const)),
  );
  const evidence: EvidencePolicy = {
    grace: options.graceSeconds,
    proofOnly: options.strictOutcome,
    knownCreators: knownCreators(state),
  };
  const now = options.at ?? Math.floor(runtime.clock.now() / 1000);
  const targets = new Map<string, Target>();
  const seenAs = (observation: Target): SeenInput => {
    const { address, kind } = observation.desired;
    const forceReplace = options.replace.includes(address);
    const revokeOld = forceReplace && options.revokeOld === true;
    const { listedAt } = observation.snapshot;
    return {
      ...decisionInput(observation, { evidence, now, forceReplace, revokeOld }),
      // A plan for a later time sees the services as they are now.
      listedAt: options.at === undefined ? listedAt : Math.max(listedAt, options.at),
      scopeKey: observation.scopeKey,
      programs: programs.get(observation.desired) ?? [],
      limit: kindOf(kind).limit?.(observation.snapshot.tokens.all.length),
      logins: logins.get(observation.desired) ?? [],
    };
  };
  const logins = await loginsOf(observations, secretStore);
  const inputOf = (observation: Observation): PlanInput => {
    if ('problem' in observation) return observation;
    const { address } = observation.desired;
    if (targets.has(address)) throw new TypeError(`two tokens at the address ${address}`);
    targets.set(address, observation);
    return seenAs(observation);
  };
  const declared = observations.map(inputOf);
  const besides = await observeUntargeted(
    untargeted.own,
    { observations, all: mayPrune },
    connections,
    observer,
  );
  const others = [
    ...besides.map((seen) => ('problem' in seen ? seen : seenAs(seen))),
    ...[entries, untargeted].flatMap(({ elsewhere }) => elsewhere),
  ];
  const pruning = await findPruned(
    { all: selection.prunes, own: rules.own },
    {
      inputs: [...declared, ...others],
      problems: [entries, untargeted, rules].flatMap(({ problems }) => problems),
      state,
    },
    connections,
    observer,
  );
  const gone = pruning.pruned.filter((token) => matchesTarget(token.desired.address, options.target));
  const pruned = (await Promise.all(gone.map(observer.observe))).map(inputOf);
  const inputs = [...declared, ...pruned, ...(pruning.blocked ? [pruning.blocked] : [])];
  // The tokens that other shards prune are unknown here, and so are those of a blocked prune.
  if (!mayPrune || (!options.shard && !pruning.blocked)) {
    const planned = [...selection.desired, ...inputs.map((input) => input.desired)];
    rejectUnmatchedTarget(
      options.target,
      planned.map(({ address }) => address),
    );
  }
  const keys = new Set(
    [...targets.values()].flatMap((target) =>
      recordedNames(target.desired, target.snapshot.tokens).map((name) => ledgerKey(target, name)),
    ),
  );
  // A scope that could not be listed has no targets, but its spool entries still belong to this run.
  const failed = new Set(observations.flatMap((seen) => ('problem' in seen ? [seen.desired.address] : [])));
  const leftAlone = state.spool
    .entries()
    .filter(({ attempt }) => !keys.has(attempt.key) && !failed.has(attempt.address));
  const lookOnly = options.checkSinks
    ? await openSecretStore(state, runtime, holdings, files, { mayTry: false })
    : undefined;
  const plan = await withoutObstacles(
    (obstacles) => createPlan(inputs, options, others, obstacles),
    (made) => findObstacles(made, targets, { secretStore, lookOnly, connections, runtime, signal }),
  );
  const warned = await warnUnignored(await warnOfFields(plan, targets, signal), targets, runtime.env);
  const isWhole = options.target.length === 0 && !options.shard;
  const undeclared = isWhole ? findForgotten(state, targets, keys, plan) : [];
  return {
    plan: warned,
    targets,
    secretStore,
    evidence,
    records,
    undeclared,
    unrelatedSpoolEntries: leftAlone,
    credentialWarnings: await credentialWarningsOf(clients, signal),
    holdings,
    files,
  };
}

/** Returns the warnings about the credentials of clients, each of them once. Other parts of the plan report errors. */
async function credentialWarningsOf(
  clients: readonly Client[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await Promise.all(
    [...new Set(clients)].map(async (client) => {
      try {
        return (await client.credentialWarnings?.(signal)) ?? [];
      } catch (error) {
        signal.throwIfAborted();
        toProblem(error);
        return [];
      }
    }),
  );
  return [...new Set(found.flat())];
}

/**
 * Returns the places of entries in sinks that hold one secret for each host, such as docker logins. Hosts are queried only
 * if a secret is written; scopes distinguish logins as well.
 */
async function loginsOf(
  observations: readonly Observation[],
  secretStore: SecretStore,
): Promise<ReadonlyMap<Desired, readonly SinkPlace[]>> {
  const logins = new Map<Desired, readonly SinkPlace[]>();
  for (const observation of observations) {
    if ('problem' in observation || observation.desired.state === 'absent') continue;
    const { desired, scopeKey } = observation;
    const token = { name: desired.name, host: scopeKey };
    const places = sinksOf(desired).map(async (sink) => {
      const label = sinkTypeOf(sink).perHost?.label(desired.place);
      if (label === undefined) return [];
      return (await secretStore.placesOf(sink, token)).map((place) => ({ ...place, label }));
    });
    logins.set(desired, (await Promise.all(places)).flat());
  }
  return logins;
}
