import { describe, expect, it, test } from 'vitest';
import type { CustodyRecord } from '../../../src/core/model/custody-record.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { entry, type FixtureOptions, held, inputFor, now, sink, token } from '../fixtures.ts';
import { wanted } from './recorded.ts';
import { changes, day, fresh, hour, rotation } from './rotation/fixtures.ts';

describe('a superseded token', () => {
  const rename = entry({ state: 'update', existing: 'old', name: 'ci', allowReplace: true });
  const old = token('id-0', 'old');
  const own = token('id-1', 'ci');
  const superseded = [{ id: 'id-0', name: 'old', created: old.origin.created }];
  const record = (name: string): Partial<CustodyRecord> =>
    name === 'ci'
      ? { entry: held(own, { superseded: superseded }), sinkContents: [{ sink, holding: { id: 'id-1' } }] }
      : {};
  const options = (more: FixtureOptions = {}): FixtureOptions => ({ live: [own], record, ...more });

  it('is a delete in the plan, beside the unchanged entry', () => {
    const { changes } = createPlan([inputFor(rename, [old, own], options())]);
    expect(changes).toMatchObject([
      { address: 'registry_token:team-a/ci', action: 'noop', id: 'id-1' },
      {
        address: 'registry_token:team-a/old',
        entryAddress: 'registry_token:team-a/ci',
        action: 'delete',
        id: 'id-0',
        supersededToken: { id: 'id-0', successor: 'ci' },
      },
    ]);
  });

  test.each<[string, readonly Observed[], FixtureOptions]>([
    ['is gone', [own], {}],
    ['is not the same any more', [token('id-0', 'old', {}, { created: now }), own], {}],
    ["'s successor is gone", [old], { live: [old] }],
    [
      "'s successor is not where it belongs",
      [old, own],
      {
        record: () => ({
          entry: held(own, { superseded: superseded }),
          sinkContents: [{ sink, holding: 'absent' }],
        }),
      },
    ],
  ])('is kept if it %s', (_, listed, more) => {
    const { changes } = createPlan([inputFor(rename, listed, options(more))]);
    expect(changes.filter(({ supersededToken }) => supersededToken)).toEqual([]);
  });

  it('is kept if another entry declares it', () => {
    const again = inputFor(entry({ name: 'old' }), [old, own]);
    const present = inputFor(entry(wanted), [old, own], options());
    const { changes } = createPlan([present, again]);
    expect(changes.map(({ action }) => action)).toEqual(['noop', 'noop']);
  });

  it('has an address of its own if it has the same name', () => {
    const same = token('id-0', 'ci');
    const leftover = [{ id: 'id-0', name: 'ci', created: same.origin.created }];
    const { changes } = createPlan([
      inputFor(entry(wanted), [same, own], {
        live: [own],
        uniqueNames: false,
        record: () => ({
          entry: held(own, { superseded: leftover }),
          sinkContents: [{ sink, holding: { id: 'id-1' } }],
        }),
      }),
    ]);
    expect(changes.map(({ address }) => address)).toEqual([
      'registry_token:team-a/ci',
      'registry_token:team-a/ci (id-0)',
    ]);
  });
});

test('old generations keep their overlap if rotate is removed from the manifest', () => {
  const plain = token('id-3', 'ci', {}, { created: now - hour });
  const superseded = [{ id: fresh.id, name: fresh.name, created: now - 10 * day }];
  const at = (ago: number) => ({
    record: () => ({
      entry: held(plain, {
        rotation,
        superseded: superseded,
        delivered: { 'file:secrets/token.json': formatInstant(now - ago) },
      }),
      sinkContents: [{ sink, holding: { id: plain.id } }],
    }),
  });
  const plan = (ago: number) => changes([plain, fresh], at(ago), entry({ name: 'ci' }));
  expect(plan(hour)).toMatchObject([{ action: 'noop' }]);
  expect(plan(day)).toMatchObject([{ action: 'noop' }, { action: 'delete', id: 'id-2' }]);
});
