import { describe, expect, test, vi } from 'vitest';
import type { Change } from '../../../src/core/model/plan.ts';
import type { FileSink } from '../../../src/core/model/sinks/file.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { indexTokens } from '../../../src/core/model/token-index.ts';
import { backfill } from '../../../src/execute/actions/backfill.ts';
import type { ChangeContext } from '../../../src/execute/actions/change.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import { entry, held, now, sink, token } from '../../core/fixtures.ts';

const other: FileSink = { ...sink, path: 'secrets/other.json' };

/** Fills one sink from another for a token. Returns the values that the sink gets besides the secret. */
async function filled(live: Observed) {
  const refill = vi.fn(async () => ({ delivered: ['file:secrets/other.json'], failures: [] }));
  const tokens = indexTokens([live]);
  const record = { entry: held(live), sinkContents: [{ sink, holding: { id: live.id } }] };
  const work = {
    change: { address: 'registry_token:team-a/ci', payload: {} } as unknown as Change,
    target: {
      desired: entry({ name: 'ci', secret: [sink, other] }),
      client: { account: 'account', details: async () => ({ host: 'team-a.example.com' }) },
      scope: { id: 'registry-1' },
      rules: registryTokenRules,
      live: tokens,
      snapshot: { tokens },
      recordFor: () => record,
    },
    report: { wrote: () => undefined },
    context: {
      clock: { now: () => now * 1000 },
      stop: new AbortController().signal,
      secretStore: { refill, places: async () => ({}), state: { ledger: { update: async () => undefined } } },
    },
  } as unknown as ChangeContext;
  await backfill(work, live.id);
  expect(refill).toHaveBeenCalledOnce();
  return refill.mock.calls[0] as unknown as readonly [unknown, unknown, { readonly username?: string }];
}

describe('a sink that is filled from another', () => {
  test('gets the user name that the service shows', async () => {
    const [from, sinks, values] = await filled({ ...token('id-1', 'ci'), loginName: 'robot$ci' });
    expect([from, sinks]).toEqual([sink, [other]]);
    expect(values).toMatchObject({ name: 'ci', username: 'robot$ci' });
  });

  test('keeps the user name of the other sink if the service shows none', async () => {
    const [, , values] = await filled(token('id-1', 'ci'));
    expect(values).not.toHaveProperty('username');
  });
});
