import type { ConnectionSpec, Kind } from '../core/model.ts';
import { type Shard, shardOf } from '../core/shard.ts';
import type { Observer } from '../execute/observe.ts';
import { type Connections, connectAll } from './connect.ts';

/** What is in a scope. */
interface Scoped {
  readonly kind: Kind;
  readonly scope: string;
  readonly connection: ConnectionSpec;
}

/** Those whose scopes are a shard's; all where there is none. A scope counts by its ID, however it is written. */
export async function inShard<T extends Scoped>(
  items: readonly T[],
  shard: Shard | undefined,
  connections: Connections,
  observer: Observer,
): Promise<readonly T[]> {
  if (!shard) return items;
  const clients = await connectAll(connections, items);
  const shards = await Promise.all(
    items.map(async (item, index) => {
      const client = clients[index];
      if (!client) throw new TypeError('an item without a client');
      return shardOf(item.kind, await observer.scopeId(client, item), shard.count);
    }),
  );
  return items.filter((_, index) => shards[index] === shard.index);
}
