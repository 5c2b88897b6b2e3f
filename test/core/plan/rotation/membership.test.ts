import { describe, expect, test } from 'vitest';
import type { Observed } from '../../../../src/core/model/token.ts';
import { formatInstant } from '../../../../src/core/util/instant.ts';
import { type FixtureOptions, held, now, sink, token } from '../../fixtures.ts';
import { changes, day, delivered, family, fresh, generation, hour } from './fixtures.ts';

describe('a foreign token named like a generation', () => {
  const named = (id: string, origin: Parameters<typeof token>[3]): Observed =>
    token(id, 'ci-202511010000', { expiry_date: 'never' }, origin);
  const inMinute = Date.UTC(2025, 10, 1) / 1000;
  const rows: readonly {
    readonly why: string;
    readonly origin: Parameters<typeof token>[3];
    readonly options?: FixtureOptions;
    readonly reason: RegExp;
  }[] = [
    {
      why: 'created on another day',
      origin: { created: inMinute + 5 * day },
      reason: /it was created at 2025-11-06T00:00:00Z, not in the minute of its name/,
    },
    { why: 'created two minutes later', origin: { created: inMinute + 120 }, reason: /not in the minute/ },
    { why: 'created two minutes before', origin: { created: inMinute - 61 }, reason: /not in the minute/ },
    { why: 'of an unknown time', origin: { created: null }, reason: /its creation time is unknown/ },
    {
      why: 'created by a user that is not known as ours',
      origin: { created: inMinute, createdBy: 'them' },
      reason: /it was created by another user/,
    },
    {
      why: 'created by another user than the run is signed in as',
      origin: { created: inMinute, createdBy: 'u-2', createdByName: 'them' },
      options: { user: 'us' },
      reason: /it was created by another user/,
    },
  ];

  test.each(rows)('is never changed or deleted: $why', ({ origin, options, reason }) => {
    const stranger = named('id-9', origin);
    const newest = generation('id-2', 40 * day);
    const known = { ...delivered(newest, 40 * day), knownCreators: ['us'], ...options };
    for (const more of [{}, { forceReplace: true, revokeOld: true }]) {
      const plan = changes([stranger, newest], { ...known, ...more });
      expect(plan.filter(({ id }) => id === stranger.id)).toEqual([]);
      expect(plan[0]?.warnings.join()).toMatch(reason);
      expect(plan[0]?.family?.retained.map(({ id }) => id)).not.toContain(stranger.id);
    }
    const gone = changes([stranger, newest], known, family({ state: 'absent' }));
    expect(gone).toMatchObject([{ action: 'delete', id: newest.id }]);
  });

  test('is not deleted with an absent family', () => {
    const plan = changes([named('id-9', { created: 0 })], {}, family({ state: 'absent' }));
    expect(plan).toMatchObject([{ action: 'noop', warnings: [expect.stringContaining('id-9')] }]);
  });

  test.each([
    { why: 'created in that minute', origin: { created: inMinute + 59 } },
    { why: 'a minute later', origin: { created: inMinute + 119 } },
    { why: 'a minute before', origin: { created: inMinute - 60 } },
    {
      why: 'by the user of the run',
      origin: { created: inMinute, createdBy: 'u-1', createdByName: 'US' },
      options: { user: 'us' },
    },
    {
      why: 'by a user that the ledger knows as ours',
      origin: { created: inMinute, createdBy: 'us' },
      options: { knownCreators: ['us'] },
    },
  ])('is a generation if it was $why', ({ origin, options }) => {
    const old = named('id-9', origin);
    const plan = changes([old, fresh], { ...delivered(fresh, day), ...options });
    expect(plan).toMatchObject([{ warnings: [] }, { action: 'delete', id: old.id }]);
  });

  test('is a member by the ledger alone if the service tells nothing of its past, generation zero included', () => {
    const untold = { created: null, createdBy: null, hasNoHistory: true } as const;
    const zero = token('7', 'ci', {}, untold);
    const first = token('8', 'ci-202510010000', { expiry_date: 'never' }, untold);
    const newest = { ...fresh, origin: { ...fresh.origin, ...untold } };
    const known = delivered(newest, day, {});
    for (const stranger of [zero, first]) {
      const plan = changes([stranger, newest], known);
      expect(plan).toMatchObject([
        { action: 'noop', warnings: [expect.stringContaining('it is not in the ledger')] },
      ]);
    }
    const recorded = {
      record: () => ({
        entry: held(newest, {
          delivered: { 'file:secrets/token.json': formatInstant(now - 2 * day) },
          superseded: [zero, first].map(({ id, name }) => ({ id, name, created: null })),
        }),
        sinkContents: [{ sink, holding: { id: newest.id } }],
      }),
    };
    expect(changes([zero, first, newest], recorded).map(({ action, id }) => [action, id])).toEqual([
      ['noop', newest.id],
      ['delete', zero.id],
      ['delete', first.id],
    ]);
    // With a new ledger, a first generation is created, and the others stay.
    expect(changes([zero, first])).toMatchObject([{ action: 'create', warnings: expect.any(Array) }]);
  });

  test('is a generation if the ledger knows it by ID and creation time', () => {
    const late = named('id-9', { created: inMinute + hour });
    const record = (created: number) => () => ({
      entry: held(fresh, {
        delivered: { 'file:secrets/token.json': formatInstant(now - day) },
        superseded: [{ id: late.id, name: late.name, created }],
      }),
      sinkContents: [{ sink, holding: { id: fresh.id } }],
    });
    const exact = changes([late, fresh], { record: record(inMinute + hour) });
    expect(exact).toMatchObject([{ warnings: [] }, { action: 'delete', id: late.id }]);
    const other = changes([late, fresh], { record: record(inMinute) });
    expect(other).toMatchObject([{ warnings: [expect.stringContaining(late.id)] }]);
  });
});
