import type { Desired } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import type { Kind, Observed } from '../core/model/token.ts';
import { idKey, sameId } from '../core/model/token-id.ts';
import type { PlanInput, UnseenInput } from '../core/plan/input.ts';
import {
  type DeclaredTokens,
  declaredTokensByScope,
  deleteEntryFor,
  findUndeclared,
  nothingPruned,
  type PruneRule,
} from '../core/plan/prune.ts';
import type { State } from '../custody/state/state.ts';
import { behaviorOf, type ObserveRequest, type Observer, type ScopeView } from '../observe/observer.ts';
import { kindOf } from '../providers/registry.ts';
import { type Connections, connectAll } from './connections.ts';

/** The rules of all shards, and those of this run. */
export interface Prunes {
  readonly all: readonly PruneRule[];
  readonly own: readonly PruneRule[];
}

/** Data that prune needs besides the rules. */
export interface PruneContext {
  /** Entries of all manifests, including those outside the selection. */
  readonly inputs: readonly PlanInput[];
  /** Problems with the scopes that entries and rules of all shards name. */
  readonly problems: readonly Problem[];
  readonly state: State;
}

/** The tokens to prune; none if a scope could not be resolved or listed, and then the error. */
export interface Pruning {
  readonly pruned: readonly ObserveRequest[];
  readonly blocked?: UnseenInput;
}

/** Finds the tokens that rules cover and no manifest declares. */
export async function findPruned(
  { all, own }: Prunes,
  known: PruneContext,
  connections: Connections,
  observer: Observer,
): Promise<Pruning> {
  const [first] = all;
  if (!first) return { pruned: [] };
  const { inputs, problems } = known;
  const clients = await connectAll(connections, own);
  const looks = await Promise.all(
    clients.map(async (client, index) => {
      const rule = own[index];
      if (!rule) throw new TypeError('a client without a rule');
      const behaviour = behaviorOf(kindOf(rule.kind));
      return {
        rule,
        wanted: { client, ...behaviour },
        view: await observer.viewScope(client, rule, behaviour),
      };
    }),
  );
  const unseen = [...inputs, ...looks.map(({ view }) => view)];
  const causes = [...problems, ...unseen.flatMap((view) => ('problem' in view ? [view.problem] : []))];
  if (causes.length > 0) {
    const taken = new Set(inputs.map(({ desired }) => desired.address));
    return { pruned: [], blocked: nothingPruned(first, causes, taken) };
  }
  const declaredIn = declarations(known);
  const found = new Map<
    string,
    { readonly rule: PruneRule; readonly token: Observed; readonly wanted: Omit<ObserveRequest, 'desired'> }
  >();
  for (const { rule, wanted, view } of looks) {
    if ('problem' in view) continue;
    for (const token of findUndeclared(rule, view.snapshot.manageable, declaredIn(view, rule.kind))) {
      const { client, ownToken } = view.place;
      if (ownToken !== undefined && sameId(ownToken, token.id)) continue;
      const key = idKey({ kind: rule.kind, account: client.account }, token.id);
      if (!found.has(key)) found.set(key, { rule, token, wanted });
    }
  }
  const gone = [...found.values()].map(({ rule, token, wanted }) => ({
    ...wanted,
    desired: deleteEntryFor(rule, token),
  }));
  const declared = inputs.map(({ desired }) => desired);
  return { pruned: withOwnAddresses(gone, declared) };
}

/** Returns the tokens that entries and records refer to in a scope that was read; each scope is computed once. */
function declarations({ inputs, state }: PruneContext): (view: ScopeView, kind: Kind) => DeclaredTokens {
  const byEntries = declaredTokensByScope(inputs);
  const recorded = recordedIds(state, new Set(inputs.map(({ desired }) => desired.address)));
  const scopes = new Map<string, DeclaredTokens>();
  return ({ place }, kind) => {
    const known = scopes.get(place.scopeKey);
    if (known) return known;
    const declared = byEntries(place.scope.id, kind);
    const all = { ...declared, ids: new Set([...declared.ids, ...recorded]) };
    scopes.set(place.scopeKey, all);
    return all;
  };
}

/** Makes addresses unique: if another token has the same address, in any account, the ID is added. */
function withOwnAddresses(
  gone: readonly ObserveRequest[],
  declared: readonly Desired[],
): readonly ObserveRequest[] {
  const times = new Map<string, number>();
  for (const { address } of [...declared, ...gone.map(({ desired }) => desired)]) {
    times.set(address, (times.get(address) ?? 0) + 1);
  }
  return gone.map((wanted) => {
    const { address, id } = wanted.desired;
    if ((times.get(address) ?? 0) < 2) return wanted;
    return { ...wanted, desired: { ...wanted.desired, address: `${address} (${id})` } };
  });
}

/** Returns the recorded IDs of declared addresses: their tokens, and those left over by replacements. */
function recordedIds({ ledger, spool }: State, addresses: ReadonlySet<string>): readonly string[] {
  return [
    ...[...ledger.entries().values()]
      .filter(({ address }) => addresses.has(address))
      .flatMap(({ id, superseded, unresolved }) => [
        id,
        ...superseded.map((old) => old.id),
        ...unresolved.map(({ replaces }) => replaces?.id),
      ]),
    ...spool
      .entries()
      .filter(({ attempt }) => addresses.has(attempt.address))
      .flatMap(({ attempt, made }) => [made?.id, attempt.replaces?.id]),
  ].flatMap((id) => (typeof id === 'string' ? [id.toLowerCase()] : []));
}
