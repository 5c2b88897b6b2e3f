import { describe, expect, it, test } from 'vitest';
import type { Observed } from '../../../src/core/model/token.ts';
import { ownershipOf } from '../../../src/core/plan/ownership.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { personalTokenRules } from '../../../src/providers/docker-hub/fields.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import { personalToken } from '../docker-hub-fixtures.ts';
import { attempt, decide, entry, held, inputFor, now, sink, token } from '../fixtures.ts';
import { made, plan, wanted } from './recorded.ts';

describe('a token of our attempt whose response was lost', () => {
  it('is undelivered: replaced without allow_replace and without a warning', () => {
    expect(plan([made()], { openAttempts: [attempt()] })).toMatchObject({
      action: 'replace',
      id: 'id-1',
      custody: 'undelivered',
      replaceOrder: 'delete_first',
      reason: expect.stringContaining('undelivered'),
      warnings: [],
    });
  });

  it('is recognised by an unresolved attempt in the ledger too, open or settled', () => {
    for (const resolvedAt of [null, now - 5]) {
      const entryOf = { ...held(made()), id: null, unresolved: [{ ...attempt(), resolvedAt }] };
      expect(plan([made()], { entry: entryOf }).custody).toBe('undelivered');
    }
  });

  it('is not replaced if it is protected: others may be able to write the ledger', () => {
    const input = inputFor(entry({ ...wanted, protected: true }), [made()], {
      record: () => ({ openAttempts: [attempt()] }),
    });
    expect(createPlan([input]).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });

  it('is held if a sink has its secret: another run has delivered it', () => {
    const record = { openAttempts: [attempt()], sinkContents: [{ sink, holding: { id: 'id-1' } }] };
    expect(plan([made()], record)).toMatchObject({ action: 'noop', custody: 'held' });
  });

  it('is recognised by the ID that we chose, whatever its fields', () => {
    const chosen = attempt({ id: 'ID-1' });
    expect(plan([made('id-1', { status: 'disabled' })], { openAttempts: [chosen] }).custody).toBe(
      'undelivered',
    );
    expect(plan([made('id-2')], { openAttempts: [chosen] }).custody).toBe('unknown');
  });

  it('is recognised by our nonce if the service shows it', () => {
    const mine = made('id-1', {}, { requestMark: 'reconcile/1 (nonce-1)', created: 0 });
    const theirs = made('id-1', {}, { requestMark: 'reconcile/1 (nonce-2)' });
    expect(plan([mine], { openAttempts: [attempt()] }).custody).toBe('undelivered');
    expect(plan([theirs], { openAttempts: [attempt()] }).custody).toBe('unknown');
  });

  it('is not recognised by a user agent that a proxy may have rewritten: it is neither deleted nor adopted', () => {
    const rewritten = made('id-1', {}, { requestMark: 'proxy/3' });
    expect(plan([rewritten], { openAttempts: [attempt()] }).error?.code).toBe('OUTCOME_UNKNOWN');
    const other = made('id-1', { status: 'disabled' }, { requestMark: 'curl/8' });
    expect(plan([other], { openAttempts: [attempt()] }).custody).toBe('unknown');
  });
});

describe('a token of unknown ownership', () => {
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
    expect(plan([live], { openAttempts: [open] })).toMatchObject({
      action: 'error',
      id: 'id-1',
      error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining('id-1') },
    });
  });

  test.each(doubtful.slice(0, 3))('as it %s, is foreign after the grace', (_, live) => {
    expect(plan([live], { openAttempts: [attempt({ deadline: now - 31 })] }).custody).toBe('unknown');
  });

  it('is foreign if it has another user than ours', () => {
    const record = { openAttempts: [attempt()] };
    const change = decide({
      ...inputFor(entry(wanted), [made('id-1', {}, { createdBy: 'them' })], { record: () => record }),
      evidence: { grace: 30, proofOnly: false, knownCreators: new Set(['us']) },
    });
    expect(change.error?.code).toBe('OUTCOME_UNKNOWN');
  });

  test.each([
    { recorded: 'us', ownership: 'ours' },
    { recorded: 'them', ownership: 'unknown' },
  ])('with a recorded creator is judged by that alone: $recorded', ({ recorded, ownership }) => {
    const live = made('id-1', {}, { createdBy: 'us' });
    const evidence = { grace: 30, proofOnly: false, knownCreators: new Set(['them']) };
    const sent = attempt({ createdBy: recorded });
    expect(ownershipOf(live, [sent], registryTokenRules, evidence)).toBe(ownership);
  });

  it('is foreign if it existed before the attempt', () => {
    expect(plan([made()], { openAttempts: [attempt({ knownIds: ['ID-1'] })] }).custody).toBe('unknown');
  });

  it('is not ours by evidence alone under --strict-outcome', () => {
    for (const deadline of [now - 29, now - 3600]) {
      const change = plan([made()], { openAttempts: [attempt({ deadline })] }, { proofOnly: true });
      expect(change.error?.code).toBe('OUTCOME_UNKNOWN');
    }
  });
});

describe('a token with another name than an unresolved attempt', () => {
  const asked = { token_label: 'CI Push', scopes: ['repo:read'] };
  const sent = attempt({ kind: 'docker_hub_personal_token', name: 'CI Push', fields: asked });
  const verdict = (label: string, more: object = {}, proofOnly = false) => {
    const live = personalToken('id-9', label, {}, { origin: { created: now - 50 } });
    return ownershipOf({ ...live, ...more }, [sent], personalTokenRules, {
      grace: 30,
      proofOnly,
      knownCreators: new Set(),
    });
  };

  test('is ours if only the case differs and all evidence matches', () => {
    expect(verdict('ci push')).toBe('ours');
    expect(verdict('ci push', {}, true)).toBe('unknown');
    expect(verdict('ci push', { origin: { ...personalToken('', '').origin, created: now - 90 } })).toBe(
      'foreign',
    );
  });

  // Names that begin alike are common: too little to delete a token.
  test('is of unknown ownership if the service may have cut the name', () => {
    expect(verdict('CI')).toBe('unknown');
    expect(verdict('CI', { fields: { token_label: 'CI', scopes: ['repo:write'] } })).toBe('foreign');
  });

  test('is foreign if the name differs entirely', () => {
    expect(verdict('backup')).toBe('foreign');
  });
});

test('a shorter lifetime is not enough evidence: a person may have created the token', () => {
  const sent = attempt({
    kind: 'registry_token',
    fields: { name: 'ci', scopes: token('', '').fields['scopes'] ?? [], expiry_date: '2027-01-01T12:00:00Z' },
  });
  const verdict = (expiry_date: string) =>
    ownershipOf(token('id-9', 'ci', { expiry_date }, { created: now - 50 }), [sent], registryTokenRules, {
      grace: 30,
      proofOnly: false,
      knownCreators: new Set(),
    });
  expect(verdict('2027-01-01T00:00:00Z')).toBe('ours');
  expect(verdict('2026-06-01T00:00:00Z')).toBe('unknown');
});
