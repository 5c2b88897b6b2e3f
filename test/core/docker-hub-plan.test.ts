import { describe, expect, test } from 'vitest';
import type { CreateAttempt } from '../../src/core/model/custody-record.ts';
import type { Desired } from '../../src/core/model/desired.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Observed } from '../../src/core/model/token.ts';
import { createPlan } from '../../src/core/plan/plan.ts';
import { orgEntry, orgToken, personalEntry, personalToken, pull } from './docker-hub.ts';
import { decide, held, now, sink, situation, type World } from './situation.ts';

/** One row of a planner table: what is wanted and what is live, and what is to be done about it. */
interface Row {
  readonly why: string;
  readonly wanted: Desired;
  readonly live: readonly Observed[];
  /** What is on record; every live token is held unless a row says otherwise. */
  readonly record?: World['record'];
  readonly change: Partial<Omit<Change, 'error'>> & { readonly error?: object | null };
}

function table(rows: readonly Row[]): void {
  test.each(rows)('$why', ({ wanted, live, record, change }) => {
    expect(decide(situation(wanted, live, record && { record }))).toMatchObject(change);
  });
}

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

describe('a new token', () => {
  table([
    {
      why: 'is made with the stated fields, those too that are set only afterwards',
      wanted: personalEntry({ name: 'ci', fields: { scopes: read, is_active: false } }),
      live: [personalToken('id-1', 'other')],
      change: {
        action: 'create',
        id: null,
        fields: [
          { field: 'scopes', before: null, after: read },
          { field: 'is_active', before: null, after: false },
        ],
        payload: { token_label: 'ci', scopes: read, is_active: false },
        error: null,
        warnings: [],
      },
    },
    {
      why: 'of an account needs scopes',
      wanted: personalEntry({ name: 'ci', fields: { expires_at: later } }),
      live: [],
      change: {
        action: 'error',
        payload: {},
        error: {
          code: 'MANIFEST_INVALID',
          message: 'scopes is required to create a token',
          hint: 'set scopes',
          source: { file: 'tokens.yaml', line: 3, column: 5 },
        },
      },
    },
    {
      why: 'of an organization needs resources, and knows no scopes that could be warned of',
      wanted: orgEntry({ name: 'ci' }),
      live: [],
      change: { action: 'error', error: { message: 'resources is required to create a token' } },
    },
    {
      why: 'of an organization is made once they are there',
      wanted: orgEntry({ name: 'ci', fields: { resources: pull } }),
      live: [],
      change: { action: 'create', payload: { label: 'ci', resources: pull }, warnings: [] },
    },
    {
      why: 'ends in the future',
      wanted: personalEntry({ name: 'ci', fields: { scopes: read, expires_at: past } }),
      live: [],
      change: { action: 'error', error: { message: expect.stringContaining('is in the past') } },
    },
    {
      why: 'is made beside one of that label that the service made for itself',
      wanted: personalEntry({ name: 'desktop', fields: { scopes: read } }),
      live: [personalToken('id-1', 'desktop', {}, { generated: true })],
      change: { action: 'create' },
    },
  ]);

  test('needs nothing where a live one is only changed', () => {
    const wanted = orgEntry({ name: 'ci', fields: { is_active: false } });
    expect(decide(situation(wanted, [orgToken('id-1', 'ci')]))).toMatchObject({
      action: 'patch',
      payload: { is_active: false },
    });
  });
});

describe('what can change', () => {
  table([
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

describe('a token that is named by its ID', () => {
  const ci = personalToken('id-1', 'ci');
  table([
    {
      why: 'is found in either case',
      wanted: personalEntry({ id: 'ID-1', fields: { is_active: false } }),
      live: [ci],
      change: { action: 'patch', id: 'id-1', payload: { is_active: false } },
    },
    {
      why: 'is renamed by a patch, where it has another label',
      wanted: personalEntry({ id: 'id-1', name: 'new' }),
      live: [ci],
      change: {
        action: 'patch',
        id: 'id-1',
        fields: [{ field: 'token_label', before: 'ci', after: 'new' }],
        payload: { token_label: 'new' },
        secret: null,
      },
    },
    {
      why: 'is renamed to a label that another has: labels repeat',
      wanted: personalEntry({ id: 'id-1', name: 'taken', state: 'update' }),
      live: [ci, personalToken('id-2', 'taken')],
      change: { action: 'patch', id: 'id-1', payload: { token_label: 'taken' } },
    },
    {
      why: 'is renamed in an organization, too',
      wanted: orgEntry({ id: 'id-1', name: 'new' }),
      live: [orgToken('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1', payload: { label: 'new' } },
    },
    {
      why: 'is that one of several with its label',
      wanted: personalEntry({ id: 'id-2', name: 'ci', fields: { is_active: false } }),
      live: [ci, personalToken('id-2', 'ci')],
      change: { action: 'patch', id: 'id-2' },
    },
    {
      why: 'and is not there: NOT_FOUND, though another has the label',
      wanted: personalEntry({ id: 'gone', name: 'ci' }),
      live: [ci],
      record: nothing,
      change: {
        action: 'error',
        error: {
          code: 'NOT_FOUND',
          message: 'no token gone in the account on Docker Hub',
          hint: expect.stringContaining('correct the uuid'),
        },
      },
    },
    {
      why: 'and is not there to update: noop with a warning that names the ID alone',
      wanted: personalEntry({ id: 'gone', name: 'ci', state: 'update' }),
      live: [ci],
      record: nothing,
      change: {
        action: 'noop',
        id: null,
        warnings: [
          'no token gone to update in the account on Docker Hub; state: update never creates a token',
        ],
      },
    },
    {
      why: 'is deleted where it is declared absent, and no other of its label',
      wanted: personalEntry({ id: 'id-2', name: 'ci', state: 'absent' }),
      live: [ci, personalToken('id-2', 'ci')],
      change: { action: 'delete', id: 'id-2' },
    },
    {
      why: 'and is not there to delete: noop, though another has the label',
      wanted: personalEntry({ id: 'gone', name: 'ci', state: 'absent' }),
      live: [ci],
      record: nothing,
      change: { action: 'noop', id: null, warnings: [] },
    },
    {
      why: 'alone, and would have to be replaced: its successor would not be found again',
      wanted: personalEntry({ id: 'id-1', allowReplace: true, fields: { scopes: ['repo:write'] } }),
      live: [ci],
      change: {
        action: 'error',
        id: 'id-1',
        error: {
          code: 'MANIFEST_INVALID',
          message: expect.stringContaining('only by its ID'),
          hint: 'set the name of the token beside its uuid',
        },
      },
    },
  ]);

  test.each(['present', 'update', 'absent'] as const)(
    'and was created by the service for its own use is never managed: state: %s',
    (state) => {
      const live = [personalToken('id-1', 'desktop', {}, { generated: true })];
      expect(decide(situation(personalEntry({ id: 'ID-1', state }), live))).toMatchObject({
        action: 'error',
        id: 'id-1',
        error: {
          code: 'MANIFEST_INVALID',
          message: expect.stringContaining('desktop (id-1) was created by the service'),
        },
      });
    },
  );
});

describe('a token that the manifest still knows by the ID of one that was replaced', () => {
  const heir = personalToken('id-2', 'ci');
  const wanted = personalEntry({ id: 'id-1', name: 'ci' });
  const byLedger = (address: string) => () => ({
    entry: held(heir, { kind: 'docker_hub_personal_token', address }),
    sinkContents: [{ sink, holding: { id: 'id-2' } }],
  });
  const note = 'the token id-1 was replaced by id-2; update uuid, or remove it';
  table([
    {
      why: 'is the one of the ledger, and the plan says what to write',
      wanted,
      live: [heir],
      record: byLedger(wanted.address),
      change: { action: 'noop', id: 'id-2', custody: 'held', warnings: [note] },
    },
    {
      why: 'is changed like any other',
      wanted: personalEntry({ id: 'id-1', name: 'ci', fields: { is_active: false } }),
      live: [heir],
      record: byLedger(wanted.address),
      change: { action: 'patch', id: 'id-2', payload: { is_active: false }, warnings: [note] },
    },
    {
      why: 'is deleted like any other',
      wanted: personalEntry({ id: 'id-1', name: 'ci', state: 'absent' }),
      live: [heir],
      record: byLedger(wanted.address),
      change: { action: 'delete', id: 'id-2', warnings: [note] },
    },
    {
      why: 'is not the one of another entry: NOT_FOUND',
      wanted,
      live: [heir],
      record: byLedger('docker_hub_personal_token:other'),
      change: { action: 'error', error: { code: 'NOT_FOUND' } },
    },
    {
      why: 'is not one that is gone as well: NOT_FOUND',
      wanted,
      live: [personalToken('id-3', 'ci')],
      record: byLedger(wanted.address),
      change: { action: 'error', error: { code: 'NOT_FOUND' } },
    },
    {
      why: 'is not meant while the old one lives',
      wanted,
      live: [personalToken('id-1', 'ci'), heir],
      record: byLedger(wanted.address),
      change: { id: 'id-1' },
    },
  ]);

  test('is made by a replace that an earlier run has begun, with what was carried over', () => {
    const begun: CreateAttempt = {
      nonce: 'nonce-1',
      order: 'delete_first',
      key: '0'.repeat(32),
      kind: 'docker_hub_personal_token',
      address: wanted.address,
      scope: { id: 'ann', name: 'ann' },
      name: 'ci',
      id: null,
      fields: { token_label: 'ci', scopes: ['repo:write'] },
      sinks: [sink],
      seen: ['id-1'],
      listedAt: now - 60,
      deadline: now - 29,
      old: { id: 'id-1', name: 'ci', created: now - 86_400 },
    };
    expect(decide(situation(wanted, [], { record: () => ({ unanswered: [begun] }) }))).toMatchObject({
      action: 'create',
      payload: { token_label: 'ci', scopes: ['repo:write'] },
    });
  });
});

describe('several tokens of one label', () => {
  const used = { origin: { created: now - 7200, lastUsed: now - 3600 } };
  const twins = [personalToken('id-1', 'ci'), personalToken('id-2', 'ci', {}, used)];
  const ambiguous = {
    code: 'AMBIGUOUS',
    message:
      '2 live tokens in the account on Docker Hub are named ci: ' +
      'id-1 (created 2025-12-31T00:00:00Z, never used); id-2 (created 2025-12-31T22:00:00Z, last used 2025-12-31T23:00:00Z)',
    hint: expect.stringContaining('uuid'),
  };
  table([
    {
      why: 'are AMBIGUOUS, and the error tells when each was made and used',
      wanted: personalEntry({ name: 'ci' }),
      live: twins,
      record: nothing,
      change: { action: 'error', id: null, error: ambiguous },
    },
    {
      why: 'are not updated',
      wanted: personalEntry({ name: 'ci', state: 'update', fields: { is_active: false } }),
      live: twins,
      record: nothing,
      change: { action: 'error', error: ambiguous },
    },
    {
      why: 'are not deleted',
      wanted: personalEntry({ name: 'ci', state: 'absent' }),
      live: twins,
      record: nothing,
      change: { action: 'error', error: ambiguous },
    },
    {
      why: 'are not told apart by one being ours: somebody else may mean the other',
      wanted: personalEntry({ name: 'ci' }),
      live: twins,
      change: { action: 'error', error: ambiguous },
    },
    {
      why: 'say nothing of what the service does not tell',
      wanted: personalEntry({ name: 'ci' }),
      live: ['id-1', 'id-2'].map((id) => personalToken(id, 'ci', {}, { origin: { created: null } })),
      record: nothing,
      change: { error: { message: expect.stringMatching(/: id-1 \(never used\); id-2 \(never used\)$/) } },
    },
    {
      why: 'are one where all but one were made by the service for itself',
      wanted: personalEntry({ name: 'ci', fields: { scopes: read } }),
      live: [personalToken('id-1', 'ci', {}, { generated: true }), personalToken('id-2', 'ci')],
      record: nothing,
      change: { action: 'noop', id: 'id-2' },
    },
  ]);
});

describe('a token that has expired', () => {
  table([
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
      why: 'is not meant where there is a current one of its label',
      wanted: personalEntry({ name: 'ci', fields: { is_active: false } }),
      live: [expired('id-1', 'ci'), personalToken('id-2', 'ci')],
      record: nothing,
      change: { action: 'patch', id: 'id-2' },
    },
    {
      why: 'is meant where its ID is given',
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

  test('is not replaced where it is protected', () => {
    const wanted = personalEntry({ name: 'ci', protected: true, fields: { expires_at: later } });
    expect(createPlan([situation(wanted, [expired('id-1', 'ci')])]).guards).toMatchObject([
      { code: 'PLAN_UNSAFE', message: expect.stringContaining('replace') },
    ]);
  });
});

test('two entries for one token, one by its label and one by its ID, are a conflict', () => {
  const live = [personalToken('id-1', 'ci')];
  const entries = [personalEntry({ name: 'ci' }), personalEntry({ id: 'ID-1', state: 'update' })];
  const { changes } = createPlan(entries.map((wanted) => situation(wanted, live)));
  expect(changes.map(({ error }) => error?.code)).toEqual(['MANIFEST_CONFLICT', 'MANIFEST_CONFLICT']);
});
