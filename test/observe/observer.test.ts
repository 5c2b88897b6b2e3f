import { describe, expect, test, vi } from 'vitest';
import { noLead } from '../../src/core/model/clock-lead.ts';
import { ReconcileError } from '../../src/core/model/errors.ts';
import { createObserver } from '../../src/observe/observer.ts';
import { registryTokenRules } from '../../src/providers/ionos/fields.ts';
import type { Client } from '../../src/providers/provider.ts';
import { emptyRecord, entry, now } from '../core/fixtures.ts';

/** Returns an observer, and a function that observes an entry in a registry with a client. */
function site() {
  const observer = createObserver({
    clock: { now: () => now * 1000, monotonic: () => 0, sleep: async () => undefined },
    records: () => emptyRecord,
    grants: () => undefined,
    signal: new AbortController().signal,
  });
  return (client: Client, scope: string) =>
    observer.observe({
      desired: entry({ name: 'ci', scope }),
      client,
      rules: registryTokenRules,
      uniqueNames: true,
    });
}

function clientWith(more: Pick<Client, 'inabilities'>): Client {
  return {
    account: 'account',
    resolve: async (ref: string) => ({ id: ref, name: ref }),
    list: async () => ({ tokens: [], date: now, ahead: noLead, user: '' }),
    ...more,
  } as unknown as Client;
}

describe("the credential's inabilities", () => {
  const inabilities = [{ action: 'create', reason: 'it is a robot' }] as const;

  test('are asked for once, for all scopes of a client', async () => {
    const ask = vi.fn(async () => inabilities);
    const client = clientWith({ inabilities: ask });
    const observe = site();
    const targets = await Promise.all([observe(client, 'a'), observe(client, 'b'), observe(client, 'a')]);
    for (const target of targets) expect(target).toMatchObject({ inabilities });
    expect(ask).toHaveBeenCalledOnce();
  });

  test('are none if the client knows none', async () => {
    expect(await site()(clientWith({}), 'a')).toMatchObject({ inabilities: [] });
  });

  test('fail the entries of the client if they are unknown', async () => {
    const broken = clientWith({
      inabilities: async () => {
        throw new ReconcileError({ code: 'API_UNAVAILABLE', message: 'down' });
      },
    });
    const observe = site();
    expect(await observe(broken, 'a')).toMatchObject({ problem: { code: 'API_UNAVAILABLE' } });
    expect(await observe(clientWith({}), 'b')).toMatchObject({ inabilities: [] });
  });
});
