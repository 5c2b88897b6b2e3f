import { describe, expect, test } from 'vitest';
import type { CreateAttempt } from '../../../src/core/model/custody-record.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { ownershipOf } from '../../../src/core/plan/ownership.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import { attempt, held, now } from '../fixtures.ts';
import { made, plan } from './recorded.ts';

/** A token of a service that tells neither when nor by whom it was created. */
const untold = (id: string, fields = {}): Observed =>
  made(id, fields, { created: null, createdBy: null, hasNoHistory: true });
const evidence = { grace: 30, proofOnly: false, knownCreators: new Set<string>() };
const ownership = (
  token: Observed,
  sent: CreateAttempt,
  listed: readonly Observed[] = [token],
  policy = evidence,
) => ownershipOf(token, [sent], registryTokenRules, policy, listed);

describe('a token without a history', () => {
  test('is ours if the listing before an open attempt lacked it, and it is exactly as requested', () => {
    expect(ownership(untold('7'), attempt())).toBe('ours');
    expect(plan([untold('7')], { openAttempts: [attempt()] })).toMatchObject({
      action: 'replace',
      custody: 'undelivered',
    });
  });

  test.each([
    { why: 'was listed before', token: untold('7'), sent: attempt({ knownIds: ['7'] }), is: 'foreign' },
    { why: 'has another status', token: untold('7', { status: 'disabled' }), is: 'unknown' },
    { why: 'has another expiry', token: untold('7', { expiry_date: '2099-01-01T00:00:00Z' }), is: 'unknown' },
    { why: 'has another name', token: { ...untold('7'), name: 'ci-2' }, is: 'foreign' },
    { why: 'has a name in another case', token: { ...untold('7'), name: 'CI' }, is: 'foreign' },
  ])('is not ours if it $why', ({ token, sent = attempt(), is }) => {
    expect(ownership(token, sent)).toBe(is);
  });

  test('is of unknown ownership if another new one fits as well, and under --strict-outcome', () => {
    expect(ownership(untold('7'), attempt(), [untold('7'), untold('8')])).toBe('unknown');
    expect(ownership(untold('7'), attempt({ knownIds: ['8'] }), [untold('7'), untold('8')])).toBe('ours');
    expect(ownership(untold('7'), attempt(), [untold('7'), untold('8', { status: 'disabled' })])).toBe(
      'ours',
    );
    expect(ownership(untold('7'), attempt(), [], { ...evidence, proofOnly: true })).toBe('unknown');
    const two = plan([untold('7'), untold('8')], { openAttempts: [attempt()] });
    expect(two).toMatchObject({ action: 'error' });
  });

  test('is ours beside one that the ledger holds: a later attempt has created that', () => {
    const record = { entry: held(untold('8')), openAttempts: [attempt()] };
    const change = plan([untold('7'), untold('8')], record);
    expect(change).toMatchObject({ action: 'noop', id: '8' });
  });

  test('is foreign once a listing has settled the attempt: nothing late is expected any more', () => {
    const settled = { ...attempt(), resolvedAt: now - 5 };
    expect(ownership(untold('7'), settled)).toBe('foreign');
    // Without proof, it stays unknown which request has created it.
    expect(ownership(untold('7'), settled, [untold('7')], { ...evidence, proofOnly: true })).toBe('unknown');
    expect(ownership(untold('7'), { ...settled, resolvedAt: null } as CreateAttempt)).toBe('ours');
  });

  test('has the default of its ID in a field that was not sent', () => {
    const rules = {
      ...registryTokenRules,
      status: {
        ...registryTokenRules.status,
        defaultOf: (id: string) => (id === '7' ? 'enabled' : 'disabled'),
      },
    };
    const { status: _, ...fields } = attempt().fields;
    const sent = attempt({ fields });
    expect(ownershipOf(untold('7'), [sent], rules, evidence)).toBe('ours');
    expect(ownershipOf(untold('8'), [sent], rules, evidence)).toBe('unknown');
  });
});
