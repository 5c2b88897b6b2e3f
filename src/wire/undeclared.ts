import { problemOf, ReconcileErrors } from '../core/errors.ts';
import type { Desired, Observed } from '../core/model.ts';
import type { PlanInput } from '../core/plan.ts';
import { declaredBy, goner, type PruneRule, undeclared } from '../core/prune.ts';
import type { State } from '../custody/state.ts';
import type { Observer, Wanted } from '../execute/observe.ts';
import { type Connections, connectAll } from './connect.ts';
import { providerOf } from './providers.ts';

/** What is known besides the rules. */
export interface Known {
  /** All entries of the manifests, those that the run leaves aside as well. */
  readonly inputs: readonly PlanInput[];
  readonly state: State;
}

/** The tokens that go because nobody declares them. Throws where it can't be told which. */
export async function wantGone(
  prunes: readonly PruneRule[],
  { inputs, state }: Known,
  connections: Connections,
  observer: Observer,
): Promise<readonly Wanted[]> {
  if (prunes.length === 0) return [];
  const clients = await connectAll(connections, prunes);
  const declaredIn = declaredBy(inputs);
  const recorded = recordedIds(state, new Set(inputs.map(({ desired }) => desired.address)));
  const found = new Map<
    string,
    { readonly rule: PruneRule; readonly token: Observed; readonly wanted: Omit<Wanted, 'desired'> }
  >();
  const looks = await Promise.all(
    clients.map(async (client, index) => {
      const rule = prunes[index];
      if (!rule) throw new TypeError('a client without a rule');
      const { rules, uniqueNames } = providerOf(rule.kind).declaration;
      const behaviour = { rules, uniqueNames };
      const view = await observer.look(client, rule, behaviour).catch((error: unknown) => {
        throw new ReconcileErrors([{ ...problemOf(error), source: rule.source }]);
      });
      return { rule, client, behaviour, ...view };
    }),
  );
  for (const { rule, client, behaviour, place, snapshot } of looks) {
    for (const token of undeclared(rule, snapshot.usable, declaredIn(place.scope.id, rule.kind))) {
      if (recorded.has(token.id.toLowerCase())) continue;
      const key = `${rule.kind} ${token.id.toLowerCase()}`;
      if (!found.has(key)) found.set(key, { rule, token, wanted: { client, ...behaviour } });
    }
  }
  const gone = [...found.values()].map(({ rule, token, wanted }) => ({
    ...wanted,
    desired: goner(rule, token),
  }));
  return withOwnAddresses(
    gone,
    inputs.map(({ desired }) => desired),
  );
}

/** An address stands for one token: where another one has it, in whatever account, the ID is added. */
function withOwnAddresses(gone: readonly Wanted[], declared: readonly Desired[]): readonly Wanted[] {
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

/** What is on record of addresses that are declared: their tokens, and those that replaces have left over. */
function recordedIds({ ledger, spool }: State, addresses: ReadonlySet<string>): ReadonlySet<string> {
  const ids = [
    ...[...ledger.entries().values()]
      .filter(({ address }) => addresses.has(address))
      .flatMap(({ id, retire, doubts }) => [
        id,
        ...retire.map((old) => old.id),
        ...doubts.map(({ old }) => old?.id),
      ]),
    ...spool
      .entries()
      .filter(({ attempt }) => addresses.has(attempt.address))
      .flatMap(({ attempt, made }) => [made?.id, attempt.old?.id]),
  ];
  return new Set(ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase()));
}
