import { describe, expect, test } from 'vitest';
import { ReconcileError } from '../../src/core/model/errors.ts';
import { neverAborted } from '../../src/core/util/never-aborted.ts';
import type { Lease } from '../../src/custody/state/lease.ts';
import type { LeasedStep } from '../../src/custody/state/lease-rules.ts';
import { leasedClient, unleased } from '../../src/execute/leased-client.ts';
import type { Client } from '../../src/providers/provider.ts';

const scope = { id: 'registry-1', name: 'team-a' } as never;

/** A client that logs what it sends, and gives its signals away. */
function loggingClient() {
  const log: string[] = [];
  const signals: AbortSignal[] = [];
  const sending =
    (name: string) =>
    async (...given: readonly unknown[]) => {
      log.push(name);
      const signal = given.at(-1);
      if (signal instanceof AbortSignal) signals.push(signal);
    };
  const names = ['list', 'read', 'create', 'patch', 'delete', 'setSecret', 'renew'];
  const client = Object.fromEntries(names.map((name) => [name, sending(name)])) as unknown as Client;
  return { client, log, signals };
}

/** A lease that logs its steps, and ends when told to. */
function loggingLease(isLost = false) {
  const steps: LeasedStep[] = [];
  const end = new AbortController();
  const lease: Lease = {
    isHeld: () => !isLost,
    sendWithinSeconds: 60,
    permit: async () => undefined,
    async during(step, act) {
      steps.push(step);
      if (isLost) throw new ReconcileError({ code: 'STATE_LOST', message: 'lost' });
      return act(end.signal);
    },
    mayDeleteUnsaved: async () => false,
  };
  return { lease, steps, end };
}

/** Sends everything that changes something. */
const writes: readonly ((client: Client, signal: AbortSignal) => Promise<unknown>)[] = [
  (client, signal) => client.patch(scope, 'id-1', {}, signal),
  (client, signal) => client.delete(scope, 'id-1', signal),
  async (client, signal) => client.setSecret?.(scope, 'id-1', 'hunter2', signal),
  async (client, signal) => client.renew?.(scope, 'id-1', 'hunter2', signal),
];

describe('a client of a run with a lease', () => {
  test('changes something only while the lease lasts', async () => {
    const { client, log, signals } = loggingClient();
    const { lease, steps, end } = loggingLease();
    for (const write of writes) await write(leasedClient(client, lease), neverAborted);
    expect(log).toEqual(['patch', 'delete', 'setSecret', 'renew']);
    expect(steps).toEqual(Array(4).fill({ kind: 'request' }));
    end.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true]);
  });

  test('stops for its own signal, too', async () => {
    const { client, signals } = loggingClient();
    const { lease } = loggingLease();
    const own = new AbortController();
    for (const write of writes) await write(leasedClient(client, lease), own.signal);
    own.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true]);
  });

  test('sends nothing more once the lease is lost', async () => {
    const { client, log } = loggingClient();
    const { lease } = loggingLease(true);
    for (const write of writes) {
      await expect(write(leasedClient(client, lease), neverAborted)).rejects.toMatchObject({
        code: 'STATE_LOST',
      });
    }
    expect(log).toEqual([]);
  });

  test('reads, and creates, without asking: a create is checked before each try', async () => {
    const { client, log } = loggingClient();
    const { lease, steps } = loggingLease(true);
    const leased = leasedClient(client, lease);
    await leased.list(scope, neverAborted);
    await leased.read(scope, 'id-1', neverAborted);
    await leased.create(
      scope,
      {},
      { nonce: 'nonce-1', id: null, beforeTry: async () => undefined },
      neverAborted,
    );
    expect(log).toEqual(['list', 'read', 'create']);
    expect(steps).toEqual([]);
  });

  test('has no methods that the service lacks', () => {
    const { client } = loggingClient();
    const { setSecret: _, renew: __, ...rest } = client;
    const leased = leasedClient(rest, loggingLease().lease);
    expect('setSecret' in leased).toBe(false);
    expect('renew' in leased).toBe(false);
  });

  test('gives the client itself for the one step that is permitted without a lease', () => {
    const { client } = loggingClient();
    expect(unleased(leasedClient(client, loggingLease().lease))).toBe(client);
    expect(unleased(client)).toBe(client);
  });
});
