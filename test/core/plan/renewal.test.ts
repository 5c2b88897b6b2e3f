import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../../src/core/model/custody-record.ts';
import type { Desired } from '../../../src/core/model/desired.ts';
import { canonicalizeFields } from '../../../src/core/model/field-rules.ts';
import type { Inability } from '../../../src/core/model/inability.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Observed, Provenance } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { robotRules } from '../../../src/providers/harbor/fields.ts';
import { attempt, entryOf, type FixtureOptions, held, inputFor, now, sink } from '../fixtures.ts';

const day = 86_400;
const renewal = { every: 30 * day, lifetime: 45 * day, beforeExpiry: 0 };
const access = ['repository:pull'];
const place = { scope: 'project/team-a', place: 'the project team-a' };

/** An entry of the robot `ci`, whose secret is renewed in place. */
function robot(more: Partial<Desired> = {}, fields: object = {}): Desired {
  return entryOf(
    'harbor_robot',
    { ...place, name: 'ci', renewal, ...more },
    { name: 'ci', access, ...fields },
  );
}

/** The live robot `ci`, created so many days ago, which ends in so many days. */
function live(age: number, left: number | 'never', origin: Partial<Provenance> = {}): Observed {
  return {
    id: '7',
    name: 'ci',
    fields: canonicalizeFields(robotRules, {
      name: 'ci',
      description: '',
      access,
      disable: false,
      expires_at: left === 'never' ? left : formatInstant(now + left * day),
    }),
    origin: { created: now - age * day, createdBy: 'us', requestMark: null, modified: false, ...origin },
    ...(typeof left === 'number' && left <= 0 && { expired: true }),
    object: {},
  };
}

/** The record of a ledger that holds the secret of a robot. */
function onRecord(token: Observed, more: Partial<LedgerEntry> = {}): FixtureOptions {
  const record = {
    entry: held(token, { kind: 'harbor_robot', address: 'harbor_robot:project/team-a/ci', ...more }),
    sinkContents: [{ sink, holding: { id: token.id } }],
  };
  return { record: () => record };
}

const notOnRecord: FixtureOptions = { record: () => ({}) };

function planned(token: Observed, options: FixtureOptions, desired = robot()): Change | undefined {
  return createPlan([inputFor(desired, [token], options)]).changes[0];
}

test('a requested renewal of a robot whose renewal was interrupted reports its secret as undelivered', () => {
  const token = live(10, 35);
  const begun = attempt({ kind: 'harbor_robot', renews: true, repairId: '7' });
  const record = { entry: held(token, { kind: 'harbor_robot' }), openAttempts: [begun] };
  const input = inputFor(robot(), [token], { record: () => record, forceReplace: true });
  expect(createPlan([input]).changes).toMatchObject([{ action: 'patch', id: '7', custody: 'undelivered' }]);
});

describe('the secret of a robot on record', () => {
  test.each<{ why: string; token: Observed; renewedAt?: number; due: boolean; every?: RegExp }>([
    { why: 'was created 29 days ago', token: live(29, 16), due: false },
    {
      why: 'was created 30 days ago',
      token: live(30, 15),
      due: true,
      every: /^its secret is from 2025-12-02/,
    },
    { why: 'was renewed 29 days ago', token: live(300, 16), renewedAt: 29, due: false },
    { why: 'was renewed 30 days ago', token: live(300, 15), renewedAt: 30, due: true },
    {
      why: 'was renewed lately, though it was changed by hand',
      token: live(300, 16, { modified: true, changedAt: now - 50 * day }),
      renewedAt: 1,
      due: false,
    },
    {
      why: 'was not renewed when it was changed by hand',
      token: live(40, 16, { modified: true, changedAt: now - day }),
      due: true,
    },
    { why: 'never ends', token: live(10, 'never'), due: false },
    { why: 'has expired', token: live(45, 0), renewedAt: 1, due: true, every: /^it has expired/ },
  ])('is due: $due, if it $why', ({ token, renewedAt, due, every }) => {
    const record = onRecord(token, renewedAt === undefined ? {} : { renewedAt: now - renewedAt * day });
    const change = planned(token, record);
    expect(change).toMatchObject({ action: due ? 'patch' : 'noop', id: '7', error: null });
    if (every) expect(change?.reason).toMatch(every);
  });

  test('is due before the end', () => {
    const early = robot({ renewal: { ...renewal, beforeExpiry: 7 * day } });
    expect(planned(live(10, 8), onRecord(live(10, 8)), early)).toMatchObject({ action: 'noop' });
    expect(planned(live(10, 7), onRecord(live(10, 7)), early)).toMatchObject({
      action: 'patch',
      reason: expect.stringMatching(/^it expires at 2026-01-08/),
    });
  });

  test('is due at request', () => {
    const token = live(1, 44);
    expect(planned(token, { ...onRecord(token), forceReplace: true })).toMatchObject({
      action: 'patch',
      reason: 'rotation requested with rotate or --replace; the secret is renewed in place',
    });
  });
});

describe('the secret of a robot that is not on record', () => {
  test.each<{ why: string; token: Observed; due: boolean }>([
    { why: 'was created 29 days ago', token: live(29, 16), due: false },
    { why: 'was created 30 days ago', token: live(30, 15), due: true },
    {
      why: 'was changed 29 days ago',
      token: live(300, 16, { modified: true, changedAt: now - 29 * day }),
      due: false,
    },
    {
      why: 'was changed 30 days ago',
      token: live(300, 16, { modified: true, changedAt: now - 30 * day }),
      due: true,
    },
    { why: 'shows no time', token: live(1, 44, { created: null }), due: false },
  ])('is due: $due, if it $why', ({ token, due }) => {
    expect(planned(token, notOnRecord)).toMatchObject({ action: due ? 'patch' : 'noop' });
  });

  test('has the time of no robot that the ledger held before', () => {
    const token = live(40, 5);
    const before = onRecord(token, { id: null, renewedAt: now });
    expect(planned(token, before)?.reason).toMatch(/^its secret is from/);
  });
});

describe('a renewal', () => {
  const token = live(30, 15);

  test('moves the end by the lifetime, goes to all sinks, and warns of the outage', () => {
    expect(planned(token, onRecord(token))).toMatchObject({
      action: 'patch',
      fields: [{ field: 'expires_at', after: formatInstant(now + 45 * day) }],
      payload: { expires_at: formatInstant(now + 45 * day) },
      secret: ['file:secrets/token.json'],
      warnings: [expect.stringContaining('the old secret ends at once')],
    });
  });

  test('comes with the other changes', () => {
    const desired = robot({}, { disable: true, description: 'new' });
    expect(planned(token, onRecord(token), desired)?.payload).toEqual({
      description: 'new',
      disable: true,
      expires_at: formatInstant(now + 45 * day),
    });
  });

  test('needs a sink', () => {
    const desired = { ...robot(), secret: undefined };
    expect(planned(token, onRecord(token), desired)).toMatchObject({
      action: 'error',
      error: { code: 'MANIFEST_INVALID' },
    });
  });

  test.each<Inability['action']>(['patch', 'set_secret'])(
    'is an error if the credential can not %s',
    (action) => {
      const inabilities = [{ action, reason: 'it is a robot account' }];
      expect(planned(token, { ...onRecord(token), inabilities })).toMatchObject({
        action: 'error',
        error: { code: 'AUTH', message: expect.stringContaining('it is a robot account') },
      });
    },
  );

  test('needs no right to create or delete', () => {
    const inabilities = (['create', 'delete'] as const).map((action) => ({ action, reason: 'no' }));
    expect(planned(token, { ...onRecord(token), inabilities })).toMatchObject({ action: 'patch' });
  });

  test('is none of a robot without one: an expired robot is replaced', () => {
    const { renewal: _, ...plain } = robot();
    const expired = live(45, 0);
    expect(planned(expired, onRecord(expired), { ...plain, allowReplace: true })).toMatchObject({
      action: 'replace',
    });
  });
});

// A PUT with more days makes an expired robot valid again, with its old secret.
describe('an expired robot without a renewal', () => {
  const expired = live(45, -1);
  const ending = (days: number | 'never', more: object = {}): Desired => {
    const { renewal: _, ...plain } = robot({}, more);
    const expires_at = days === 'never' ? days : formatInstant(now + days * day);
    return { ...plain, fields: { ...plain.fields, expires_at } };
  };

  test.each<{ days: number | 'never' }>([{ days: 30 }, { days: 'never' }])(
    'that is declared to end in $days days is changed in place',
    ({ days }) => {
      const wanted = ending(days);
      expect(planned(expired, onRecord(expired), wanted)).toMatchObject({
        action: 'patch',
        id: '7',
        payload: { expires_at: wanted.fields['expires_at'] },
        secret: null,
      });
    },
  );

  test('is changed with its other fields', () => {
    expect(planned(expired, onRecord(expired), ending(30, { description: 'new' }))).toMatchObject({
      action: 'patch',
      payload: { description: 'new' },
    });
  });

  test('is replaced if the signed-in credential cannot change it', () => {
    const inabilities = [{ action: 'patch' as const, reason: 'no' }];
    const wanted = { ...ending(30), secret: [sink] };
    expect(planned(expired, { ...onRecord(expired), inabilities }, wanted)).toMatchObject({
      action: 'replace',
      replaceOrder: 'delete_first',
    });
  });
});

test('the replace of a robot does not miss the fields of another level', () => {
  const expired = live(45, 0);
  const { renewal: _, ...plain } = robot();
  expect(planned(expired, onRecord(expired), plain)).toMatchObject({ action: 'replace', hidden: [] });
});
