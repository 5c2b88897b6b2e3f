import { neverAborted } from '../core/util/never-aborted.ts';
import type { Lease } from '../custody/state/lease.ts';
import type { Client } from '../providers/provider.ts';

const request = { kind: 'request' } as const;
const originals = new WeakMap<Client, Client>();

/**
 * Returns a client that changes something only while the lease lasts. A create is checked by its `beforeTry`, as its
 * response must not be cut off.
 */
export function leasedClient(client: Client, lease: Lease): Client {
  const { setSecret, renew } = client;
  const within = <T>(signal: AbortSignal, act: (end: AbortSignal) => Promise<T>): Promise<T> =>
    lease.during(request, (end) => act(signal === neverAborted ? end : AbortSignal.any([signal, end])));
  const leased: Client = {
    ...client,
    patch: (scope, id, fields, signal) => within(signal, (end) => client.patch(scope, id, fields, end)),
    delete: (scope, id, signal) => within(signal, (end) => client.delete(scope, id, end)),
    ...(setSecret && {
      setSecret: (scope, id, secret, signal) => within(signal, (end) => setSecret(scope, id, secret, end)),
    }),
    ...(renew && {
      renew: (scope, id, secret, signal) => within(signal, (end) => renew(scope, id, secret, end)),
    }),
  };
  originals.set(leased, client);
  return leased;
}

/** Returns the client itself, for a step that is permitted although the lease is lost. */
export function unleased(client: Client): Client {
  return originals.get(client) ?? client;
}
