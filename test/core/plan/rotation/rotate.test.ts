import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../../src/core/model/desired.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { Observed } from '../../../../src/core/model/token.ts';
import { createPlan } from '../../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../../src/core/util/instant.ts';
import { attempt, entryOf, held, inputFor, now, pullApp, sink, token } from '../../fixtures.ts';
import {
  changes,
  day,
  delivered,
  family,
  fresh,
  generation,
  hour,
  older,
  own,
  rotation,
} from './fixtures.ts';

describe('the next generation is created', () => {
  test.each([
    { why: 'if there is none', live: [], options: {}, reason: /no generation exists yet/ },
    {
      why: 'once the newest is older than every',
      live: [generation('id-1', 30 * day)],
      options: delivered(generation('id-1', 30 * day), 30 * day),
      reason: /and is rotated every 30d/,
    },
    {
      why: 'within before_expiry of the end of the newest',
      live: [generation('id-1', day, { expiry_date: formatInstant(now + 7 * day) })],
      options: delivered(generation('id-1', day), day),
      reason: /expires on 2026-01-08T00:00:00Z, and its successor is due 7d before/,
    },
    {
      why: 'once the newest has expired',
      live: [generation('id-1', 60 * day)],
      options: delivered(generation('id-1', 60 * day), 60 * day),
      reason: /expired on/,
    },
    {
      why: 'if the newest was disabled',
      live: [generation('id-1', day, { status: 'disabled' })],
      options: delivered(generation('id-1', day), day),
      reason: /is disabled/,
    },
    {
      why: 'if the newest is undelivered, and older than ten minutes',
      live: [older, generation('id-2', 601)],
      options: delivered(older, 39 * day),
      reason: /undelivered/,
    },
    {
      why: 'if the sink has another generation than the ledger',
      live: [older, fresh],
      options: {
        record: () => ({ entry: held(fresh), sinkContents: [{ sink, holding: { id: older.id } }] }),
      },
      reason: /the sinks have the secret of a generation other than/,
    },
    {
      why: 'if there is a token with the plain name whose secret is unknown',
      live: [token('id-0', 'ci')],
      options: {},
      reason: /the secret of ci is unknown/,
    },
    {
      why: 'if requested',
      live: [fresh],
      options: { ...delivered(fresh, 0), forceReplace: true },
      reason: /^rotation requested with rotate or --replace$/,
    },
  ])('$why', ({ live, options, reason }) => {
    const change = own(live, options);
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

  test('with omitted fields from the newest, but enabled', () => {
    const live = token('id-0', 'ci', { scopes: [pullApp], status: 'disabled' });
    expect(own([live]).payload).toEqual({
      name: 'ci-202601010000',
      scopes: [pullApp],
      expiry_date: '2026-02-15T00:00:00Z',
    });
  });

  test('under the name of the next minute if its own is taken', () => {
    const live = generation('id-1', 0);
    expect(own([live], { ...delivered(live, 0), forceReplace: true }).payload).toMatchObject({
      name: 'ci-202601010001',
    });
  });

  test('for an immutable field if allow_replace is set', () => {
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
      createPlan([inputFor(desired, [live], delivered(live, day))]).changes[0];
    expect(decide(personal({}))).toMatchObject({
      action: 'noop',
      warnings: [expect.stringContaining('the next generation gets the value of the manifest')],
    });
    expect(decide(personal({ allowReplace: true }))).toMatchObject({
      action: 'create',
      payload: { token_label: 'ci-202601010000', scopes: ['repo:read'], expires_at: '2026-02-15T00:00:00Z' },
    });
  });
});

describe('no generation is created', () => {
  test.each([
    { why: 'while the newest is young and delivered', live: [fresh], options: delivered(fresh, 10 * day) },
    {
      why: 'where only a sink tells that it was',
      live: [fresh],
      options: { record: () => ({ sinkContents: [{ sink, holding: { id: fresh.id } }] }) },
    },
    {
      why: 'where only the ledger tells so, and the sink has nothing',
      live: [fresh],
      options: {
        record: () => ({ entry: held(fresh), sinkContents: [{ sink, holding: 'absent' as const }] }),
      },
    },
    {
      why: 'while another run may be handing the newest over',
      live: [older, generation('id-2', 599)],
      options: delivered(older, 39 * day),
    },
    {
      why: 'where the manifest itself has switched it off',
      live: [generation('id-2', day, { status: 'disabled' })],
      options: delivered(generation('id-2', day), day, { lastApplied: { status: 'disabled' } }),
      wanted: { fields: { status: 'disabled' } },
    },
  ])('$why', ({ live, options, wanted }) => {
    expect(own(live, options, family(wanted))).toMatchObject({ action: 'noop', error: null });
  });

  test('if neither the ledger nor a sink shows whether the newest was delivered', () => {
    expect(own([fresh]).error).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      hint: expect.stringMatching(/state directory.*reconcile rotate registry_token:team-a\/ci$/),
    });
  });

  test('if the ledger is stale: it lacks more than one generation', () => {
    const behind = { record: () => ({ entry: held(older, { name: older.name }) }) };
    const one = generation('id-2', hour);
    expect(own([older, one], behind).reason).toMatch(/undelivered/);
    expect(own([older, generation('id-3', 2 * hour), one], behind).error?.code).toBe('OUTCOME_UNKNOWN');
  });

  test('if several tokens have the plain name: any of them may be in use', () => {
    expect(own([token('id-0', 'ci'), token('id-1', 'ci')]).error?.code).toBe('AMBIGUOUS');
  });

  test('if the newest was delivered, and the sink holds a foreign secret', () => {
    const options = {
      record: () => ({ entry: held(fresh), sinkContents: [{ sink, holding: { id: 'id-9' } }] }),
    };
    expect(own([fresh], options).error?.code).toBe('SINK_FAILED');
  });

  test('while the ownership of a token is unknown', () => {
    const lost = generation('id-2', 30);
    const options = delivered(older, 39 * day, {
      openAttempts: [
        attempt({ name: lost.name, fields: { name: lost.name, scopes: [pullApp] }, deadline: now }),
      ],
    });
    expect(own([older, lost], { ...options, proofOnly: true }).error?.code).toBe('OUTCOME_UNKNOWN');
  });
});

test('a pending secret is delivered before a generation is created', () => {
  const made = generation('id-2', 40 * day, { expiry_date: formatInstant(now + day) });
  const waiting = {
    attempt: attempt({ name: made.name }),
    id: made.id,
    respondedAt: now - 40 * day,
    encryptedOnly: false,
  };
  expect(own([made], { record: () => ({ pendingSecret: waiting }) })).toMatchObject({
    action: 'deliver',
    id: 'id-2',
    fields: [],
  });
});

test.each([
  { why: 'its token has expired', live: [generation('id-1', 60 * day)] },
  { why: 'another run has made a later one', live: [generation('id-1', 2 * day), generation('id-2', day)] },
])('a pending secret is not delivered if $why', ({ live }) => {
  const waiting = {
    attempt: attempt({ name: live[0]?.name ?? '' }),
    id: 'id-1',
    respondedAt: now - 60 * day,
    encryptedOnly: false,
  };
  const entryOfFamily = held(token('id-0', 'ci'));
  expect(own(live, { record: () => ({ pendingSecret: waiting, entry: entryOfFamily }) }).action).toBe(
    'create',
  );
});

test('the plan reports that a token with the plain name is adopted, and when it is deleted', () => {
  const zero = token('id-0', 'ci');
  const why = /ci \(id-0\) is adopted as generation zero, and deleted 1d after its successor is delivered/;
  expect(own([zero], {}).reason).toMatch(why);
  const isHeld = {
    record: () => ({ entry: held(zero), sinkContents: [{ sink, holding: { id: zero.id } }] }),
  };
  expect(own([zero], isHeld)).toMatchObject({ action: 'noop', reason: expect.stringMatching(why) });
});

test('a changed login name of the newest generation is a warning, and creates no generation', () => {
  const renamed = { ...fresh, loginName: `bot-${fresh.name}` };
  const sinkContents = [{ sink, holding: { id: fresh.id, username: `robot$${fresh.name}` } }];
  expect(own([renamed], delivered(fresh, day, { sinkContents }))).toMatchObject({
    action: 'noop',
    warnings: [
      expect.stringContaining(`from robot$${fresh.name} to bot-${fresh.name}; file secrets/token.json`),
    ],
  });
});

test('a disabled generation is drift, and so is a changed old one', () => {
  const off = generation('id-2', day, { status: 'disabled' });
  expect(own([off], delivered(off, day)).cause).toBe('drift');
  const applied = { name: 'ci', scopes: [pullApp] };
  const wide = { ...older, fields: { ...older.fields, scopes: [{ ...pullApp, actions: ['*'] }] } };
  const options = delivered(fresh, hour, { lastApplied: applied });
  const plan = changes([wide, fresh], options, family({ fields: { scopes: [pullApp] } }));
  expect(plan).toMatchObject([{ action: 'noop' }, { action: 'patch', id: 'id-1', cause: 'drift' }]);
});

test('a plan has the same digest a minute later, although name and expiry of the next generation differ', () => {
  const digestAt = (at: number): string =>
    createPlan([{ ...inputFor(family(), [], { record: () => ({}) }), now: at }]).digest;
  expect(digestAt(now + 60)).toBe(digestAt(now));
});
