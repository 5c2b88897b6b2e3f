import { describe, expect, it, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Change, Plan } from '../../../src/core/model/plan.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { fc } from '../../support/property.ts';
import { entry, held, inputFor, token } from '../fixtures.ts';
import { byName, byNumber, live, protector, uuid } from './two-addresses.ts';

const past = '2025-12-31T23:59:59Z';
const later = '2027-06-30T00:00:00Z';

describe('a plan', () => {
  const entries = [
    entry({ name: 'b', fields: { status: 'disabled' } }),
    entry({ name: 'new' }),
    entry({ state: 'absent', existing: 'c' }),
    entry({ name: 'a' }),
  ];
  const live = [token('id-a', 'a'), token('id-b', 'b'), token('id-c', 'c')];
  const planOf = (wanted: readonly Desired[], tokens: readonly Observed[]) =>
    createPlan(wanted.map((one) => inputFor(one, tokens)));

  it('is sorted by address', () => {
    expect(planOf(entries, live).changes.map(({ address }) => address)).toEqual([
      'registry_token:team-a/a',
      'registry_token:team-a/b',
      'registry_token:team-a/c',
      'registry_token:team-a/new',
    ]);
  });

  it('is the same for any order of entries and of listings', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(entries, { minLength: entries.length }),
        fc.shuffledSubarray(live, { minLength: live.length }),
        (shuffledEntries, shuffledLive) => {
          expect(planOf(shuffledEntries, shuffledLive)).toEqual(planOf(entries, live));
        },
      ),
    );
  });

  test.each([
    {
      why: 'another value',
      wanted: [entry({ name: 'b', fields: { status: 'enabled', expiry_date: later } })],
      tokens: live,
    },
    { why: 'another live token', wanted: [entries[0] as Desired], tokens: [token('id-9', 'b')] },
    {
      why: 'another live value',
      wanted: [entries[0] as Desired],
      tokens: [token('id-b', 'b', { status: 'disabled' })],
    },
  ])('has another digest for $why', ({ wanted, tokens }) => {
    expect(planOf(wanted, tokens).digest).not.toBe(planOf([entries[0] as Desired], live).digest);
  });

  it('has a digest of its changes: unchanged entries do not count', () => {
    const unchanged = entry({ name: 'a' });
    const change = entry({ name: 'new' });
    expect(planOf([change, unchanged], live).digest).toBe(planOf([change], live).digest);
    expect(planOf([change], live).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('reports why an entry could not be observed', () => {
    const plan = createPlan([
      { desired: entry({ name: 'ci' }), problem: { code: 'AUTH', message: 'no credentials' } },
    ]);
    expect(plan.changes).toMatchObject([
      { action: 'error', error: { code: 'AUTH', source: { file: 'tokens.yaml', line: 3 } } },
    ]);
  });
});

describe('applying a plan', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const fieldsArbitrary = fc.record(
    {
      scopes: fc.array(
        fc.record({
          type: fc.constantFrom('repository', 'registry'),
          name: fc.constantFrom('app', '*'),
          actions: fc.array(fc.constantFrom('pull', 'push', 'delete'), { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
      expiry_date: fc.constantFrom('never', later, past, '2027-06-30T02:00:00+02:00'),
      status: fc.constantFrom('enabled', 'disabled'),
    },
    { requiredKeys: [] },
  );
  const nameArbitrary = fc.constantFrom(...names);
  const refArbitrary = fc.oneof(
    nameArbitrary,
    nameArbitrary.map((name) => `id-${name}`),
  );
  const entryArbitrary: fc.Arbitrary<Desired> = fc
    .oneof(
      fc.record({ state: fc.constant('present' as const), name: nameArbitrary, fields: fieldsArbitrary }),
      fc.record({ state: fc.constant('absent' as const), existing: refArbitrary }),
      fc.record(
        {
          state: fc.constant('update' as const),
          existing: refArbitrary,
          name: nameArbitrary,
          fields: fieldsArbitrary,
          allowReplace: fc.boolean(),
          replaceOrder: fc.constantFrom('create_first' as const, 'delete_first' as const),
        },
        { requiredKeys: ['state', 'existing'] },
      ),
    )
    .map(entry);
  const liveArbitrary = fc.uniqueArray(fc.record({ name: nameArbitrary, fields: fieldsArbitrary }), {
    selector: ({ name }) => name,
  });

  /** What the tokens are once the changes are made. */
  function applied(changes: readonly Change[], tokens: readonly Observed[]): readonly Observed[] {
    const made = (change: Change): Observed =>
      token(`new-${change.address}`, String(change.payload['name']), change.payload);
    const patched = new Map(
      changes.filter(({ action }) => action === 'patch').map((one) => [one.id, one.payload]),
    );
    const gone = new Set(
      changes.filter(({ action }) => action === 'delete' || action === 'replace').map(({ id }) => id),
    );
    return [
      ...tokens
        .filter(({ id }) => !gone.has(id))
        .map(({ id, name, fields }) => token(id, name, { ...fields, ...patched.get(id) })),
      ...changes.filter(({ action }) => action === 'create' || action === 'replace').map(made),
    ];
  }

  it('leaves nothing to do', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entryArbitrary, { selector: ({ address }) => address, maxLength: 5 }),
        liveArbitrary,
        (entries, tokens) => {
          const before = tokens.map(({ name, fields }) => token(`id-${name}`, name, fields));
          const planOf = (wanted: readonly Desired[], live: readonly Observed[]) =>
            createPlan(wanted.map((one) => inputFor(one, live)));
          const bad = new Set(
            planOf(entries, before)
              .changes.filter(({ action }) => action === 'error')
              .map(({ address }) => address),
          );
          const good = entries.filter(({ address }) => !bad.has(address));
          const after = applied(planOf(good, before).changes, before);
          const again = planOf(good, after);
          expect(again.changes.filter(({ action }) => action !== 'noop')).toEqual([]);
          expect(new Set(after.map(({ name }) => name)).size).toBe(after.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});

const actions = ({ changes }: Plan): readonly Change['action'][] => changes.map(({ action }) => action);

describe('records can name a token that the entry does not match', () => {
  const [ci, other] = live as [Observed, Observed];

  test('a token that another entry declares is not deleted', () => {
    const gone = entry({ scope: uuid, state: 'absent', existing: 'old' });
    const record = () => ({ entry: held(ci, { name: 'old' }) });
    const plan = createPlan([
      inputFor(protector, live, byNumber),
      inputFor(gone, live, { ...byName, record }),
    ]);
    expect(plan.changes.map(({ action, error }) => [action, error?.code])).toEqual([
      ['noop', undefined],
      ['noop', undefined],
    ]);
  });

  test('nor is it deleted as superseded', () => {
    const record = () => ({
      entry: held(other, { superseded: [{ id: 'id-1', name: 'ci', created: ci.origin.created }] }),
    });
    const own = { ...entry({ scope: uuid, name: 'other' }), secret: 'discard' as const };
    const plan = createPlan([
      inputFor(protector, live, byNumber),
      inputFor(own, live, { ...byName, record }),
    ]);
    expect(actions(plan)).toEqual(['noop', 'noop']);
  });
});
