import { describe, expect, it, test } from 'vitest';
import { emptyRecord } from '../../src/core/model/custody-record.ts';
import type { Desired } from '../../src/core/model/desired.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Observed, Scope } from '../../src/core/model/token.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { fc } from '../support/property.ts';
import { decide, type Entry, entry, pullApp, situation, token, type World } from './situation.ts';

/** One row of a planner table: what is wanted and what is live, and what is to be done about it. */
interface Row {
  readonly why: string;
  readonly wanted: Entry;
  readonly live: readonly Observed[];
  readonly scope?: Scope;
  /** What is on record; every live token is held unless a row says otherwise. */
  readonly record?: World['record'];
  readonly change: Partial<Omit<Change, 'error'>> & { readonly error?: object | null };
}

function table(rows: readonly Row[]): void {
  test.each(rows)('$why', ({ wanted, live, scope, record, change }) => {
    const given = { ...(scope && { scope }), ...(record && { record }) };
    expect(decide(situation(entry(wanted), live, given))).toMatchObject(change);
  });
}

const soon = '2026-01-01T00:59:59Z';
const anHourAhead = '2026-01-01T01:00:00Z';
const past = '2025-12-31T23:59:59Z';
const later = '2027-06-30T00:00:00Z';

describe('state: present', () => {
  table([
    {
      why: 'no token of this name: create, with the stated fields',
      wanted: { name: 'ci', fields: { scopes: [pullApp], expiry_date: later } },
      live: [token('id-1', 'other')],
      change: {
        action: 'create',
        id: null,
        reason: 'no token has this name',
        fields: [
          { field: 'scopes', before: null, after: [pullApp] },
          { field: 'expiry_date', before: null, after: later },
        ],
        payload: { name: 'ci', scopes: [pullApp], expiry_date: later },
        secret: ['file:secrets/token.json'],
        custody: null,
        error: null,
        warnings: [],
      },
    },
    {
      why: 'names match exactly: another case is another token',
      wanted: { name: 'ci' },
      live: [token('id-1', 'CI')],
      change: { action: 'create' },
    },
    {
      why: 'an ID is no name: present matches by name alone',
      wanted: { name: 'id-1' },
      live: [token('id-1', 'ci')],
      change: { action: 'create' },
    },
    {
      why: 'a create without scopes is warned of: the token may do nothing',
      wanted: { name: 'ci' },
      live: [],
      change: { action: 'create', warnings: ['a token without scopes may do nothing'] },
    },
    {
      why: 'a create with empty scopes is warned of, too',
      wanted: { name: 'ci', fields: { scopes: [] } },
      live: [],
      change: { action: 'create', warnings: ['a token without scopes may do nothing'] },
    },
    {
      why: 'a create without secret: error, the secret of the new token would be lost',
      wanted: { name: 'ci', secret: undefined },
      live: [],
      change: {
        action: 'error',
        payload: {},
        error: {
          code: 'MANIFEST_INVALID',
          message: expect.stringContaining('the secret of the new token would be lost'),
        },
      },
    },
    {
      why: 'secret: discard says that it is meant',
      wanted: { name: 'ci', secret: 'discard' },
      live: [],
      change: { action: 'create', secret: null, error: null },
    },
    {
      why: 'all as declared: noop',
      wanted: { name: 'ci', fields: { scopes: [pullApp], expiry_date: 'never', status: 'enabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'noop', id: 'id-1', fields: [], payload: {}, custody: 'held', warnings: [] },
    },
    {
      why: 'fields that are left out are not managed: never diffed',
      wanted: { name: 'ci' },
      live: [token('id-1', 'ci', { scopes: [], expiry_date: past, status: 'disabled' })],
      change: { action: 'noop', fields: [] },
    },
    {
      why: 'scopes are sets: neither order nor repetition counts',
      wanted: {
        name: 'ci',
        fields: {
          scopes: [
            { type: 'repository', name: 'b', actions: ['push', 'pull', 'push'] },
            { type: 'repository', name: 'a', actions: ['pull'] },
          ],
        },
      },
      live: [
        token('id-1', 'ci', {
          scopes: [
            { type: 'repository', name: 'a', actions: ['pull'] },
            { type: 'repository', name: 'b', actions: ['pull'] },
            { type: 'repository', name: 'b', actions: ['push'] },
          ],
        }),
      ],
      change: { action: 'noop' },
    },
    {
      why: 'instants are compared by the second, whatever their zone',
      wanted: { name: 'ci', fields: { expiry_date: '2027-06-30T02:00:00.5+02:00' } },
      live: [token('id-1', 'ci', { expiry_date: later })],
      change: { action: 'noop' },
    },
    {
      why: 'what differs is patched, and nothing else is sent',
      wanted: { name: 'ci', fields: { scopes: [pullApp], expiry_date: later, status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: {
        action: 'patch',
        id: 'id-1',
        reason: 'expiry_date, status differ',
        fields: [
          { field: 'expiry_date', before: 'never', after: later },
          { field: 'status', before: 'enabled', after: 'disabled' },
        ],
        payload: { expiry_date: later, status: 'disabled' },
        secret: null,
        custody: 'held',
      },
    },
    {
      why: 'a patch needs no secret',
      wanted: { name: 'ci', secret: undefined, fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch' },
    },
    {
      why: 'empty scopes take all rights away',
      wanted: { name: 'ci', fields: { scopes: [] } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', payload: { scopes: [] } },
    },
    {
      why: 'two live tokens of one name: AMBIGUOUS, and the error lists them',
      wanted: { name: 'ci' },
      live: [token('id-1', 'ci'), token('id-2', 'ci')],
      change: {
        action: 'error',
        error: {
          code: 'AMBIGUOUS',
          message:
            '2 live tokens in team-a are named ci: id-1 (created 2025-12-31T00:00:00Z); id-2 (created 2025-12-31T00:00:00Z)',
        },
      },
    },
    {
      why: 'a live token whose secret was never ours: noop with a warning where a secret is wanted',
      wanted: { name: 'ci' },
      live: [token('id-1', 'ci')],
      record: () => emptyRecord,
      change: {
        action: 'noop',
        custody: 'unknown',
        warnings: [expect.stringContaining('file:secrets/token.json')],
      },
    },
    {
      why: 'a live token whose secret nobody wants: no warning',
      wanted: { name: 'ci', secret: 'discard' },
      live: [token('id-1', 'ci')],
      record: () => emptyRecord,
      change: { action: 'noop', custody: 'unknown', warnings: [] },
    },
  ]);
});

describe('state: update', () => {
  table([
    {
      why: 'found by ID',
      wanted: { state: 'update', existing: 'id-1', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1', payload: { status: 'disabled' } },
    },
    {
      why: 'found by ID in another case',
      wanted: { state: 'update', existing: 'ID-1', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1' },
    },
    {
      why: 'found by name',
      wanted: { state: 'update', existing: 'ci', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1' },
    },
    {
      why: 'as declared: noop',
      wanted: { state: 'update', existing: 'ci', name: 'ci', fields: { status: 'enabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'noop', id: 'id-1' },
    },
    {
      why: 'one token by ID and another by name: AMBIGUOUS',
      wanted: { state: 'update', existing: 'id-1' },
      live: [token('id-1', 'ci'), token('id-2', 'id-1')],
      change: { action: 'error', error: { code: 'AMBIGUOUS' } },
    },
    {
      why: 'not found: noop with a warning, never a create',
      wanted: { state: 'update', existing: 'gone', name: 'new' },
      live: [token('id-1', 'ci')],
      change: {
        action: 'noop',
        id: null,
        warnings: ['no token gone or new to update in team-a; state: update never creates a token'],
      },
    },
    {
      why: 'already renamed: the token of the wanted name is the target',
      wanted: { state: 'update', existing: 'old', name: 'new', fields: { status: 'disabled' } },
      live: [token('id-2', 'new')],
      change: { action: 'patch', id: 'id-2', payload: { status: 'disabled' } },
    },
    {
      why: 'already renamed and as declared: noop, though allow_replace is still there',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-2', 'new')],
      change: { action: 'noop', id: 'id-2' },
    },
    {
      why: 'the wanted name belongs to another token: error, allow_replace or not',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old'), token('id-2', 'new')],
      change: {
        action: 'error',
        id: 'id-1',
        error: {
          code: 'MANIFEST_CONFLICT',
          message: expect.stringMatching(/new already belongs to another token \(id-2\)/),
        },
      },
    },
    {
      why: 'another name without allow_replace: IMMUTABLE',
      wanted: { state: 'update', existing: 'old', name: 'new' },
      live: [token('id-1', 'old')],
      change: {
        action: 'error',
        id: 'id-1',
        error: {
          code: 'IMMUTABLE',
          message: expect.stringContaining('old → new'),
          hint: expect.stringContaining('allow_replace: true'),
        },
      },
    },
    {
      why: 'another name with allow_replace: a replace, new token first; what is not stated is carried over',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old', { expiry_date: later, status: 'disabled' })],
      change: {
        action: 'replace',
        id: 'id-1',
        replaceOrder: 'create_first',
        fields: [{ field: 'name', before: 'old', after: 'new' }],
        payload: { name: 'new', scopes: [pullApp], expiry_date: later, status: 'disabled' },
        secret: ['file:secrets/token.json'],
        custody: 'held',
        warnings: [],
      },
    },
    {
      why: 'what is stated wins over what would be carried over',
      wanted: {
        state: 'update',
        existing: 'old',
        name: 'new',
        allowReplace: true,
        fields: { status: 'enabled', expiry_date: 'never' },
      },
      live: [token('id-1', 'old', { expiry_date: later, status: 'disabled' })],
      change: {
        action: 'replace',
        payload: { name: 'new', scopes: [pullApp], expiry_date: 'never', status: 'enabled' },
      },
    },
    {
      why: 'replace_order: delete_first is kept, and the plan says short outage',
      wanted: {
        state: 'update',
        existing: 'old',
        name: 'new',
        allowReplace: true,
        replaceOrder: 'delete_first',
      },
      live: [token('id-1', 'old')],
      change: {
        action: 'replace',
        replaceOrder: 'delete_first',
        warnings: [expect.stringContaining('short outage')],
      },
    },
    {
      why: 'a replace makes a secret, so it needs somewhere to go',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true, secret: undefined },
      live: [token('id-1', 'old')],
      change: {
        action: 'error',
        id: 'id-1',
        error: { message: expect.stringContaining('the secret of the new token would be lost') },
      },
    },
  ]);
});

describe('state: absent', () => {
  table([
    {
      why: 'found by name: delete',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'ci')],
      change: { action: 'delete', id: 'id-1', fields: [], payload: {}, secret: null },
    },
    {
      why: 'found by ID: delete',
      wanted: { state: 'absent', existing: 'id-1' },
      live: [token('id-1', 'ci')],
      change: { action: 'delete', id: 'id-1' },
    },
    {
      why: 'not found: noop, without a warning',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'other')],
      change: { action: 'noop', id: null, warnings: [] },
    },
    {
      why: 'two of that name: AMBIGUOUS, nothing is deleted',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'ci'), token('id-2', 'ci')],
      change: { action: 'error', error: { code: 'AMBIGUOUS' } },
    },
  ]);
});

describe('an expiry that the service would not take', () => {
  const refused = { code: 'MANIFEST_INVALID', message: expect.stringContaining('expiry_date') };
  table([
    {
      why: 'in a create: error',
      wanted: { name: 'ci', fields: { expiry_date: soon } },
      live: [],
      change: { action: 'error', error: refused },
    },
    {
      why: 'in a patch: error',
      wanted: { name: 'ci', fields: { expiry_date: past } },
      live: [token('id-1', 'ci')],
      change: { action: 'error', id: 'id-1', error: refused },
    },
    {
      why: 'carried over by a replace: error',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old', { expiry_date: soon })],
      change: { action: 'error', error: refused },
    },
    {
      why: 'not written, as the token has it already: noop',
      wanted: { name: 'ci', fields: { expiry_date: soon } },
      live: [token('id-1', 'ci', { expiry_date: soon })],
      change: { action: 'noop', error: null },
    },
    {
      why: 'not written, as another field is patched: patch',
      wanted: { name: 'ci', fields: { expiry_date: soon, status: 'disabled' } },
      live: [token('id-1', 'ci', { expiry_date: soon })],
      change: { action: 'patch', payload: { status: 'disabled' } },
    },
    {
      why: 'an hour ahead is far enough',
      wanted: { name: 'ci', fields: { expiry_date: anHourAhead } },
      live: [],
      change: { action: 'create' },
    },
  ]);

  it('is an error of that address alone', () => {
    const { changes } = createPlan([
      situation(entry({ name: 'bad', fields: { expiry_date: soon } }), []),
      situation(entry({ name: 'good' }), []),
    ]);
    expect(changes.map(({ action }) => action)).toEqual(['error', 'create']);
  });
});

describe('a registry that is not running', () => {
  const creating: Scope = { id: 'registry-1', name: 'team-a', notReady: 'its state is CREATING' };
  const blocked = { code: 'API_REJECTED', message: expect.stringContaining('its state is CREATING') };
  table([
    {
      why: 'blocks a create',
      wanted: { name: 'ci' },
      live: [],
      scope: creating,
      change: { action: 'error', error: blocked },
    },
    {
      why: 'blocks a replace',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old')],
      scope: creating,
      change: { action: 'error', error: blocked },
    },
    {
      why: 'blocks no patch',
      wanted: { name: 'ci', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      scope: creating,
      change: { action: 'patch' },
    },
    {
      why: 'blocks no delete',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'ci')],
      scope: creating,
      change: { action: 'delete' },
    },
  ]);
});

describe('protected', () => {
  test.each([
    {
      why: 'a delete is refused',
      wanted: { state: 'absent', existing: 'ci' },
      guards: [{ code: 'PLAN_UNSAFE', message: expect.stringContaining('delete') }],
    },
    {
      why: 'a replace is refused',
      wanted: { state: 'update', existing: 'ci', name: 'new', allowReplace: true },
      guards: [{ code: 'PLAN_UNSAFE', message: expect.stringContaining('replace') }],
    },
    {
      why: 'a patch is none of its business',
      wanted: { name: 'ci', fields: { status: 'disabled' } },
      guards: [],
    },
    { why: 'nor is a create', wanted: { name: 'new' }, guards: [] },
  ] satisfies { why: string; wanted: Entry; guards: object[] }[])('$why', ({ wanted, guards }) => {
    const plan = createPlan([situation(entry({ ...wanted, protected: true }), [token('id-1', 'ci')])]);
    expect(plan.guards).toMatchObject(guards);
  });

  it('lets a plan pass that deletes what is not protected', () => {
    const plan = createPlan([situation(entry({ state: 'absent', existing: 'ci' }), [token('id-1', 'ci')])]);
    expect(plan.guards).toEqual([]);
  });
});

describe('two entries for one token, found only in the plan', () => {
  const live = [token('id-1', 'ci'), token('id-2', 'other')];
  test.each([
    {
      why: 'one says its name, the other its ID',
      entries: [entry({ name: 'ci' }), entry({ state: 'update', existing: 'id-1' })],
      actions: ['error', 'error'],
    },
    {
      why: 'one deletes by ID what the other declares by name',
      entries: [entry({ name: 'ci' }), entry({ state: 'absent', existing: 'ID-1' })],
      actions: ['error', 'error'],
    },
    {
      why: 'the registry is written once by ID and once by name',
      entries: [entry({ name: 'new' }), entry({ name: 'new', scope: 'registry-1' })],
      actions: ['error', 'error'],
    },
    {
      why: 'a rename to a name that another entry declares',
      entries: [
        entry({ name: 'new' }),
        entry({
          state: 'update',
          existing: 'ci',
          name: 'new',
          allowReplace: true,
          address: 'registry_token:team-a/ci',
        }),
      ],
      actions: ['error', 'error'],
    },
    {
      why: 'different tokens are no conflict',
      entries: [entry({ name: 'ci' }), entry({ state: 'update', existing: 'id-2' })],
      actions: ['noop', 'noop'],
    },
  ])('$why', ({ entries, actions }) => {
    const { changes } = createPlan(entries.map((wanted) => situation(wanted, live)));
    expect(changes.map(({ action }) => action)).toEqual(actions);
    for (const { error } of changes) if (error) expect(error.code).toBe('MANIFEST_CONFLICT');
  });

  it('is none where the same name is in different registries', () => {
    const { changes } = createPlan([
      situation(entry({ name: 'ci' }), live),
      situation(entry({ name: 'ci', scope: 'team-b' }), [], { scopeKey: 'registry-2' }),
    ]);
    expect(changes.map(({ action }) => action)).toEqual(['noop', 'create']);
  });
});

describe('a plan', () => {
  const entries = [
    entry({ name: 'b', fields: { status: 'disabled' } }),
    entry({ name: 'new' }),
    entry({ state: 'absent', existing: 'c' }),
    entry({ name: 'a' }),
  ];
  const live = [token('id-a', 'a'), token('id-b', 'b'), token('id-c', 'c')];
  const planOf = (wanted: readonly Desired[], tokens: readonly Observed[]) =>
    createPlan(wanted.map((one) => situation(one, tokens)));

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

  it('has the digest of what would be done: what is unchanged does not count', () => {
    const unchanged = entry({ name: 'a' });
    const change = entry({ name: 'new' });
    expect(planOf([change, unchanged], live).digest).toBe(planOf([change], live).digest);
    expect(planOf([change], live).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('says for each entry that could not be observed why not', () => {
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
            createPlan(wanted.map((one) => situation(one, live)));
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
