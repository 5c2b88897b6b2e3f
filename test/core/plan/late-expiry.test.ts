import { describe, expect, test } from 'vitest';
import type { CustodyRecord } from '../../../src/core/model/custody-record.ts';
import type { Desired } from '../../../src/core/model/desired.ts';
import { canonicalizeFields } from '../../../src/core/model/field-rules.ts';
import type { Inability } from '../../../src/core/model/inability.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { robotRules } from '../../../src/providers/harbor/fields.ts';
import { attempt, entryOf, held, inputFor, now, sink } from '../fixtures.ts';

const day = 86_400;
const access = ['repository:pull'];
const created = now - 50;
/** The create asked for an end that is a second less than 31 days after the creation, and got 31 days. */
const asked = formatInstant(created + 31 * day - 1);
const kept = formatInstant(created + 30 * day);
const shown = formatInstant(created + 31 * day);

const aRobot: readonly Inability[] = [{ action: 'patch', reason: 'it is a robot account' }];
const warning = expect.stringContaining(`the token ends at ${shown}, later than ${asked}`);

const robot = (expiry = asked, more: Partial<Desired> = {}): Desired =>
  entryOf(
    'harbor_robot',
    { scope: 'project/team-a', place: 'the project team-a', name: 'ci', ...more },
    { name: 'ci', access, ...(more.rotation === undefined && { expires_at: expiry }) },
  );

const live = (name = 'ci', more: Partial<Observed> = {}): Observed => ({
  id: '7',
  name,
  fields: canonicalizeFields(robotRules, {
    name,
    description: '',
    access,
    disable: false,
    expires_at: shown,
  }),
  origin: { created, createdBy: 'us', requestMark: null, modified: false },
  object: {},
  ...more,
});

const plan = (
  desired: Desired,
  token: Observed,
  record: Partial<CustodyRecord>,
  inabilities: readonly Inability[] = [],
): Change | undefined =>
  createPlan([inputFor(desired, [token], { record: () => record, inabilities })]).changes[0];

/** The secret of a robot of this name, which an earlier run has created and not delivered. */
const waiting = (name = 'ci'): Partial<CustodyRecord> => ({
  pendingSecret: {
    attempt: attempt({ kind: 'harbor_robot', name, fields: { name, access, expires_at: asked } }),
    id: '7',
    respondedAt: created,
    encryptedOnly: false,
  },
});

describe('a secret in the spool whose token ends too late', () => {
  test('is delivered, and the expiry is corrected', () => {
    expect(plan(robot(), live(), waiting())).toMatchObject({
      action: 'deliver',
      payload: { expires_at: kept },
      warnings: [],
    });
  });

  test('is so in a family, too, whose manifest states no expiry', () => {
    const rotation = { base: 'ci', every: 30 * day, lifetime: 31 * day, beforeExpiry: 0, overlap: day };
    const name = `ci-${formatInstant(created).replace(/\D/g, '').slice(0, 12)}`;
    expect(plan(robot(undefined, { rotation }), live(name), waiting(name))).toMatchObject({
      action: 'deliver',
      payload: { expires_at: kept },
    });
  });

  test('is delivered with a warning if the credential can not correct the expiry', () => {
    expect(plan(robot(), live(), waiting(), aRobot)).toMatchObject({
      action: 'deliver',
      payload: {},
      error: null,
      warnings: [warning],
    });
  });

  test('is not delivered if the manifest asks for another expiry meanwhile, which the credential can not set', () => {
    const other = robot(formatInstant(now + 60 * day));
    expect(plan(other, live(), waiting(), aRobot)).toMatchObject({
      action: 'error',
      error: { code: 'AUTH' },
    });
  });
});

test('a generation that ends a day earlier or later, as days are whole, is no warning', () => {
  const rotation = { base: 'ci', every: 30 * day, lifetime: 45 * day, beforeExpiry: 0, overlap: day };
  const name = `ci-${formatInstant(created).replace(/\D/g, '').slice(0, 12)}`;
  for (const [days, warnings] of [
    [30, []],
    [32, []],
    [29, [expect.stringContaining('the next generation is due before that')]],
  ] as const) {
    const grant = { asked: formatInstant(created + days * day), granted: shown };
    const token = live(name, { granted: { expires_at: grant } });
    const record = {
      entry: held(token, { kind: 'harbor_robot', name }),
      sinkContents: [{ sink, holding: { id: '7' } }],
    };
    expect(plan(robot(undefined, { rotation }), token, record)).toMatchObject({ action: 'noop', warnings });
  }
});

describe('a delivered token that ends too late', () => {
  const record = (token: Observed): Partial<CustodyRecord> => ({
    entry: held(token, { kind: 'harbor_robot' }),
    sinkContents: [{ sink, holding: { id: '7' } }],
  });

  test.each([asked, kept])(
    'is corrected by a credential that can, though the expiry for %s is on record',
    (sent) => {
      const token = live('ci', { granted: { expires_at: { asked: sent, granted: shown } } });
      expect(plan(robot(), token, record(token))).toMatchObject({
        action: 'patch',
        payload: { expires_at: kept },
        warnings: [],
      });
      expect(plan(robot(), token, record(token), aRobot)).toMatchObject({
        action: 'noop',
        warnings: [warning],
      });
    },
  );

  test('is an error if the expiry is not on record, and the credential can not change it', () => {
    expect(plan(robot(), live(), record(live()), aRobot)).toMatchObject({ action: 'error' });
  });
});
