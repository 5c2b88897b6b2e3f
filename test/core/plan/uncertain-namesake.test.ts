import { describe, expect, test } from 'vitest';
import type { CustodyRecord } from '../../../src/core/model/custody-record.ts';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { attempt, entry, type FixtureOptions, held, inputFor, now, sink } from '../fixtures.ts';
import { made } from './recorded.ts';

/** An entry that names its token by the ID 1, which an interrupted replace has deleted. */
const byId = entry({ id: '1', name: 'ci', fields: attempt().fields });
const begun = attempt({
  address: byId.address,
  replaceOrder: 'delete_first',
  replaces: { id: '1', name: 'ci', created: null },
});
const old = made('1', {}, { created: null });

/** Plans the entry with a lost create on record, and with these live tokens. */
function plan(
  live: readonly Observed[],
  { record = {}, ...options }: Omit<FixtureOptions, 'record'> & { record?: Partial<CustodyRecord> } = {},
  others: readonly Desired[] = [],
) {
  const unresolved = [{ ...begun, resolvedAt: null }];
  const records = (name: string) => (name === 'ci' ? { entry: { ...held(old), unresolved }, ...record } : {});
  const inputs = [byId, ...others].map((desired) => inputFor(desired, live, { ...options, record: records }));
  return createPlan(inputs).changes.find(({ address }) => address === byId.address);
}

/** A token that the lost create may have created, without proof: its expiry is another. */
const unsure = made('7', { expiry_date: '2099-01-01T00:00:00Z' });
const afterGrace = begun.deadline + 31;

describe('a create whose apply would not be sent, because a token may come from an earlier request', () => {
  test('is an error that names the token, and the time until which it is', () => {
    expect(plan([unsure])).toMatchObject({
      action: 'error',
      id: '7',
      error: {
        code: 'OUTCOME_UNKNOWN',
        hint: expect.stringMatching(
          /^run again after .*; or, if the token is not needed, delete it and run again$/,
        ),
      },
    });
  });

  test('is a create if the token is deleted, or the time is over', () => {
    expect(plan([])).toMatchObject({ action: 'create' });
    expect(plan([unsure], { listedAt: afterGrace })).toMatchObject({ action: 'create' });
  });

  test('stays an error under --strict-outcome until the token is deleted', () => {
    expect(plan([unsure], { listedAt: afterGrace, proofOnly: true })).toMatchObject({
      action: 'error',
      error: { hint: 'if the token is not needed, delete it and run again' },
    });
  });

  test('is an error if the service may have changed the name', () => {
    const changed = { ...made('7'), name: 'CI' };
    expect(plan([changed], { proofOnly: true })).toMatchObject({ action: 'error', id: '7' });
  });

  test.each([
    ['was listed before the request', [{ ...unsure, id: begun.knownIds[0] ?? '' }], {}, []],
    ['has its secret in a sink', [unsure], { sinkContents: [{ sink, holding: { id: '7' } }] }, []],
    ['belongs to another entry', [unsure], {}, [entry({ id: '7', name: 'other' })]],
  ])('is a create if the token %s', (_, live, record, others) => {
    const withKnown = { ...begun, knownIds: ['8'], resolvedAt: null };
    const tokens = live.map((token) => (token.id === '' ? { ...token, id: '8' } : token));
    const options = {
      proofOnly: true,
      listedAt: now,
      record: {
        entry: { ...held(old), unresolved: [withKnown] },
        ...(record as Partial<CustodyRecord>),
      },
    };
    expect(plan(tokens, options, others)).toMatchObject({ action: 'create' });
  });
});
