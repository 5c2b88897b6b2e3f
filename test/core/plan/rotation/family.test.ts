import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../../../src/core/model/custody-record.ts';
import type { FileSink } from '../../../../src/core/model/sinks/file.ts';
import type { Observed } from '../../../../src/core/model/token.ts';
import { createPlan } from '../../../../src/core/plan/plan.ts';
import { entry, type FixtureOptions, held, inputFor, sink, token } from '../../fixtures.ts';
import { changes, day, delivered, family, fresh, generation, older, own } from './fixtures.ts';

describe('two generations created and delivered by concurrent runs', () => {
  const raw: FileSink = { ...sink, path: 'secrets/token', layout: { format: 'raw' } };
  const concurrent = (age: number): readonly [Observed, Observed] => {
    const newest = generation('id-2', age);
    return [{ ...newest, id: 'id-3' }, newest];
  };
  const byLedger = (newest: Observed, more: Partial<LedgerEntry> = {}): FixtureOptions => ({
    record: () => ({ entry: held(newest, more) }),
  });

  test('get a successor if the sink cannot be read: it may hold either', () => {
    const [other, newest] = concurrent(600);
    const change = own([older, other, newest], byLedger(newest), family({ secret: [raw] }));
    expect(change).toMatchObject({ action: 'create', reason: expect.stringContaining('which of the two') });
  });

  test('get none while the other run may be active', () => {
    const [other, newest] = concurrent(599);
    expect(own([other, newest], byLedger(newest), family({ secret: [raw] }))).toMatchObject({
      action: 'noop',
      reason: expect.stringContaining('id-3'),
    });
  });

  test('both stay, as the sink may hold either', () => {
    const [other, newest] = concurrent(5 * day);
    const plan = changes([other, newest], byLedger(newest), family({ secret: [raw] }));
    expect(plan.map(({ action }) => action)).toEqual(['create']);
  });

  test('get none if a readable sink names the newest', () => {
    const [other, newest] = concurrent(600);
    expect(own([other, newest], delivered(newest, 0)).action).toBe('noop');
  });

  test('get none if this machine has superseded the other', () => {
    const [other, newest] = concurrent(600);
    const superseded = [{ id: other.id, name: other.name, created: other.origin.created }];
    expect(
      own([other, newest], byLedger(newest, { superseded: superseded }), family({ secret: [raw] })).action,
    ).toBe('noop');
  });

  test('are ordered by which run defers: the other one is the newest', () => {
    const [other, newest] = concurrent(2 * day);
    expect(changes([newest, other], delivered(newest, 2 * day))).toMatchObject([
      { action: 'noop', id: 'id-2' },
      { action: 'delete', id: 'id-3' },
    ]);
  });
});

test('a family consists of its plain name and the names with a timestamp', () => {
  const others = [
    'ci-2026',
    'ci-202613010000',
    'ci-202601010000-x',
    'ci-push-202601010000',
    'CI-202601010000',
  ];
  const live = [fresh, ...others.map((name, index) => token(`other-${index}`, name))];
  expect(changes(live, delivered(fresh, 2 * day))).toMatchObject([{ action: 'noop', id: 'id-2' }]);
});

test('two generations of one label are told apart by their IDs', () => {
  const live = [older, { ...older, id: 'id-9' }, fresh];
  expect(changes(live, delivered(fresh, day)).map(({ address }) => address)).toEqual([
    'registry_token:team-a/ci',
    `registry_token:team-a/${older.name} (id-1)`,
    `registry_token:team-a/${older.name} (id-9)`,
  ]);
});

test('another entry may not declare a generation of the family', () => {
  const plan = createPlan([
    inputFor(family(), [fresh], delivered(fresh, day)),
    inputFor(entry({ name: fresh.name }), [fresh]),
  ]);
  expect(plan.changes.map(({ error }) => error?.code)).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
});
