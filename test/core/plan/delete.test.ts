import { describe, expect, test } from 'vitest';
import type { CustodyRecord } from '../../../src/core/model/custody-record.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { personalEntry, personalToken } from '../docker-hub-fixtures.ts';
import { attempt, held, inputFor } from '../fixtures.ts';

const absent = personalEntry({ name: 'ci', state: 'absent' });

/** What is deleted, by ID, in the order of the plan; or the code of the error. */
function goes(
  wanted: typeof absent,
  live: readonly Observed[],
  record: Partial<CustodyRecord> = {},
  matches: readonly Observed[] = live,
): readonly (string | null)[] | string {
  const plan = createPlan([inputFor(wanted, live, { record: () => record, live: matches })]);
  const [error] = plan.changes.flatMap((change) => change.error?.code ?? []);
  return error ?? plan.changes.filter(({ action }) => action === 'delete').map(({ id }) => id);
}

const one = personalToken('id-1', 'ci');
const two = personalToken('id-2', 'ci');
const over = personalToken('id-9', 'ci', {}, { expired: true });
const old = { id: 'id-1', name: 'ci', created: one.origin.created };
const waiting = {
  attempt: attempt({ name: 'ci', replaces: old, replaceOrder: 'create_first' }),
  id: 'id-2',
  respondedAt: 0,
  encryptedOnly: false,
};

describe('an absent entry by label', () => {
  test('deletes the one token with the label, and expired ones', () => {
    expect(goes(absent, [one])).toEqual(['id-1']);
    expect(goes(absent, [over])).toEqual(['id-9']);
    expect(goes(absent, [one, over])).toEqual(['id-1', 'id-9']);
  });

  test('deletes nothing if two tokens have the label', () => {
    expect(goes(absent, [one, two])).toBe('AMBIGUOUS');
    expect(goes(absent, [one, two], { entry: held(one, { kind: 'docker_hub_personal_token' }) })).toBe(
      'AMBIGUOUS',
    );
  });

  test('deletes both tokens of a replace that has not deleted the old one', () => {
    const entry = held(two, { superseded: [old] });
    expect(goes(absent, [one, two], { entry }, [two])).toEqual(['id-2', 'id-1']);
  });

  test('deletes both tokens of a replace that has not delivered the new one', () => {
    expect(goes(absent, [one, two], { pendingSecret: waiting })).toEqual(['id-2', 'id-1']);
  });

  test('keeps a token that the ledger wrongly records as superseded', () => {
    const entry = held(two, { superseded: [{ ...old, created: 1 }] });
    expect(goes(absent, [one, two], { entry }, [two])).toEqual(['id-2']);
  });
});

describe('an absent entry by ID', () => {
  const named = (id: string) => personalEntry({ name: 'ci', id, state: 'absent' });

  test('deletes that token alone, whatever other tokens have its label', () => {
    expect(goes(named('id-1'), [one, two, over])).toEqual(['id-1']);
    expect(goes(named('id-1'), [one, two], { entry: held(two) })).toEqual(['id-1']);
  });

  test('deletes it with its superseded token', () => {
    expect(goes(named('id-1'), [one, two], { pendingSecret: waiting })).toEqual(['id-2', 'id-1']);
    expect(goes(named('id-2'), [one, two], { pendingSecret: waiting })).toEqual(['id-2', 'id-1']);
  });
});
