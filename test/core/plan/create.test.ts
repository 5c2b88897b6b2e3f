import { describe, expect, test } from 'vitest';
import { orgEntry, orgToken, personalEntry, personalToken, pull } from '../docker-hub-fixtures.ts';
import { decide, inputFor } from '../fixtures.ts';
import { decisions } from './table.ts';

const read = ['repo:read'];
const past = '2025-12-31T00:00:00Z';
const later = '2027-06-30T00:00:00Z';

describe('a new token', () => {
  decisions([
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

  test('requires nothing if a live one is only changed', () => {
    const wanted = orgEntry({ name: 'ci', fields: { is_active: false } });
    expect(decide(inputFor(wanted, [orgToken('id-1', 'ci')]))).toMatchObject({
      action: 'patch',
      payload: { is_active: false },
    });
  });
});
