import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sinksOf } from '../core/assess.ts';
import { type Problem, problemOf, ReconcileErrors } from '../core/errors.ts';
import type { GuardOptions } from '../core/guards.ts';
import type { Holding } from '../core/holding.ts';
import type { Desired, Plan, Sink } from '../core/model.ts';
import type { Standard } from '../core/ours.ts';
import { makePlan, type PlanInput } from '../core/plan.ts';
import { declaredBy, globMatches, goner, type PruneRule, undeclared } from '../core/prune.ts';
import { announcer } from '../custody/announce.ts';
import { type Custodian, createCustodian, readHoldings } from '../custody/custodian.ts';
import { makersOf } from '../custody/records.ts';
import type { SpoolEntry } from '../custody/spool.ts';
import type { State } from '../custody/state.ts';
import { keyOf } from '../execute/doubts.ts';
import {
  createObserver,
  type Observation,
  type Observer,
  type Records,
  recordedNames,
  type Wanted,
} from '../execute/observe.ts';
import { situationOf, type Target } from '../execute/target.ts';
import type { Manifests } from '../manifest/load.ts';
import { type Connections, connectAll } from './connect.ts';
import { providerOf } from './providers.ts';
import type { Runtime } from './runtime.ts';

/** What a plan depends on besides the manifests and the services. */
export interface PlanningOptions extends GuardOptions {
  readonly state: State;
  /** How late a lost request may still take effect, and a listing lag; in seconds. */
  readonly graceSeconds: number;
  /** Only proof tells that a token is ours. */
  readonly strictOutcome: boolean;
  /** Addresses whose tokens are made anew. */
  readonly replace: readonly string[];
  /** Patterns of the addresses that the run is about; none means all. */
  readonly target: readonly string[];
  readonly signal: AbortSignal;
}

/** A plan, and what is needed to carry it out in the same run. */
export interface Planned {
  readonly plan: Plan;
  readonly targets: ReadonlyMap<string, Target>;
  readonly custodian: Custodian;
  readonly standard: Standard;
  readonly records: Records;
  readonly holdings: ReadonlyMap<Sink, Holding>;
  /** What the spool holds for tokens that are none of this run's. */
  readonly leftAlone: readonly SpoolEntry[];
}

/** What a run is about. */
export type Wishes = Pick<Manifests, 'desired' | 'prunes'>;

/** Looks at the services and plans. Writes nothing. Throws where there is no plan to be had. */
export async function makeRunPlan(
  { desired: all, prunes }: Wishes,
  connections: Connections,
  runtime: Runtime,
  options: PlanningOptions,
): Promise<Planned> {
  const { state, signal } = options;
  refuseUnknown(options.replace, all);
  const { desired, others } = targeted(all, options.target, prunes);
  const clients = await connectAll(connections, desired);
  const wanted = desired.flatMap((entry, index) => {
    const client = clients[index];
    const { rules, uniqueNames } = providerOf(entry.kind).declaration;
    return client ? [{ desired: entry, client, rules, uniqueNames }] : [];
  });
  const holdings = await readHoldings(desired.flatMap(sinksOf));
  const custodian = await custodianOf(state, runtime, holdings, manifestsOf(desired));
  const records: Records = (entry, place, name, ids) =>
    custodian.record(keyOf({ desired: entry, ...place }, name), sinksOf(entry), ids);
  const observer = createObserver({ clock: runtime.clock, records, signal });
  const observations = await Promise.all(wanted.map(observer.observe));
  const standard: Standard = {
    grace: options.graceSeconds,
    strict: options.strictOutcome,
    makers: makersOf(state),
  };
  const now = Math.floor(runtime.clock.now() / 1000);
  const targets = new Map<string, Target>();
  const inputOf = (observation: Observation): PlanInput => {
    if ('problem' in observation) return observation;
    const { address, kind } = observation.desired;
    targets.set(address, observation);
    const remake = options.replace.includes(address);
    return {
      ...situationOf(observation, { standard, now, remake }),
      scopeKey: observation.scopeKey,
      limit: providerOf(kind).declaration.limit?.(observation.snapshot.tokens.all.length),
    };
  };
  const declared = observations.map(inputOf);
  // What is declared and not aimed at could be anywhere that tokens of its kind are.
  const aside = others.map((entry): PlanInput => ({ desired: entry, problem: notAimedAt }));
  const goners = (await observeUndeclared(prunes, [...declared, ...aside], connections, observer)).filter(
    (seen) => isTargeted(seen.desired, options.target),
  );
  const inputs = [...declared, ...goners.map(inputOf)];
  const keys = new Set(
    [...targets.values()].flatMap((target) =>
      recordedNames(target.desired, target.snapshot.tokens).map((name) => keyOf(target, name)),
    ),
  );
  // A scope that could not be listed has no targets; what the spool holds for it is not a stranger's for that.
  const failed = new Set(observations.flatMap((seen) => ('problem' in seen ? [seen.desired.address] : [])));
  const leftAlone = state.spool
    .entries()
    .filter(({ attempt }) => !keys.has(attempt.key) && !failed.has(attempt.address));
  const plan = makePlan(inputs, { ...options, others: others.map(({ kind }) => kind) });
  return { plan, targets, custodian, standard, records, leftAlone, holdings };
}

const notAimedAt: Problem = { code: 'USAGE', message: 'not aimed at' };

/** The entries that a run is about, and the others. Throws where patterns match none. */
function targeted(
  desired: readonly Desired[],
  patterns: readonly string[],
  prunes: readonly PruneRule[],
): { readonly desired: readonly Desired[]; readonly others: readonly Desired[] } {
  // What is pruned shows only in the services.
  if (prunes.length === 0 && !desired.some((entry) => isTargeted(entry, patterns))) {
    throw new ReconcileErrors(
      patterns.map((pattern) => ({
        code: 'USAGE',
        message: `--target ${pattern}: no manifest declares such an address`,
        hint: 'as in --target "registry_token:team-a/*"; reconcile plan --format json shows the addresses',
      })),
    );
  }
  return {
    desired: desired.filter((entry) => isTargeted(entry, patterns)),
    others: desired.filter((entry) => !isTargeted(entry, patterns)),
  };
}

function isTargeted({ address }: Desired, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => globMatches(pattern, address));
}

/** The tokens that go because nobody declares them. Throws where it can't be told which. */
async function observeUndeclared(
  prunes: readonly PruneRule[],
  inputs: readonly PlanInput[],
  connections: Connections,
  observer: Observer,
): Promise<readonly Observation[]> {
  if (prunes.length === 0) return [];
  const clients = await connectAll(connections, prunes);
  const declaredIn = declaredBy(inputs);
  const found = new Map<string, Wanted>();
  for (const [index, rule] of prunes.entries()) {
    const client = clients[index];
    if (!client) continue;
    const { rules, uniqueNames } = providerOf(rule.kind).declaration;
    const behaviour = { rules, uniqueNames };
    const { place, snapshot } = await observer.look(client, rule, behaviour).catch((error: unknown) => {
      throw new ReconcileErrors([{ ...problemOf(error), source: rule.source }]);
    });
    const tokens = undeclared(rule, snapshot.usable, declaredIn(place.scopeKey, rule.kind));
    for (const token of tokens) {
      const key = `${place.scopeKey} ${token.id}`;
      const repeats = snapshot.tokens.named(token.name).length > 1;
      if (!found.has(key)) found.set(key, { desired: goner(rule, token, repeats), client, ...behaviour });
    }
  }
  return Promise.all([...found.values()].map(observer.observe));
}

/** The files of the manifests, absolute. */
function manifestsOf(desired: readonly Desired[]): readonly string[] {
  return [
    ...new Set(desired.map(({ connection, source }) => join(connection.folder, basename(source.file)))),
  ];
}

/**
 * The custodian of a run.
 *
 * @param files what no secret may be written over, besides the state directory
 */
export async function custodianOf(
  state: State,
  runtime: Runtime,
  holdings: ReadonlyMap<Sink, Holding>,
  files: readonly string[] = [],
): Promise<Custodian> {
  const context = {
    env: runtime.env,
    mask: (text: string) => runtime.masker.mask(text),
    tried: new Map(),
    keepOut: await Promise.all([state.folder, ...files].map((path) => realpath(path).catch(() => path))),
    taken: new Map(),
  };
  return createCustodian(state, context, announcer(runtime), holdings);
}

function refuseUnknown(addresses: readonly string[], desired: readonly Desired[]): void {
  const known = new Set(desired.map(({ address }) => address));
  const unknown = addresses.filter((address) => !known.has(address));
  if (unknown.length === 0) return;
  throw new ReconcileErrors(
    unknown.map((address) => ({
      code: 'USAGE',
      message: `--replace ${address}: no manifest declares it`,
      hint: 'reconcile plan --format json shows the addresses',
    })),
  );
}
