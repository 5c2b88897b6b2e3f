import { describe, expect, it, test } from 'vitest';
import type { Observed } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { orgEntry, orgToken, personalEntry, personalToken } from '../docker-hub-fixtures.ts';
import { attempt, decide, entry, held, inputFor, now, pullApp, token } from '../fixtures.ts';
import { made, plan, wanted } from './recorded.ts';
import { decisions } from './table.ts';

const read = ['repo:read'];
const push = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-push'] }];
const past = '2025-12-31T00:00:00Z';
const later = '2027-06-30T00:00:00Z';
const over = { expired: true } as const;
const nothing = () => ({});

/** A token that has expired, with the expiry that tells so. */
function expired(id: string, label: string): Observed {
  return personalToken(id, label, { expires_at: past }, over);
}

describe('what can change', () => {
  decisions([
    {
      why: 'scopes that others imply make no difference',
      wanted: personalEntry({ name: 'ci', fields: { scopes: ['repo:write', 'repo:read'] } }),
      live: [personalToken('id-1', 'ci', { scopes: ['repo:public_read', 'repo:write'] })],
      change: { action: 'noop' },
    },
    {
      why: 'scopes of a personal token: IMMUTABLE without allow_replace',
      wanted: personalEntry({ name: 'ci', fields: { scopes: ['repo:write'] } }),
      live: [personalToken('id-1', 'ci')],
      change: {
        action: 'error',
        id: 'id-1',
        error: { code: 'IMMUTABLE', message: expect.stringContaining('repo:read → repo:write') },
      },
    },
    {
      why: 'scopes of a personal token with allow_replace: the new one first, as labels repeat',
      wanted: personalEntry({ name: 'ci', allowReplace: true, fields: { scopes: ['repo:write'] } }),
      live: [personalToken('id-1', 'ci', { is_active: false, expires_at: later })],
      change: {
        action: 'replace',
        id: 'id-1',
        replaceOrder: 'create_first',
        payload: { token_label: 'ci', scopes: ['repo:write'], is_active: false, expires_at: later },
        warnings: [],
      },
    },
    {
      why: 'replace_order: delete_first is kept, and the plan says short outage',
      wanted: personalEntry({
        name: 'ci',
        allowReplace: true,
        replaceOrder: 'delete_first',
        fields: { scopes: ['repo:write'] },
      }),
      live: [personalToken('id-1', 'ci')],
      change: { replaceOrder: 'delete_first', warnings: [expect.stringContaining('short outage')] },
    },
    {
      why: 'scopes that a token does not show are never those that are wanted',
      wanted: personalEntry({ name: 'old', fields: { scopes: ['repo:admin'] } }),
      live: [personalToken('id-1', 'old', { scopes: null })],
      change: {
        action: 'error',
        error: { code: 'IMMUTABLE', message: expect.stringContaining('unspecified → repo:admin') },
      },
    },
    {
      why: 'scopes that a token does not show can not be carried over to a new one',
      wanted: personalEntry({ name: 'old', allowReplace: true, fields: { expires_at: later } }),
      live: [personalToken('id-1', 'old', { scopes: null })],
      change: { action: 'error', id: 'id-1', error: { message: 'scopes is required to create a token' } },
    },
    {
      why: 'the expiry: IMMUTABLE without allow_replace',
      wanted: orgEntry({ name: 'ci', fields: { expires_at: later } }),
      live: [orgToken('id-1', 'ci')],
      change: {
        action: 'error',
        error: { code: 'IMMUTABLE', message: expect.stringContaining('expires_at') },
      },
    },
    {
      why: 'all else of a token of an organization is patched',
      wanted: orgEntry({
        name: 'ci',
        fields: { description: 'new', resources: push, is_active: false },
      }),
      live: [orgToken('id-1', 'ci')],
      change: {
        action: 'patch',
        id: 'id-1',
        payload: { description: 'new', resources: push, is_active: false },
      },
    },
  ]);
});

describe('a token that has expired', () => {
  decisions([
    {
      why: 'is replaced without allow_replace; its expiry, not stated, can not be carried over',
      wanted: personalEntry({ name: 'ci', fields: { scopes: read } }),
      live: [expired('id-1', 'ci')],
      change: {
        action: 'replace',
        id: 'id-1',
        reason: 'expired',
        replaceOrder: 'create_first',
        payload: { token_label: 'ci', scopes: read, is_active: true },
        warnings: [
          `the manifest does not set expires_at, and ${past} can't be carried over: the new token is created without it`,
        ],
      },
    },
    {
      why: 'is replaced by one that ends when the manifest says, without a warning',
      wanted: personalEntry({ name: 'ci', fields: { scopes: read, expires_at: later } }),
      live: [expired('id-1', 'ci')],
      change: { action: 'replace', payload: { expires_at: later }, warnings: [] },
    },
    {
      why: 'is not replaced by another that would have expired, too',
      wanted: personalEntry({ name: 'ci', fields: { expires_at: past } }),
      live: [expired('id-1', 'ci')],
      change: {
        action: 'error',
        id: 'id-1',
        error: { code: 'MANIFEST_INVALID', message: expect.stringContaining('is in the past') },
      },
    },
    {
      why: 'is not missed, whatever is deleted first',
      wanted: personalEntry({ name: 'ci', replaceOrder: 'delete_first', fields: { expires_at: later } }),
      live: [expired('id-1', 'ci')],
      change: { action: 'replace', replaceOrder: 'delete_first', warnings: [] },
    },
    {
      why: 'makes room for a new secret only where that has somewhere to go',
      wanted: personalEntry({ name: 'ci', secret: undefined, fields: { expires_at: later } }),
      live: [expired('id-1', 'ci')],
      change: {
        action: 'error',
        error: { message: expect.stringContaining('the secret of the new token would be lost') },
      },
    },
    {
      why: 'does not match if there is a current one with its label',
      wanted: personalEntry({ name: 'ci', fields: { is_active: false } }),
      live: [expired('id-1', 'ci'), personalToken('id-2', 'ci')],
      record: nothing,
      change: { action: 'patch', id: 'id-2' },
    },
    {
      why: 'matches by its ID',
      wanted: personalEntry({ id: 'id-1', name: 'ci', state: 'absent' }),
      live: [expired('id-1', 'ci'), personalToken('id-2', 'ci')],
      change: { action: 'delete', id: 'id-1' },
    },
    {
      why: 'is AMBIGUOUS beside another that has expired, too',
      wanted: personalEntry({ name: 'ci' }),
      live: [expired('id-1', 'ci'), expired('id-2', 'ci')],
      record: nothing,
      change: { action: 'error', error: { code: 'AMBIGUOUS' } },
    },
    {
      why: 'is deleted where it is declared absent',
      wanted: personalEntry({ name: 'ci', state: 'absent' }),
      live: [expired('id-1', 'ci')],
      change: { action: 'delete', id: 'id-1' },
    },
  ]);

  test('is not replaced if it is protected', () => {
    const wanted = personalEntry({ name: 'ci', protected: true, fields: { expires_at: later } });
    expect(createPlan([inputFor(wanted, [expired('id-1', 'ci')])]).guards).toMatchObject([
      { code: 'PLAN_UNSAFE', message: expect.stringContaining('replace') },
    ]);
  });
});

describe('--replace', () => {
  const live = token('id-1', 'ci', { expiry_date: '2027-01-01T00:00:00Z' });

  it('recreates the token, and carries over fields that the manifest leaves out', () => {
    expect(plan([live], { entry: held(live) }, { forceReplace: true })).toMatchObject({
      action: 'replace',
      replaceOrder: 'delete_first',
      payload: { name: 'ci', scopes: [pullApp], expiry_date: '2027-01-01T00:00:00Z', status: 'enabled' },
      warnings: [expect.stringContaining('short outage')],
    });
  });

  it('creates first if two tokens can have one name', () => {
    const change = plan([live], { entry: held(live) }, { forceReplace: true, uniqueNames: false });
    expect(change).toMatchObject({ action: 'replace', replaceOrder: 'create_first' });
  });

  it('of a protected token is rejected', () => {
    const input = inputFor(entry({ ...wanted, protected: true }), [live], { forceReplace: true });
    expect(createPlan([input]).guards).toMatchObject([{ code: 'PLAN_UNSAFE' }]);
  });

  it('that was interrupted after the delete is completed with the fields to carry over', () => {
    const old = { id: 'id-1', name: 'ci', created: live.origin.created };
    const fields = { name: 'ci', scopes: [], expiry_date: '2027-01-01T00:00:00Z' };
    const begun = attempt({ replaceOrder: 'delete_first', replaces: old, fields });
    const change = plan([], { entry: held(live), openAttempts: [begun] });
    expect(change).toMatchObject({
      action: 'create',
      payload: { scopes: [pullApp], expiry_date: '2027-01-01T00:00:00Z' },
    });
    const update = entry({ state: 'update', existing: 'ci' });
    const ofUpdate = { ...begun, address: update.address };
    const finished = decide(inputFor(update, [], { record: () => ({ openAttempts: [ofUpdate] }) }));
    expect(finished).toMatchObject({ action: 'create', payload: { name: 'ci', scopes: [] } });
  });
});

describe('a rename', () => {
  const rename = entry({ state: 'update', existing: 'old', name: 'ci', allowReplace: true });

  it('ignores an undelivered token of the new name', () => {
    const change = decide(
      inputFor(rename, [token('id-0', 'old'), made()], {
        record: (name) => (name === 'ci' ? { openAttempts: [attempt()] } : {}),
      }),
    );
    expect(change).toMatchObject({ action: 'replace', id: 'id-0', replaceOrder: 'create_first' });
  });

  it('whose new secret waits in the spool is a delivery, followed by the delete of the old token', () => {
    const old = { id: 'id-0', name: 'old', created: 0 };
    const waiting = {
      attempt: attempt({ replaceOrder: 'create_first', replaces: old }),
      id: 'id-1',
      respondedAt: now - 50,
      encryptedOnly: false,
    };
    const change = decide(
      inputFor(rename, [token('id-0', 'old'), made()], {
        record: (name) => (name === 'ci' ? { pendingSecret: waiting } : {}),
      }),
    );
    expect(change).toMatchObject({
      action: 'deliver',
      id: 'id-1',
      reason: expect.stringContaining('the old token old (id-0) is deleted'),
    });
  });
});

test('an immutable expiry that may have been granted gets a hint: a replace could be granted the same', () => {
  const wanted = personalEntry({
    name: 'ci',
    fields: { scopes: ['repo:read'], expires_at: '2030-01-01T00:00:00Z' },
  });
  const hint = (expires_at: string) =>
    createPlan([inputFor(wanted, [personalToken('id-1', 'ci', { expires_at })])]).changes[0]?.error?.hint;
  expect(hint('2027-01-01T00:00:00Z')).toContain('set expires_at: 2027-01-01T00:00:00Z');
  expect(hint('never')).not.toContain('set expires_at');
});
