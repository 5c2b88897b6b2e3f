import { describe, expect, test } from 'vitest';
import {
  asRecorded,
  grantsOf,
  hiddenFields,
  isAsWanted,
  isEvidence,
  isGranted,
  isGrantedText,
  knownFields,
} from '../../../src/core/model/granted-values.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { personalTokenRules } from '../../../src/providers/docker-hub/fields.ts';
import { accessTokenRules } from '../../../src/providers/gitlab/fields.ts';
import { registryTokenRules } from '../../../src/providers/ionos/fields.ts';
import { orgEntry, orgToken, personalEntry, personalToken } from '../docker-hub-fixtures.ts';
import { inputFor, token } from '../fixtures.ts';

// A name is the same, or what a service has made of it; anything else is another token's.
test.each([
  { asked: 'ci-push', shown: 'ci-push', same: true },
  { asked: 'CI-Push', shown: 'ci-push', same: true },
  { asked: 'ci-push', shown: 'CI-PUSH', same: true },
  { asked: ' CI  push\t', shown: 'CI push', same: true },
  { asked: 'ci-push-of-team-a', shown: 'ci-push', same: true },
  { asked: ' CI push', shown: 'ci p', same: true },
  { asked: 'ci push', shown: 'ci ', same: true },
  { asked: 'e\u0301lan', shown: '\u00e9lan', same: true },
  { asked: 'rocket 🚀', shown: 'rocket \ud83d', same: true },
  { asked: 'ci', shown: 'ci-push', same: false },
  { asked: 'ci-push', shown: 'backup', same: false },
  { asked: 'ci-push', shown: 'push', same: false },
  { asked: 'ci-push', shown: '', same: false },
  { asked: 'ci-push', shown: ' ', same: false },
  { asked: 'CI Push', shown: 'ci-push', same: false },
  { asked: 'ci', shown: 'c1', same: false },
])('$shown is what a service may have made of $asked: $same', ({ asked, shown, same }) => {
  expect(isGrantedText(asked, shown)).toBe(same);
});

test('the comparison with a text of a service takes no quadratic time', () => {
  expect(isGrantedText('ci', `${'\ufffd'.repeat(1_000_000)}x`)).toBe(false);
});

test.each([
  {
    why: 'a cap',
    asked: '2030-06-30T12:00:00Z',
    shown: '2027-01-01T00:00:00Z',
    granted: true,
    evidence: false,
  },
  { why: 'a cap on no end', asked: 'never', shown: '2027-01-01T00:00:00Z', granted: true, evidence: false },
  {
    why: 'the midnight before',
    asked: '2030-06-30T12:00:00Z',
    shown: '2030-06-30T00:00:00Z',
    granted: true,
    evidence: true,
  },
  {
    why: 'the midnight after',
    asked: '2030-06-30T12:00:00Z',
    shown: '2030-07-01T00:00:00Z',
    granted: true,
    evidence: true,
  },
  {
    why: 'a longer life',
    asked: '2030-06-30T12:00:00Z',
    shown: '2030-07-02T00:00:00Z',
    granted: false,
    evidence: false,
  },
  { why: 'no end', asked: '2030-06-30T12:00:00Z', shown: 'never', granted: false, evidence: false },
  { why: 'no instant', asked: '2030-06-30T12:00:00Z', shown: 'some day', granted: false, evidence: false },
])('an expiry may come of another: $why', ({ asked, shown, granted, evidence }) => {
  const { expires_at: rule } = personalTokenRules;
  expect({
    granted: isGranted(rule as never, asked, shown),
    evidence: isEvidence(rule as never, asked, shown),
  }).toEqual({ granted, evidence });
});

test('scopes and states are never granted differently: they match or differ', () => {
  for (const [field, asked, shown] of [
    ['scopes', [], [{ type: 'repository', name: '*', actions: ['pull'] }]],
    ['status', 'disabled', 'enabled'],
  ] as const) {
    expect(isGranted(registryTokenRules[field] as never, asked, shown)).toBe(false);
  }
  const made = token('id-1', 'ci', { status: 'enabled', expiry_date: '2026-06-01T00:00:00Z' });
  const asked = { name: 'CI', status: 'disabled', expiry_date: '2027-01-01T00:00:00Z' };
  expect(grantsOf(registryTokenRules, asked, made)).toEqual({
    name: { asked: 'CI', granted: 'ci' },
    expiry_date: { asked: '2027-01-01T00:00:00Z', granted: '2026-06-01T00:00:00Z' },
  });
});

test('a text that the service drops is granted, but a name is not: that would be another token', () => {
  const made = { ...token('id-1', ''), fields: { name: '', description: '' } };
  expect(grantsOf(accessTokenRules, { name: 'ci', description: 'for builds' }, made)).toEqual({
    description: { asked: 'for builds', granted: '' },
  });
});

describe('a token that was granted something else', () => {
  const asked = '2030-01-01T00:00:00Z';
  const granted = '2027-01-01T00:00:00Z';
  const is = (expires_at: string): Observed =>
    asRecorded(personalToken('id-1', 'ci', { expires_at }), 'ci', { expires_at: { asked, granted } });

  test.each([
    { why: 'the same is wanted', live: granted, wanted: asked, same: true },
    { why: 'what was granted is wanted', live: granted, wanted: granted, same: true },
    { why: 'something else is wanted', live: granted, wanted: '2031-01-01T00:00:00Z', same: false },
    { why: 'it was changed since', live: '2026-06-01T00:00:00Z', wanted: asked, same: false },
    { why: 'it was changed since to what is wanted', live: asked, wanted: asked, same: true },
  ])('is as wanted where $why: $same', ({ live, wanted, same }) => {
    expect(isAsWanted(is(live), 'expires_at', wanted)).toBe(same);
  });

  test('does not change the digest of a plan, but has a warning', () => {
    const wanted = personalEntry({ name: 'ci', fields: { scopes: ['repo:read'], expires_at: asked } });
    const planOf = (live: Observed) => createPlan([inputFor(wanted, [live])]);
    const plan = planOf(is(granted));
    expect(plan.changes).toMatchObject([
      { action: 'noop', cause: null, warnings: [expect.stringMatching(`${granted}.*${asked}`)] },
    ]);
    expect(plan.digest).toBe(planOf(personalToken('id-1', 'ci', { expires_at: asked })).digest);
  });
});

describe('a field that is never shown', () => {
  const silent = (sent?: string): Observed => {
    const { description: _, ...fields } = orgToken('id-1', 'ci').fields;
    const live = { ...orgToken('id-1', 'ci'), fields };
    return asRecorded(
      live,
      'ci',
      sent === undefined ? undefined : { description: { asked: sent, granted: null } },
    );
  };

  test.each([
    { why: 'it was sent so', sent: 'one', wanted: 'one', same: true },
    { why: 'another was sent', sent: 'two', wanted: 'one', same: false },
    { why: 'nothing is on record', sent: undefined, wanted: 'one', same: false },
  ])('is as wanted where $why: $same', ({ sent, wanted, same }) => {
    expect(isAsWanted(silent(sent), 'description', wanted)).toBe(same);
    expect(hiddenFields({ description: wanted }, silent(sent))).toEqual(['description']);
  });

  test('counts as shown once the service shows it', () => {
    const live = asRecorded(orgToken('id-1', 'ci', { description: 'two' }), 'ci', {
      description: { asked: 'one', granted: null },
    });
    expect(isAsWanted(live, 'description', 'one')).toBe(false);
    expect(hiddenFields({ description: 'one' }, live)).toEqual([]);
  });

  test('is known by what was sent', () => {
    expect(knownFields(silent('one'))).toMatchObject({ description: 'one' });
    expect(knownFields(silent())).not.toHaveProperty('description');
  });

  test('is reported once, however many tokens have it', () => {
    const inputs = ['a', 'b'].map((label) => {
      const live = { ...silent('one'), id: label, name: label, fields: { ...silent().fields, label } };
      return inputFor(orgEntry({ name: label, fields: { description: 'one' } }), [live]);
    });
    const [first, second] = createPlan(inputs).changes;
    expect(first).toMatchObject({ action: 'noop', warnings: [expect.stringContaining('description')] });
    expect(second).toMatchObject({ action: 'noop', warnings: [] });
  });
});

test('a token as recorded keeps the name that it logs in with', () => {
  const shown = { ...token('1', 'ci'), loginName: 'robot$ci' };
  expect(asRecorded(shown, 'CI', undefined)).toMatchObject({ name: 'CI', loginName: 'robot$ci' });
});
