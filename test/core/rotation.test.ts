import { describe, expect, test } from 'vitest';
import type { CustodyRecord, LedgerEntry } from '../../src/core/model/custody-record.ts';
import type { Desired } from '../../src/core/model/desired.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { FileSink } from '../../src/core/model/sinks/file.ts';
import type { Observed } from '../../src/core/model/token.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { formatInstant } from '../../src/core/util/instant.ts';
import {
  attempt,
  type Entry,
  entry,
  entryOf,
  held,
  now,
  pullApp,
  sink,
  situation,
  token,
  type World,
} from './situation.ts';

const hour = 3600;
const day = 24 * hour;

const rotation = { base: 'ci', every: 30 * day, lifetime: 45 * day, beforeExpiry: 7 * day, overlap: day };

const family = (more: Entry = {}): Desired => entry({ name: 'ci', rotation, ...more });

/** The generation that was made so long ago, and lives for so long from now. */
const generation = (id: string, age: number, more: Parameters<typeof token>[2] = {}): Observed => {
  const mark = formatInstant(now - age)
    .replace(/\D/g, '')
    .slice(0, 12);
  return token(
    id,
    `ci-${mark}`,
    { expiry_date: formatInstant(now - age + rotation.lifetime), ...more },
    { created: now - age },
  );
};

/** What the ledger says of the newest generation, handed over so long ago. */
const delivered = (newest: Observed, ago: number, more: Partial<CustodyRecord> = {}): World => ({
  record: () => ({
    entry: held(newest, {
      name: newest.name,
      delivered: { 'file:secrets/token.json': formatInstant(now - ago) },
    }),
    sinkContents: [{ sink, holding: { id: newest.id } }],
    ...more,
  }),
});

const changes = (live: readonly Observed[], world: World = {}, desired = family()): readonly Change[] =>
  createPlan([situation(desired, live, { record: () => ({}), ...world })]).changes;

const own = (...given: Parameters<typeof changes>): Change => {
  const found = changes(...given).find(({ address }) => address === 'registry_token:team-a/ci');
  if (!found) throw new TypeError('no change of the family');
  return found;
};

const fresh = generation('id-2', 10 * day);
const older = generation('id-1', 39 * day);

describe('the next generation is made', () => {
  test.each([
    { why: 'where there is none', live: [], world: {}, reason: /no generation of it yet/ },
    {
      why: 'once the newest is older than every',
      live: [generation('id-1', 30 * day)],
      world: delivered(generation('id-1', 30 * day), 30 * day),
      reason: /there is a new one every 30d/,
    },
    {
      why: 'within before_expiry of the end of the newest',
      live: [generation('id-1', day, { expiry_date: formatInstant(now + 7 * day) })],
      world: delivered(generation('id-1', day), day),
      reason: /expires on 2026-01-08T00:00:00Z, and has a successor 7d before/,
    },
    {
      why: 'once the newest has expired',
      live: [generation('id-1', 60 * day)],
      world: delivered(generation('id-1', 60 * day), 60 * day),
      reason: /has expired on/,
    },
    {
      why: 'where somebody has switched the newest off',
      live: [generation('id-1', day, { status: 'disabled' })],
      world: delivered(generation('id-1', day), day),
      reason: /is switched off/,
    },
    {
      why: 'where the newest was never handed over, and is older than ten minutes',
      live: [older, generation('id-2', 601)],
      world: delivered(older, 39 * day),
      reason: /undelivered/,
    },
    {
      why: 'where the sink has another generation than the ledger says',
      live: [older, fresh],
      world: {
        record: () => ({ entry: held(fresh), sinkContents: [{ sink, holding: { id: older.id } }] }),
      },
      reason: /the sinks have the secret of another generation/,
    },
    {
      why: 'where a token of the plain name is there, and its secret is not known',
      live: [token('id-0', 'ci')],
      world: {},
      reason: /the secret of ci is not known here/,
    },
    {
      why: 'where it is asked for',
      live: [fresh],
      world: { ...delivered(fresh, 0), remake: true },
      reason: /asked for/,
    },
  ])('$why', ({ live, world, reason }) => {
    const change = own(live, world);
    expect(change).toMatchObject({
      action: 'create',
      id: null,
      payload: { name: 'ci-202601010000', expiry_date: '2026-02-15T00:00:00Z' },
      secret: ['file:secrets/token.json'],
      family: { next: { name: 'ci-202601010000' }, rotationDue: '2026-01-31T00:00:00Z' },
      error: null,
    });
    expect(change.reason).toMatch(reason);
  });

  test('with what the manifest leaves out as it is with the newest, but switched on', () => {
    const live = token('id-0', 'ci', { scopes: [pullApp], status: 'disabled' });
    expect(own([live]).payload).toEqual({
      name: 'ci-202601010000',
      scopes: [pullApp],
      expiry_date: '2026-02-15T00:00:00Z',
    });
  });

  test('under the name of the next minute where its own is taken', () => {
    const live = generation('id-1', 0);
    expect(own([live], { ...delivered(live, 0), remake: true }).payload).toMatchObject({
      name: 'ci-202601010001',
    });
  });

  test('for an immutable field, where replacing is allowed', () => {
    const personal = (more: Partial<Desired>): Desired =>
      entryOf(
        'docker_hub_personal_token',
        { scope: '', place: 'the account', name: 'ci', rotation, ...more },
        { token_label: 'ci', scopes: ['repo:read'] },
      );
    const live: Observed = {
      ...fresh,
      fields: { token_label: fresh.name, scopes: ['repo:write'], is_active: true, expires_at: 'never' },
    };
    const decide = (desired: Desired): Change | undefined =>
      createPlan([situation(desired, [live], delivered(live, day))]).changes[0];
    expect(decide(personal({}))).toMatchObject({
      action: 'noop',
      warnings: [expect.stringContaining('the next generation has what the manifest says')],
    });
    expect(decide(personal({ allowReplace: true }))).toMatchObject({
      action: 'create',
      payload: { token_label: 'ci-202601010000', scopes: ['repo:read'], expires_at: '2026-02-15T00:00:00Z' },
    });
  });
});

describe('nothing is made', () => {
  test.each([
    { why: 'while the newest is young and handed over', live: [fresh], world: delivered(fresh, 10 * day) },
    {
      why: 'where only a sink tells that it was',
      live: [fresh],
      world: { record: () => ({ sinkContents: [{ sink, holding: { id: fresh.id } }] }) },
    },
    {
      why: 'where only the ledger tells so, and the sink has nothing',
      live: [fresh],
      world: { record: () => ({ entry: held(fresh), sinkContents: [{ sink, holding: 'absent' as const }] }) },
    },
    {
      why: 'while another run may be handing the newest over',
      live: [older, generation('id-2', 599)],
      world: delivered(older, 39 * day),
    },
    {
      why: 'where the manifest itself has switched it off',
      live: [generation('id-2', day, { status: 'disabled' })],
      world: delivered(generation('id-2', day), day, { lastApplied: { status: 'disabled' } }),
      wanted: { fields: { status: 'disabled' } },
    },
  ])('$why', ({ live, world, wanted }) => {
    expect(own(live, world, family(wanted))).toMatchObject({ action: 'noop', error: null });
  });

  test('where neither the ledger nor a sink can tell whether the newest was handed over', () => {
    expect(own([fresh]).error).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      hint: expect.stringMatching(/state directory.*reconcile rotate registry_token:team-a\/ci$/),
    });
  });

  test('where the ledger is behind: one generation that it doesn’t know is undelivered, two are no accident', () => {
    const behind = { record: () => ({ entry: held(older, { name: older.name }) }) };
    const one = generation('id-2', hour);
    expect(own([older, one], behind).reason).toMatch(/undelivered/);
    expect(own([older, generation('id-3', 2 * hour), one], behind).error?.code).toBe('OUTCOME_UNKNOWN');
  });

  test('where several tokens bear the plain name: none of them is surely the one in use', () => {
    expect(own([token('id-0', 'ci'), token('id-1', 'ci')]).error?.code).toBe('AMBIGUOUS');
  });

  test('where the sink was handed the newest, and has the secret of a stranger', () => {
    const world = {
      record: () => ({ entry: held(fresh), sinkContents: [{ sink, holding: { id: 'id-9' } }] }),
    };
    expect(own([fresh], world).error?.code).toBe('SINK_FAILED');
  });

  test('while a token may come from an attempt of ours, and that can’t be told yet', () => {
    const lost = generation('id-2', 30);
    const world = delivered(older, 39 * day, {
      unanswered: [
        attempt({ name: lost.name, fields: { name: lost.name, scopes: [pullApp] }, deadline: now }),
      ],
    });
    expect(own([older, lost], { ...world, strict: true }).error?.code).toBe('OUTCOME_UNKNOWN');
  });
});

describe('two generations that two runs have made at the same time, and both have handed over', () => {
  const raw: FileSink = { ...sink, path: 'secrets/token', layout: { format: 'raw' } };
  const twins = (age: number): readonly [Observed, Observed] => {
    const newest = generation('id-2', age);
    return [{ ...newest, id: 'id-3' }, newest];
  };
  const byLedger = (newest: Observed, more: Partial<LedgerEntry> = {}): World => ({
    record: () => ({ entry: held(newest, more) }),
  });

  test('have a successor, as nothing tells which of them a sink holds that can’t be read', () => {
    const [other, newest] = twins(600);
    const change = own([older, other, newest], byLedger(newest), family({ secret: [raw] }));
    expect(change).toMatchObject({ action: 'create', reason: expect.stringContaining('which of the two') });
  });

  test('have none yet while the other run may be at work', () => {
    const [other, newest] = twins(599);
    expect(own([other, newest], byLedger(newest), family({ secret: [raw] }))).toMatchObject({
      action: 'noop',
      reason: expect.stringContaining('id-3'),
    });
  });

  test('both stay: the sink may hold either', () => {
    const [other, newest] = twins(5 * day);
    const plan = changes([other, newest], byLedger(newest), family({ secret: [raw] }));
    expect(plan.map(({ action }) => action)).toEqual(['create']);
  });

  test('have none where the sink can be read, and names the newest', () => {
    const [other, newest] = twins(600);
    expect(own([other, newest], delivered(newest, 0)).action).toBe('noop');
  });

  test('have none where it was this machine that has replaced the other', () => {
    const [other, newest] = twins(600);
    const retire = [{ id: other.id, name: other.name, created: other.origin.created }];
    expect(own([other, newest], byLedger(newest, { retire }), family({ secret: [raw] })).action).toBe('noop');
  });

  test('are ordered by who has to yield: the one that doesn’t is the newest', () => {
    const [other, newest] = twins(2 * day);
    expect(changes([newest, other], delivered(newest, 2 * day))).toMatchObject([
      { action: 'noop', id: 'id-2' },
      { action: 'delete', id: 'id-3' },
    ]);
  });
});

test('a secret that waits is handed over, before anything else is made', () => {
  const made = generation('id-2', 40 * day, { expiry_date: formatInstant(now + day) });
  const waiting = {
    attempt: attempt({ name: made.name }),
    id: made.id,
    madeAt: now - 40 * day,
    encryptedOnly: false,
  };
  expect(own([made], { record: () => ({ waiting }) })).toMatchObject({
    action: 'deliver',
    id: 'id-2',
    fields: [],
  });
});

test.each([
  { why: 'its token has expired', live: [generation('id-1', 60 * day)] },
  { why: 'another run has made a later one', live: [generation('id-1', 2 * day), generation('id-2', day)] },
])('a secret that waits is not handed over where $why', ({ live }) => {
  const waiting = {
    attempt: attempt({ name: live[0]?.name ?? '' }),
    id: 'id-1',
    madeAt: now - 60 * day,
    encryptedOnly: false,
  };
  const entryOfFamily = held(token('id-0', 'ci'));
  expect(own(live, { record: () => ({ waiting, entry: entryOfFamily }) }).action).toBe('create');
});

describe('a token that is only named like a generation', () => {
  const named = (id: string, origin: Parameters<typeof token>[3]): Observed =>
    token(id, 'ci-202511010000', { expiry_date: 'never' }, origin);
  const inMinute = Date.UTC(2025, 10, 1) / 1000;
  const rows: readonly {
    readonly why: string;
    readonly origin: Parameters<typeof token>[3];
    readonly world?: World;
    readonly reason: RegExp;
  }[] = [
    {
      why: 'created on another day',
      origin: { created: inMinute + 5 * day },
      reason: /it was created at 2025-11-06T00:00:00Z, not in the minute of its name/,
    },
    { why: 'created two minutes later', origin: { created: inMinute + 120 }, reason: /not in the minute/ },
    { why: 'created two minutes before', origin: { created: inMinute - 61 }, reason: /not in the minute/ },
    { why: 'of an unknown time', origin: { created: null }, reason: /does not say when it was created/ },
    {
      why: 'created by a user that is not known as ours',
      origin: { created: inMinute, createdBy: 'them' },
      reason: /another user created it/,
    },
    {
      why: 'created by another user than the run is signed in as',
      origin: { created: inMinute, createdBy: 'u-2', createdByName: 'them' },
      world: { user: 'us' },
      reason: /another user created it/,
    },
  ];

  test.each(rows)('is never changed or deleted: $why', ({ origin, world, reason }) => {
    const stranger = named('id-9', origin);
    const newest = generation('id-2', 40 * day);
    const known = { ...delivered(newest, 40 * day), makers: ['us'], ...world };
    for (const more of [{}, { remake: true, revoke: true }]) {
      const plan = changes([stranger, newest], { ...known, ...more });
      expect(plan.filter(({ id }) => id === stranger.id)).toEqual([]);
      expect(plan[0]?.warnings.join()).toMatch(reason);
      expect(plan[0]?.family?.retained.map(({ id }) => id)).not.toContain(stranger.id);
    }
    const gone = changes([stranger, newest], known, family({ state: 'absent' }));
    expect(gone).toMatchObject([{ action: 'delete', id: newest.id }]);
  });

  test('leaves an absent family absent', () => {
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
      world: { user: 'us' },
    },
    {
      why: 'by a user that the ledger knows as ours',
      origin: { created: inMinute, createdBy: 'us' },
      world: { makers: ['us'] },
    },
  ])('is a generation if it was $why', ({ origin, world }) => {
    const old = named('id-9', origin);
    const plan = changes([old, fresh], { ...delivered(fresh, day), ...world });
    expect(plan).toMatchObject([{ warnings: [] }, { action: 'delete', id: old.id }]);
  });

  test('is a generation if the ledger knows it by ID and creation time', () => {
    const late = named('id-9', { created: inMinute + hour });
    const record = (created: number) => () => ({
      entry: held(fresh, {
        delivered: { 'file:secrets/token.json': formatInstant(now - day) },
        retire: [{ id: late.id, name: late.name, created }],
      }),
      sinkContents: [{ sink, holding: { id: fresh.id } }],
    });
    const exact = changes([late, fresh], { record: record(inMinute + hour) });
    expect(exact).toMatchObject([{ warnings: [] }, { action: 'delete', id: late.id }]);
    const other = changes([late, fresh], { record: record(inMinute) });
    expect(other).toMatchObject([{ warnings: [expect.stringContaining(late.id)] }]);
  });
});

test('the plan says that a token of the plain name is adopted, and when it is deleted', () => {
  const zero = token('id-0', 'ci');
  const why = /ci \(id-0\) is adopted as generation zero, and deleted 1d after its successor is delivered/;
  expect(own([zero], {}).reason).toMatch(why);
  const isHeld = {
    record: () => ({ entry: held(zero), sinkContents: [{ sink, holding: { id: zero.id } }] }),
  };
  expect(own([zero], isHeld)).toMatchObject({ action: 'noop', reason: expect.stringMatching(why) });
});

describe('the successor is due', () => {
  const edited = { ...rotation, every: 90 * day, lifetime: 120 * day, beforeExpiry: 0, overlap: 7 * day };
  test.each([
    { why: 'not yet with more than the overlap left', left: 7 * day + 1, due: false },
    { why: 'an overlap before the end, whatever lifetime says now', left: 7 * day, due: true },
  ])('$why', ({ left, due }) => {
    const newest = generation('id-2', 20 * day, { expiry_date: formatInstant(now + left) });
    const change = own([newest], delivered(newest, 20 * day), family({ rotation: edited }));
    expect(change.action).toBe(due ? 'create' : 'noop');
    if (!due) expect(change.family?.rotationDue).toBe(formatInstant(now + left - 7 * day));
  });
});

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
    const world =
      ago === undefined
        ? { record: () => ({ sinkContents: [{ sink, holding: { id: fresh.id } }] }) }
        : delivered(fresh, ago);
    expect(gone([older, fresh], world)).toEqual(ids);
  });

  test.each([
    { why: 'has expired', more: { expiry_date: formatInstant(now) } },
    { why: 'is switched off', more: { status: 'disabled' } },
  ])('stays where the newest $why: it may be the only one that works', ({ more }) => {
    const newest = generation('id-2', 5 * day, more);
    expect(gone([older, newest], delivered(newest, 5 * day))).not.toContain('id-1');
  });

  test('goes at once where it has expired, whatever its successor', () => {
    const dead = generation('id-1', 60 * day);
    const plan = changes([dead, fresh], delivered(fresh, hour));
    expect(plan).toMatchObject([
      { action: 'noop' },
      { action: 'delete', id: 'id-1', supersededToken: { expired: true } },
    ]);
  });

  test('stays where it is over by our clock, but not yet by the service’s', () => {
    const ending = {
      ...generation('id-1', 60 * day, { expiry_date: formatInstant(now) }),
      expired: true as const,
    };
    expect(gone([ending, fresh], { ...delivered(fresh, hour), listedAt: now - 1 })).toEqual([]);
    expect(gone([ending, fresh], delivered(fresh, hour))).toEqual(['id-1']);
  });

  test('goes at once where that was asked for, and the run that was to do it has died', () => {
    const retire = [{ id: older.id, name: older.name, created: null, revoked: true as const }];
    const world = delivered(fresh, hour, { entry: held(fresh, { name: fresh.name, retire }) });
    expect(gone([older, fresh], world)).toEqual(['id-1']);
  });

  test.each([
    {
      revokes: true as const,
      rest: [{ action: 'delete', id: 'id-1', supersededToken: { successor: fresh.name } }],
    },
    { rest: [] },
  ])('goes with the delivery of a secret that waits, where revokes is $revokes', ({ rest, ...revokes }) => {
    const waiting = {
      attempt: attempt({ name: fresh.name, ...revokes }),
      id: fresh.id,
      madeAt: now - hour,
      encryptedOnly: false,
    };
    const entryOfFamily = held(older, { name: older.name });
    const plan = changes([older, fresh], { record: () => ({ waiting, entry: entryOfFamily }) });
    expect(plan).toMatchObject([{ action: 'deliver', id: fresh.id }, ...rest]);
    expect(plan).toHaveLength(1 + rest.length);
  });

  test('of the plain name has an overlap of its own, where somebody makes one beside the family', () => {
    const made = (ago: number): Observed => token('id-0', 'ci', {}, { created: now - ago });
    expect(gone([fresh, made(hour)], delivered(fresh, 10 * day))).toEqual([]);
    expect(gone([fresh, made(day)], delivered(fresh, 10 * day))).toEqual(['id-0']);
  });

  test('stays where the ledger’s time of delivery can’t be read', () => {
    const entryOfFamily = held(fresh, {
      name: fresh.name,
      delivered: { 'file:secrets/token.json': 'yesterday' },
    });
    expect(gone([older, fresh], delivered(fresh, 0, { entry: entryOfFamily }))).toEqual([]);
  });

  test('stays where the newest is not handed over', () => {
    expect(gone([older, generation('id-2', 2 * day)], delivered(older, 39 * day))).toEqual([]);
  });

  test('goes by the delivery of the newest, even where the next one is due at the same time', () => {
    const newest = generation('id-2', 31 * day);
    const plan = changes([older, newest], delivered(newest, 31 * day));
    expect(plan.map(({ action, id }) => [action, id])).toEqual([
      ['create', null],
      ['delete', 'id-1'],
    ]);
  });

  test('goes whatever its name: a plain one, a surplus one, one that nobody has the secret of', () => {
    const live = [token('id-0', 'ci'), older, generation('id-9', 11 * day), fresh];
    expect(gone(live, delivered(fresh, day))).toEqual(['id-0', 'id-1', 'id-9']);
  });

  test('goes at once where it is revoked, after the new one is handed over', () => {
    const plan = changes([older, fresh], { ...delivered(fresh, 0), remake: true, revoke: true });
    expect(plan.map(({ action, supersededToken }) => [action, supersededToken?.successor])).toEqual([
      ['create', undefined],
      ['delete', 'ci-202601010000'],
      ['delete', 'ci-202601010000'],
    ]);
  });

  test('is made as declared while it stays, but is not switched on again', () => {
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

test('a family is its plain name and the names with a mark, and nothing else', () => {
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

test('a generation that somebody has switched off is drift, and so is an old one that was changed', () => {
  const off = generation('id-2', day, { status: 'disabled' });
  expect(own([off], delivered(off, day)).cause).toBe('drift');
  const applied = { name: 'ci', scopes: [pullApp] };
  const wide = { ...older, fields: { ...older.fields, scopes: [{ ...pullApp, actions: ['*'] }] } };
  const world = delivered(fresh, hour, { lastApplied: applied });
  const plan = changes([wide, fresh], world, family({ fields: { scopes: [pullApp] } }));
  expect(plan).toMatchObject([{ action: 'noop' }, { action: 'patch', id: 'id-1', cause: 'drift' }]);
});

test('what has rotated until now keeps its overlap, where rotate is taken out of the manifest', () => {
  const plain = token('id-3', 'ci', {}, { created: now - hour });
  const retire = [{ id: fresh.id, name: fresh.name, created: now - 10 * day }];
  const at = (ago: number) => ({
    record: () => ({
      entry: held(plain, {
        rotation,
        retire,
        delivered: { 'file:secrets/token.json': formatInstant(now - ago) },
      }),
      sinkContents: [{ sink, holding: { id: plain.id } }],
    }),
  });
  const plan = (ago: number) => changes([plain, fresh], at(ago), entry({ name: 'ci' }));
  expect(plan(hour)).toMatchObject([{ action: 'noop' }]);
  expect(plan(day)).toMatchObject([{ action: 'noop' }, { action: 'delete', id: 'id-2' }]);
});

test('declared absent, all generations go', () => {
  const desired = family({ state: 'absent', existing: 'ci' });
  expect(changes([token('id-0', 'ci'), older, fresh], {}, desired)).toMatchObject([
    { action: 'delete', id: 'id-2' },
    { action: 'delete', id: 'id-0' },
    { action: 'delete', id: 'id-1' },
  ]);
});

test('another entry may not declare a generation of the family', () => {
  const plan = createPlan([
    situation(family(), [fresh], delivered(fresh, day)),
    situation(entry({ name: fresh.name }), [fresh]),
  ]);
  expect(plan.changes.map(({ error }) => error?.code)).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
});

test('a plan is the same a minute later, although the name and the end of the next generation are not', () => {
  const digestAt = (at: number): string =>
    createPlan([{ ...situation(family(), [], { record: () => ({}) }), now: at }]).digest;
  expect(digestAt(now + 60)).toBe(digestAt(now));
});
