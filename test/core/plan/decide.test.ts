import { describe, expect } from 'vitest';
import { emptyRecord, pullApp, token } from '../fixtures.ts';
import { table } from './table.ts';

const past = '2025-12-31T23:59:59Z';
const later = '2027-06-30T00:00:00Z';

describe('state: present', () => {
  table([
    {
      why: 'no token has this name: create, with the stated fields',
      wanted: { name: 'ci', fields: { scopes: [pullApp], expiry_date: later } },
      live: [token('id-1', 'other')],
      change: {
        action: 'create',
        id: null,
        reason: 'no token has this name',
        fields: [
          { field: 'scopes', before: null, after: [pullApp] },
          { field: 'expiry_date', before: null, after: later },
        ],
        payload: { name: 'ci', scopes: [pullApp], expiry_date: later },
        secret: ['file:secrets/token.json'],
        custody: null,
        error: null,
        warnings: [],
      },
    },
    {
      why: 'names match exactly: another case is another token',
      wanted: { name: 'ci' },
      live: [token('id-1', 'CI')],
      change: { action: 'create' },
    },
    {
      why: 'an ID is no name: present matches by name alone',
      wanted: { name: 'id-1' },
      live: [token('id-1', 'ci')],
      change: { action: 'create' },
    },
    {
      why: 'a create without scopes is warned of: the token may do nothing',
      wanted: { name: 'ci' },
      live: [],
      change: { action: 'create', warnings: ['a token without scopes has no permissions'] },
    },
    {
      why: 'a create with empty scopes is warned of, too',
      wanted: { name: 'ci', fields: { scopes: [] } },
      live: [],
      change: { action: 'create', warnings: ['a token without scopes has no permissions'] },
    },
    {
      why: 'a create without secret: error, the secret of the new token would be lost',
      wanted: { name: 'ci', secret: undefined },
      live: [],
      change: {
        action: 'error',
        payload: {},
        error: {
          code: 'MANIFEST_INVALID',
          message: expect.stringContaining('the secret of the new token would be lost'),
        },
      },
    },
    {
      why: 'secret: discard accepts that',
      wanted: { name: 'ci', secret: 'discard' },
      live: [],
      change: { action: 'create', secret: null, error: null },
    },
    {
      why: 'all as declared: noop',
      wanted: { name: 'ci', fields: { scopes: [pullApp], expiry_date: 'never', status: 'enabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'noop', id: 'id-1', fields: [], payload: {}, custody: 'held', warnings: [] },
    },
    {
      why: 'fields that are left out are not managed: never diffed',
      wanted: { name: 'ci' },
      live: [token('id-1', 'ci', { scopes: [], expiry_date: past, status: 'disabled' })],
      change: { action: 'noop', fields: [] },
    },
    {
      why: 'scopes are sets: neither order nor repetition counts',
      wanted: {
        name: 'ci',
        fields: {
          scopes: [
            { type: 'repository', name: 'b', actions: ['push', 'pull', 'push'] },
            { type: 'repository', name: 'a', actions: ['pull'] },
          ],
        },
      },
      live: [
        token('id-1', 'ci', {
          scopes: [
            { type: 'repository', name: 'a', actions: ['pull'] },
            { type: 'repository', name: 'b', actions: ['pull'] },
            { type: 'repository', name: 'b', actions: ['push'] },
          ],
        }),
      ],
      change: { action: 'noop' },
    },
    {
      why: 'instants are compared by the second, whatever their zone',
      wanted: { name: 'ci', fields: { expiry_date: '2027-06-30T02:00:00.5+02:00' } },
      live: [token('id-1', 'ci', { expiry_date: later })],
      change: { action: 'noop' },
    },
    {
      why: 'what differs is patched, and nothing else is sent',
      wanted: { name: 'ci', fields: { scopes: [pullApp], expiry_date: later, status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: {
        action: 'patch',
        id: 'id-1',
        reason: 'expiry_date, status differ',
        fields: [
          { field: 'expiry_date', before: 'never', after: later },
          { field: 'status', before: 'enabled', after: 'disabled' },
        ],
        payload: { expiry_date: later, status: 'disabled' },
        secret: null,
        custody: 'held',
      },
    },
    {
      why: 'a patch needs no secret',
      wanted: { name: 'ci', secret: undefined, fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch' },
    },
    {
      why: 'empty scopes take all rights away',
      wanted: { name: 'ci', fields: { scopes: [] } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', payload: { scopes: [] } },
    },
    {
      why: 'two live tokens of one name: AMBIGUOUS, and the error lists them',
      wanted: { name: 'ci' },
      live: [token('id-1', 'ci'), token('id-2', 'ci')],
      change: {
        action: 'error',
        error: {
          code: 'AMBIGUOUS',
          message:
            '2 live tokens in team-a are named ci: id-1 (created 2025-12-31T00:00:00Z); id-2 (created 2025-12-31T00:00:00Z)',
        },
      },
    },
    {
      why: 'a live token whose secret was never ours: noop with a warning where a secret is wanted',
      wanted: { name: 'ci' },
      live: [token('id-1', 'ci')],
      record: () => emptyRecord,
      change: {
        action: 'noop',
        custody: 'unknown',
        warnings: [expect.stringContaining('file secrets/token.json')],
      },
    },
    {
      why: 'a live token whose secret is not wanted: no warning',
      wanted: { name: 'ci', secret: 'discard' },
      live: [token('id-1', 'ci')],
      record: () => emptyRecord,
      change: { action: 'noop', custody: 'unknown', warnings: [] },
    },
  ]);
});

describe('state: update', () => {
  table([
    {
      why: 'found by ID',
      wanted: { state: 'update', existing: 'id-1', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1', payload: { status: 'disabled' } },
    },
    {
      why: 'found by ID in another case',
      wanted: { state: 'update', existing: 'ID-1', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1' },
    },
    {
      why: 'found by name',
      wanted: { state: 'update', existing: 'ci', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'patch', id: 'id-1' },
    },
    {
      why: 'as declared: noop',
      wanted: { state: 'update', existing: 'ci', name: 'ci', fields: { status: 'enabled' } },
      live: [token('id-1', 'ci')],
      change: { action: 'noop', id: 'id-1' },
    },
    {
      why: 'one token by ID and another by name: AMBIGUOUS',
      wanted: { state: 'update', existing: 'id-1' },
      live: [token('id-1', 'ci'), token('id-2', 'id-1')],
      change: { action: 'error', error: { code: 'AMBIGUOUS' } },
    },
    {
      why: 'not found: noop with a warning, never a create',
      wanted: { state: 'update', existing: 'gone', name: 'new' },
      live: [token('id-1', 'ci')],
      change: {
        action: 'noop',
        id: null,
        warnings: ['no token gone or new to update in team-a; state: update never creates a token'],
      },
    },
    {
      why: 'already renamed: the token of the wanted name is the target',
      wanted: { state: 'update', existing: 'old', name: 'new', fields: { status: 'disabled' } },
      live: [token('id-2', 'new')],
      change: { action: 'patch', id: 'id-2', payload: { status: 'disabled' } },
    },
    {
      why: 'already renamed and as declared: noop, though allow_replace is still there',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-2', 'new')],
      change: { action: 'noop', id: 'id-2' },
    },
    {
      why: 'the wanted name belongs to another token: error, allow_replace or not',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old'), token('id-2', 'new')],
      change: {
        action: 'error',
        id: 'id-1',
        error: {
          code: 'MANIFEST_CONFLICT',
          message: expect.stringMatching(/new already belongs to another token \(id-2\)/),
        },
      },
    },
    {
      why: 'another name without allow_replace: IMMUTABLE',
      wanted: { state: 'update', existing: 'old', name: 'new' },
      live: [token('id-1', 'old')],
      change: {
        action: 'error',
        id: 'id-1',
        error: {
          code: 'IMMUTABLE',
          message: expect.stringContaining('old → new'),
          hint: expect.stringContaining('allow_replace: true'),
        },
      },
    },
    {
      why: 'another name with allow_replace: a replace, new token first; what is not stated is carried over',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old', { expiry_date: later, status: 'disabled' })],
      change: {
        action: 'replace',
        id: 'id-1',
        replaceOrder: 'create_first',
        fields: [{ field: 'name', before: 'old', after: 'new' }],
        payload: { name: 'new', scopes: [pullApp], expiry_date: later, status: 'disabled' },
        secret: ['file:secrets/token.json'],
        custody: 'held',
        warnings: [],
      },
    },
    {
      why: 'what is stated wins over what would be carried over',
      wanted: {
        state: 'update',
        existing: 'old',
        name: 'new',
        allowReplace: true,
        fields: { status: 'enabled', expiry_date: 'never' },
      },
      live: [token('id-1', 'old', { expiry_date: later, status: 'disabled' })],
      change: {
        action: 'replace',
        payload: { name: 'new', scopes: [pullApp], expiry_date: 'never', status: 'enabled' },
      },
    },
    {
      why: 'replace_order: delete_first is kept, and the plan says short outage',
      wanted: {
        state: 'update',
        existing: 'old',
        name: 'new',
        allowReplace: true,
        replaceOrder: 'delete_first',
      },
      live: [token('id-1', 'old')],
      change: {
        action: 'replace',
        replaceOrder: 'delete_first',
        warnings: [expect.stringContaining('short outage')],
      },
    },
    {
      why: 'a replace makes a secret, so it needs somewhere to go',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true, secret: undefined },
      live: [token('id-1', 'old')],
      change: {
        action: 'error',
        id: 'id-1',
        error: { message: expect.stringContaining('the secret of the new token would be lost') },
      },
    },
  ]);
});

describe('state: absent', () => {
  table([
    {
      why: 'found by name: delete',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'ci')],
      change: { action: 'delete', id: 'id-1', fields: [], payload: {}, secret: null },
    },
    {
      why: 'found by ID: delete',
      wanted: { state: 'absent', existing: 'id-1' },
      live: [token('id-1', 'ci')],
      change: { action: 'delete', id: 'id-1' },
    },
    {
      why: 'not found: noop, without a warning',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'other')],
      change: { action: 'noop', id: null, warnings: [] },
    },
    {
      why: 'two of that name: AMBIGUOUS, nothing is deleted',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'ci'), token('id-2', 'ci')],
      change: { action: 'error', error: { code: 'AMBIGUOUS' } },
    },
  ]);
});
