import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/core/model/token.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import { entry, inputFor, token } from '../fixtures.ts';
import { table } from './table.ts';

const soon = '2026-01-01T00:59:59Z';
const anHourAhead = '2026-01-01T01:00:00Z';
const past = '2025-12-31T23:59:59Z';

describe('an expiry that the service would not take', () => {
  const refused = { code: 'MANIFEST_INVALID', message: expect.stringContaining('expiry_date') };
  table([
    {
      why: 'in a create: error',
      wanted: { name: 'ci', fields: { expiry_date: soon } },
      live: [],
      change: { action: 'error', error: refused },
    },
    {
      why: 'in a patch: error',
      wanted: { name: 'ci', fields: { expiry_date: past } },
      live: [token('id-1', 'ci')],
      change: { action: 'error', id: 'id-1', error: refused },
    },
    {
      why: 'carried over by a replace: error',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old', { expiry_date: soon })],
      change: { action: 'error', error: refused },
    },
    {
      why: 'not written, as the token has it already: noop',
      wanted: { name: 'ci', fields: { expiry_date: soon } },
      live: [token('id-1', 'ci', { expiry_date: soon })],
      change: { action: 'noop', error: null },
    },
    {
      why: 'not written, as another field is patched: patch',
      wanted: { name: 'ci', fields: { expiry_date: soon, status: 'disabled' } },
      live: [token('id-1', 'ci', { expiry_date: soon })],
      change: { action: 'patch', payload: { status: 'disabled' } },
    },
    {
      why: 'an hour ahead is far enough',
      wanted: { name: 'ci', fields: { expiry_date: anHourAhead } },
      live: [],
      change: { action: 'create' },
    },
  ]);

  it('is an error of that address alone', () => {
    const { changes } = createPlan([
      inputFor(entry({ name: 'bad', fields: { expiry_date: soon } }), []),
      inputFor(entry({ name: 'good' }), []),
    ]);
    expect(changes.map(({ action }) => action)).toEqual(['error', 'create']);
  });
});

describe('a registry that is not running', () => {
  const creating: Scope = { id: 'registry-1', name: 'team-a', notReady: 'its state is CREATING' };
  const blocked = { code: 'API_REJECTED', message: expect.stringContaining('its state is CREATING') };
  table([
    {
      why: 'blocks a create',
      wanted: { name: 'ci' },
      live: [],
      scope: creating,
      change: { action: 'error', error: blocked },
    },
    {
      why: 'blocks a replace',
      wanted: { state: 'update', existing: 'old', name: 'new', allowReplace: true },
      live: [token('id-1', 'old')],
      scope: creating,
      change: { action: 'error', error: blocked },
    },
    {
      why: 'blocks no patch',
      wanted: { name: 'ci', fields: { status: 'disabled' } },
      live: [token('id-1', 'ci')],
      scope: creating,
      change: { action: 'patch' },
    },
    {
      why: 'blocks no delete',
      wanted: { state: 'absent', existing: 'ci' },
      live: [token('id-1', 'ci')],
      scope: creating,
      change: { action: 'delete' },
    },
  ]);
});
