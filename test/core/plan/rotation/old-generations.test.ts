import { describe, expect, test } from 'vitest';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { Observed } from '../../../../src/core/model/token.ts';
import { formatInstant } from '../../../../src/core/util/instant.ts';
import { attempt, held, now, pullApp, sink, token } from '../../fixtures.ts';
import { changes, day, delivered, family, fresh, generation, hour, older } from './fixtures.ts';

describe('an old generation', () => {
  const gone = (...given: Parameters<typeof changes>): readonly (string | null)[] =>
    changes(...given)
      .filter(({ action }) => action === 'delete')
      .map(({ id }) => id);

  test.each([
    { why: 'goes once the overlap is over', ago: day, ids: ['id-1'] },
    { why: 'stays in the overlap', ago: day - 1, ids: [] },
    { why: 'stays where only a sink tells of the delivery: not since when', ago: undefined, ids: [] },
  ])('$why', ({ ago, ids }) => {
    const options =
      ago === undefined
        ? { record: () => ({ sinkContents: [{ sink, holding: { id: fresh.id } }] }) }
        : delivered(fresh, ago);
    expect(gone([older, fresh], options)).toEqual(ids);
  });

  test.each([
    { why: 'has expired', more: { expiry_date: formatInstant(now) } },
    { why: 'is switched off', more: { status: 'disabled' } },
  ])('stays where the newest $why: it may be the only one that works', ({ more }) => {
    const newest = generation('id-2', 5 * day, more);
    expect(gone([older, newest], delivered(newest, 5 * day))).not.toContain('id-1');
  });

  test('is deleted at once if it has expired, whatever its successor', () => {
    const dead = generation('id-1', 60 * day);
    const plan = changes([dead, fresh], delivered(fresh, hour));
    expect(plan).toMatchObject([
      { action: 'noop' },
      { action: 'delete', id: 'id-1', supersededToken: { expired: true } },
    ]);
  });

  test('stays if it has expired by our clock, but not by that of the service', () => {
    const ending = {
      ...generation('id-1', 60 * day, { expiry_date: formatInstant(now) }),
      expired: true as const,
    };
    expect(gone([ending, fresh], { ...delivered(fresh, hour), listedAt: now - 1 })).toEqual([]);
    expect(gone([ending, fresh], delivered(fresh, hour))).toEqual(['id-1']);
  });

  test('is deleted at once if an interrupted run was asked to revoke it', () => {
    const superseded = [{ id: older.id, name: older.name, created: null, revoked: true as const }];
    const options = delivered(fresh, hour, {
      entry: held(fresh, { name: fresh.name, superseded: superseded }),
    });
    expect(gone([older, fresh], options)).toEqual(['id-1']);
  });

  test.each([
    {
      revokeOld: true as const,
      rest: [{ action: 'delete', id: 'id-1', supersededToken: { successor: fresh.name } }],
    },
    { rest: [] },
  ])(
    'goes with the delivery of a secret that waits, where revokeOld is $revokeOld',
    ({ rest, ...options }) => {
      const waiting = {
        attempt: attempt({ name: fresh.name, ...options }),
        id: fresh.id,
        respondedAt: now - hour,
        encryptedOnly: false,
      };
      const entryOfFamily = held(older, { name: older.name });
      const plan = changes([older, fresh], {
        record: () => ({ pendingSecret: waiting, entry: entryOfFamily }),
      });
      expect(plan).toMatchObject([{ action: 'deliver', id: fresh.id }, ...rest]);
      expect(plan).toHaveLength(1 + rest.length);
    },
  );

  test('with the plain name has an overlap of its own if it was created beside the family', () => {
    const made = (ago: number): Observed => token('id-0', 'ci', {}, { created: now - ago });
    expect(gone([fresh, made(hour)], delivered(fresh, 10 * day))).toEqual([]);
    expect(gone([fresh, made(day)], delivered(fresh, 10 * day))).toEqual(['id-0']);
  });

  test('stays if the recorded delivery time is invalid', () => {
    const entryOfFamily = held(fresh, {
      name: fresh.name,
      delivered: { 'file:secrets/token.json': 'yesterday' },
    });
    expect(gone([older, fresh], delivered(fresh, 0, { entry: entryOfFamily }))).toEqual([]);
  });

  test('stays while the newest is undelivered', () => {
    expect(gone([older, generation('id-2', 2 * day)], delivered(older, 39 * day))).toEqual([]);
  });

  test('is deleted by the delivery of the newest, even if the next one is due at the same time', () => {
    const newest = generation('id-2', 31 * day);
    const plan = changes([older, newest], delivered(newest, 31 * day));
    expect(plan.map(({ action, id }) => [action, id])).toEqual([
      ['create', null],
      ['delete', 'id-1'],
    ]);
  });

  test('is deleted whatever its name: a plain one, a surplus one, an undelivered one', () => {
    const live = [token('id-0', 'ci'), older, generation('id-9', 11 * day), fresh];
    expect(gone(live, delivered(fresh, day))).toEqual(['id-0', 'id-1', 'id-9']);
  });

  test('is deleted at once with --revoke, after the new one is delivered', () => {
    const plan = changes([older, fresh], { ...delivered(fresh, 0), forceReplace: true, revokeOld: true });
    expect(plan.map(({ action, supersededToken }) => [action, supersededToken?.successor])).toEqual([
      ['create', undefined],
      ['delete', 'ci-202601010000'],
      ['delete', 'ci-202601010000'],
    ]);
  });

  test('is patched as declared while it stays, but is not enabled again', () => {
    const scopes = [{ ...pullApp, actions: ['pull', 'push'] }];
    const plan = (status: string): readonly Change[] =>
      changes(
        [{ ...older, fields: { ...older.fields, status } }, fresh],
        delivered(fresh, hour),
        family({ fields: { scopes, status: 'enabled' } }),
      );
    const push = { scopes: [{ ...pullApp, actions: ['pull', 'push'] }] };
    for (const status of ['enabled', 'disabled']) {
      expect(plan(status).map(({ action, id, payload }) => ({ action, id, payload }))).toEqual([
        { action: 'patch', id: 'id-2', payload: push },
        { action: 'patch', id: 'id-1', payload: push },
      ]);
    }
  });
});

test('all generations of an absent family are deleted', () => {
  const desired = family({ state: 'absent', existing: 'ci' });
  expect(changes([token('id-0', 'ci'), older, fresh], {}, desired)).toMatchObject([
    { action: 'delete', id: 'id-2' },
    { action: 'delete', id: 'id-0' },
    { action: 'delete', id: 'id-1' },
  ]);
});
