import { describe, expect, it, test } from 'vitest';
import type { CustodyRecord, LedgerEntry } from '../../src/core/model/custody-record.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { FileSink } from '../../src/core/model/sinks/file.ts';
import type { Observed } from '../../src/core/model/token.ts';
import { decide } from '../../src/core/plan/decide.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { attempt, entry, held, now, pullApp, sink, situation, token, type World } from './situation.ts';

const raw: FileSink = { ...sink, path: 'secrets/token.txt', layout: { format: 'raw' } };
const wanted = { name: 'ci', fields: { scopes: [pullApp] } } as const;

/** A token that the attempt can have made. */
function made(id = 'id-1', fields = {}, origin: Partial<Observed['origin']> = {}): Observed {
  return token(id, 'ci', fields, { created: now - 50, ...origin });
}

function plan(live: readonly Observed[], record: Partial<CustodyRecord>, world: World = {}): Change {
  return decide(situation(entry(wanted), live, { record: () => record, ...world }));
}

describe('a token that comes from an attempt of ours whose answer was lost', () => {
  it('is undelivered: replaced without allow_replace, and nobody misses it', () => {
    expect(plan([made()], { unanswered: [attempt()] })).toMatchObject({
      action: 'replace',
      id: 'id-1',
      custody: 'undelivered',
      replaceOrder: 'delete_first',
      reason: expect.stringContaining('undelivered'),
      warnings: [],
    });
  });

  it('is recognised by a doubt in the ledger too, open or settled', () => {
    for (const settledAt of [null, now - 5]) {
      const entryOf = { ...held(made()), id: null, doubts: [{ ...attempt(), settledAt }] };
      expect(plan([made()], { entry: entryOf }).custody).toBe('undelivered');
    }
  });

  it('is not replaced where it is protected: the ledger is a file that others may write to', () => {
    const input = situation(entry({ ...wanted, protected: true }), [made()], {
      record: () => ({ unanswered: [attempt()] }),
    });
    expect(createPlan([input]).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });

  it('is held if a sink has its secret: another run has delivered it', () => {
    const record = { unanswered: [attempt()], sinkContents: [{ sink, holding: { id: 'id-1' } }] };
    expect(plan([made()], record)).toMatchObject({ action: 'noop', custody: 'held' });
  });

  it('is told by the ID that we chose, whatever else it looks like', () => {
    const chosen = attempt({ id: 'ID-1' });
    expect(plan([made('id-1', { status: 'disabled' })], { unanswered: [chosen] }).custody).toBe(
      'undelivered',
    );
    expect(plan([made('id-2')], { unanswered: [chosen] }).custody).toBe('unknown');
  });

  it('is told by our nonce, where the service shows it', () => {
    const mine = made('id-1', {}, { userAgent: 'reconcile/1 (nonce-1)', created: 0 });
    const theirs = made('id-1', {}, { userAgent: 'reconcile/1 (nonce-2)' });
    expect(plan([mine], { unanswered: [attempt()] }).custody).toBe('undelivered');
    expect(plan([theirs], { unanswered: [attempt()] }).custody).toBe('unknown');
  });

  it('is not told by a name that a proxy may have rewritten: nothing is deleted on that, and nothing taken', () => {
    const rewritten = made('id-1', {}, { userAgent: 'proxy/3' });
    expect(plan([rewritten], { unanswered: [attempt()] }).error?.code).toBe('OUTCOME_UNKNOWN');
    const other = made('id-1', { status: 'disabled' }, { userAgent: 'curl/8' });
    expect(plan([other], { unanswered: [attempt()] }).custody).toBe('unknown');
  });
});

describe('a token that may be ours and may not', () => {
  const doubtful: readonly (readonly [string, Observed])[] = [
    ['has other properties', made('id-1', { status: 'disabled' })],
    ['has an expiry that was not asked for', made('id-1', { expiry_date: '2027-01-01T00:00:00Z' })],
    ['was made before the listing', made('id-1', {}, { created: now - 61 })],
    ['was made after the grace', made('id-1', {}, { created: now + 2 })],
    ['was changed', made('id-1', {}, { modified: true })],
    ['was used', made('id-1', {}, { lastUsed: now })],
    ['does not tell when it was made', made('id-1', {}, { created: null })],
  ];

  test.each(doubtful)('as it %s, is left alone until the grace is over', (_, live) => {
    const open = attempt({ deadline: now - 29 });
    expect(plan([live], { unanswered: [open] })).toMatchObject({
      action: 'error',
      id: 'id-1',
      error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining('id-1') },
    });
  });

  test.each(doubtful.slice(0, 3))("as it %s, is somebody else's after the grace", (_, live) => {
    expect(plan([live], { unanswered: [attempt({ deadline: now - 31 })] }).custody).toBe('unknown');
  });

  it('is another user’s if we know ours', () => {
    const record = { unanswered: [attempt()] };
    const change = decide({
      ...situation(entry(wanted), [made('id-1', {}, { createdBy: 'them' })], { record: () => record }),
      evidence: { grace: 30, proofOnly: false, knownCreators: new Set(['us']) },
    });
    expect(change.error?.code).toBe('OUTCOME_UNKNOWN');
  });

  it('was there before the attempt: then it is surely not ours', () => {
    expect(plan([made()], { unanswered: [attempt({ seen: ['ID-1'] })] }).custody).toBe('unknown');
  });

  it('is never taken for ours on evidence alone under --strict-outcome', () => {
    for (const deadline of [now - 29, now - 3600]) {
      const change = plan([made()], { unanswered: [attempt({ deadline })] }, { strict: true });
      expect(change.error?.code).toBe('OUTCOME_UNKNOWN');
    }
  });
});

describe('a secret that waits in the spool', () => {
  const waiting = { attempt: attempt(), id: 'id-1', madeAt: now - 50, encryptedOnly: false };

  it('is delivered', () => {
    expect(plan([made()], { waiting })).toMatchObject({
      action: 'deliver',
      id: 'id-1',
      secret: ['file:secrets/token.json'],
      reason: 'its secret is in the spool since 2025-12-31T23:59:10Z',
    });
  });

  it('comes before all that differs, which is patched after it', () => {
    const change = plan([made('id-1', { scopes: [] })], { waiting });
    expect(change).toMatchObject({ action: 'deliver', payload: { scopes: [pullApp] } });
  });

  it('is still delivered while its token is too new to show', () => {
    const fresh = { ...waiting, madeAt: now - 30 };
    expect(plan([], { waiting: fresh }).action).toBe('deliver');
    expect(plan([], { waiting: { ...waiting, madeAt: now - 31 } }).action).toBe('create');
  });

  it('needs to be told where it goes', () => {
    const change = decide(
      situation(entry({ ...wanted, secret: undefined }), [made()], { record: () => ({ waiting }) }),
    );
    expect(change.error?.code).toBe('MANIFEST_INVALID');
  });

  it('that is encrypted for one file can go to no other kind of sink', () => {
    const secret = [{ ...sink, age: ['age1'] }];
    const sealed = { ...waiting, encryptedOnly: true, attempt: attempt({ sinks: secret }) };
    const deliver = (sinks: readonly FileSink[]): Change =>
      decide(
        situation(entry({ ...wanted, secret: sinks }), [made()], { record: () => ({ waiting: sealed }) }),
      );
    expect(deliver(secret).action).toBe('deliver');
    expect(deliver([{ ...sink, age: ['age2'] }]).error?.code).toBe('SINK_FAILED');
    expect(deliver([raw]).error?.code).toBe('SINK_FAILED');
  });
});

describe('what the ledger says against what is live', () => {
  const live = token('id-1', 'ci');
  const inSink = [{ sink, holding: { id: 'id-1' } }];

  it('held, and its readable sinks have it: nothing to do', () => {
    expect(plan([live], { entry: held(live), sinkContents: inSink })).toMatchObject({
      action: 'noop',
      custody: 'held',
      warnings: [],
    });
  });

  it('held, and a readable sink no longer has it: missing, a warning, and made anew only on demand', () => {
    const record = { entry: held(live), sinkContents: [{ sink, holding: 'absent' as const }] };
    expect(plan([live], record)).toMatchObject({
      action: 'noop',
      custody: 'missing',
      warnings: [expect.stringContaining('file:secrets/token.json no longer has the secret')],
    });
    expect(plan([live], record, { remake: true })).toMatchObject({ action: 'replace', id: 'id-1' });
  });

  it('held, and a sink names another token: it was overwritten', () => {
    const record = { entry: held(live), sinkContents: [{ sink, holding: { id: 'id-9' } }] };
    expect(plan([live], record).error).toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('overwritten'),
    });
  });

  it('gone, and the name free: made anew', () => {
    expect(plan([], { entry: held(live) })).toMatchObject({ action: 'create' });
  });

  it('gone, and the name taken by another token: an error, unless it is to be made anew', () => {
    const other = token('id-2', 'ci');
    expect(plan([other], { entry: held(live) }).error).toMatchObject({
      code: 'MANIFEST_CONFLICT',
      message: expect.stringContaining('another token took the name'),
    });
    expect(plan([other], { entry: held(live) }, { remake: true }).action).toBe('replace');
  });

  it('nothing, but a readable sink names the live token: held', () => {
    expect(plan([live], { sinkContents: inSink })).toMatchObject({ action: 'noop', custody: 'held' });
  });

  it('nothing, and no sink knows it: unknown, with a warning', () => {
    expect(plan([live], {})).toMatchObject({
      action: 'noop',
      custody: 'unknown',
      warnings: [expect.stringContaining('file:secrets/token.json')],
    });
  });
});

describe('a sink that was added', () => {
  const live = token('id-1', 'ci');
  const both = entry({ ...wanted, secret: [sink, raw] });

  it('is filled from a readable one', () => {
    const record = { entry: held(live), sinkContents: [{ sink, holding: { id: 'id-1' } }] };
    expect(decide(situation(both, [live], { record: () => record }))).toMatchObject({
      action: 'deliver',
      secret: ['file:secrets/token.txt'],
      custody: 'held',
    });
  });

  it('that can be filled from nowhere is told of', () => {
    const known: LedgerEntry = { ...held(live), delivered: { 'file:secrets/token.txt': 'then' } };
    const record = { entry: known, sinkContents: [{ sink, holding: 'absent' as const }] };
    expect(decide(situation(both, [live], { record: () => record }))).toMatchObject({
      action: 'noop',
      custody: 'held',
      warnings: [expect.stringContaining('file:secrets/token.json lacks the secret')],
    });
  });

  it('and cannot tell what it holds is taken to be filled where there is no ledger', () => {
    const record = { sinkContents: [{ sink, holding: { id: 'id-1' } }] };
    expect(decide(situation(both, [live], { record: () => record })).action).toBe('noop');
  });
});

describe('--replace', () => {
  const live = token('id-1', 'ci', { expiry_date: '2027-01-01T00:00:00Z' });

  it('makes the token anew, with what the manifest does not state carried over', () => {
    expect(plan([live], { entry: held(live) }, { remake: true })).toMatchObject({
      action: 'replace',
      replaceOrder: 'delete_first',
      payload: { name: 'ci', scopes: [pullApp], expiry_date: '2027-01-01T00:00:00Z', status: 'enabled' },
      warnings: [expect.stringContaining('short outage')],
    });
  });

  it('creates first where two tokens can bear one name', () => {
    const change = plan([live], { entry: held(live) }, { remake: true, uniqueNames: false });
    expect(change).toMatchObject({ action: 'replace', replaceOrder: 'create_first' });
  });

  it('of a protected token is refused', () => {
    const input = situation(entry({ ...wanted, protected: true }), [live], { remake: true });
    expect(createPlan([input]).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });

  it('that died after the delete is finished, with what was to be carried over', () => {
    const old = { id: 'id-1', name: 'ci', created: live.origin.created };
    const fields = { name: 'ci', scopes: [], expiry_date: '2027-01-01T00:00:00Z' };
    const begun = attempt({ order: 'delete_first', old, fields });
    const change = plan([], { entry: held(live), unanswered: [begun] });
    expect(change).toMatchObject({
      action: 'create',
      payload: { scopes: [pullApp], expiry_date: '2027-01-01T00:00:00Z' },
    });
    const update = entry({ state: 'update', existing: 'ci' });
    const ofUpdate = { ...begun, address: update.address };
    const finished = decide(situation(update, [], { record: () => ({ unanswered: [ofUpdate] }) }));
    expect(finished).toMatchObject({ action: 'create', payload: { name: 'ci', scopes: [] } });
  });
});

describe('an old token that a replace has left over', () => {
  const rename = entry({ state: 'update', existing: 'old', name: 'ci', allowReplace: true });
  const old = token('id-0', 'old');
  const own = token('id-1', 'ci');
  const retire = [{ id: 'id-0', name: 'old', created: old.origin.created }];
  const record = (name: string): Partial<CustodyRecord> =>
    name === 'ci' ? { entry: held(own, { retire }), sinkContents: [{ sink, holding: { id: 'id-1' } }] } : {};
  const world = (more: World = {}): World => ({ live: [own], record, ...more });

  it('stands in the plan as a delete, beside its entry that is as declared', () => {
    const { changes } = createPlan([situation(rename, [old, own], world())]);
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

  test.each<[string, readonly Observed[], World]>([
    ['is gone', [own], {}],
    ['is not the same any more', [token('id-0', 'old', {}, { created: now }), own], {}],
    ["'s successor is gone", [old], { live: [old] }],
    [
      "'s successor is not where it belongs",
      [old, own],
      { record: () => ({ entry: held(own, { retire }), sinkContents: [{ sink, holding: 'absent' }] }) },
    ],
  ])('is kept where it %s', (_, listed, more) => {
    const { changes } = createPlan([situation(rename, listed, world(more))]);
    expect(changes.filter(({ supersededToken }) => supersededToken)).toEqual([]);
  });

  it('is kept where another entry declares it', () => {
    const again = situation(entry({ name: 'old' }), [old, own]);
    const present = situation(entry(wanted), [old, own], world());
    const { changes } = createPlan([present, again]);
    expect(changes.map(({ action }) => action)).toEqual(['noop', 'noop']);
  });

  it('has an address of its own where it bears the same name', () => {
    const same = token('id-0', 'ci');
    const leftover = [{ id: 'id-0', name: 'ci', created: same.origin.created }];
    const { changes } = createPlan([
      situation(entry(wanted), [same, own], {
        live: [own],
        uniqueNames: false,
        record: () => ({
          entry: held(own, { retire: leftover }),
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

describe('names that are not unique', () => {
  const own = token('id-1', 'ci');
  const other = token('id-2', 'ci');

  it('a stranger beside our own: AMBIGUOUS', () => {
    const change = plan([own, other], { entry: held(own) }, { uniqueNames: false });
    expect(change.error?.code).toBe('AMBIGUOUS');
  });

  it('what an attempt of ours has left beside our own is not in the way', () => {
    const doubts = [{ ...attempt(), settledAt: null }];
    const change = plan(
      [own, made('id-2')],
      { entry: held(own, { doubts }), sinkContents: [{ sink, holding: { id: 'id-1' } }] },
      { uniqueNames: false },
    );
    expect(change).toMatchObject({ action: 'noop', id: 'id-1', custody: 'held' });
  });
});

describe('a rename', () => {
  const rename = entry({ state: 'update', existing: 'old', name: 'ci', allowReplace: true });

  it('is not stopped by a undelivered token of the new name', () => {
    const change = decide(
      situation(rename, [token('id-0', 'old'), made()], {
        record: (name) => (name === 'ci' ? { unanswered: [attempt()] } : {}),
      }),
    );
    expect(change).toMatchObject({ action: 'replace', id: 'id-0', replaceOrder: 'create_first' });
  });

  it('whose new secret waits in the spool is a delivery, and then the end of the old token', () => {
    const old = { id: 'id-0', name: 'old', created: 0 };
    const waiting = {
      attempt: attempt({ order: 'create_first', old }),
      id: 'id-1',
      madeAt: now - 50,
      encryptedOnly: false,
    };
    const change = decide(
      situation(rename, [token('id-0', 'old'), made()], {
        record: (name) => (name === 'ci' ? { waiting } : {}),
      }),
    );
    expect(change).toMatchObject({
      action: 'deliver',
      id: 'id-1',
      reason: expect.stringContaining('the old token old (id-0) is deleted'),
    });
  });
});
