import type { ConnectionSpec } from '../core/model/desired.ts';
import type { Problem } from '../core/model/errors.ts';
import { type Shard, shardOf } from '../core/model/shard.ts';
import type { Kind, Scope } from '../core/model/token.ts';
import type { Located, Observer } from '../observe/observer.ts';
import { type Connections, connectAll } from './connections.ts';

/** Something that belongs to a scope. */
interface Scoped {
  readonly kind: Kind;
  readonly scope: string;
  readonly connection: ConnectionSpec;
}

/** The items of a shard, and the problems with the scopes that items of all shards name. */
export interface Sharded<T> {
  readonly own: readonly T[];
  /** The items of other shards whose scopes could not be resolved. */
  readonly elsewhere: readonly { readonly desired: T; readonly problem: Problem }[];
  readonly problems: readonly Problem[];
}

/**
 * Selects the items whose scopes belong to a shard; all items without one. A scope counts by its ID, however it is
 * written. If an item's scope can't be determined, the item belongs to every shard. A scope that doesn't exist
 * belongs to one shard, by its written form.
 *
 * @param verify whether the scopes of other shards must exist, too
 */
export async function filterByShard<T extends Scoped>(
  items: readonly T[],
  { shard, verify }: { readonly shard: Shard | undefined; readonly verify: boolean },
  connections: Connections,
  observer: Observer,
): Promise<Sharded<T>> {
  if (!shard) return { own: items, elsewhere: [], problems: [] };
  const clients = await connectAll(connections, items);
  const placed = await Promise.all(
    items.map(async (item, index) => {
      const client = clients[index];
      if (!client) throw new TypeError('an item without a client');
      const located = await observer.locate(client, item);
      const isOwn = isIn(shard, item, located);
      if ('problem' in located) return { item, isOwn, problem: located.problem };
      const problem =
        nameless(located.scope) ??
        (verify && !isOwn ? await observer.verify(client, item.kind, located.scope) : undefined);
      return { item, isOwn, problem };
    }),
  );
  return {
    own: placed.flatMap(({ item, isOwn }) => (isOwn ? [item] : [])),
    elsewhere: placed.flatMap(({ item, isOwn, problem }) =>
      problem && !isOwn ? [{ desired: item, problem }] : [],
    ),
    problems: placed.flatMap(({ problem }) => problem ?? []),
  };
}

function isIn(shard: Shard, { kind, scope }: Scoped, located: Located): boolean {
  if ('scope' in located) return shardOf(kind, located.scope.id, shard.count) === shard.index;
  const isAnswered = ['NOT_FOUND', 'AMBIGUOUS'].includes(located.problem.code);
  return !isAnswered || shardOf(kind, scope, shard.count) === shard.index;
}

/**
 * Returns a problem if an account's name isn't known: another login, in another shard, may lead to the same account.
 */
function nameless({ id, missingUsernameHint }: Scope): Problem | undefined {
  if (id !== '') return undefined;
  return {
    code: 'AUTH',
    message: 'nothing tells which account the credentials belong to',
    ...(missingUsernameHint !== undefined && { hint: missingUsernameHint }),
  };
}
