import { expect, test } from 'vitest';
import { decodeToken } from '../../../src/providers/ionos/decode.ts';

const made = '2026-01-01T00:00:00Z';

test.each([
  {
    why: 'a new token',
    metadata: { createdDate: made, createdByUserId: 'user-1', lastModifiedDate: null },
    origin: { created: Date.parse(made) / 1000, createdBy: 'user-1', modified: false },
  },
  {
    why: 'a token that was changed',
    metadata: { createdDate: made, createdByUserId: 'user-1', lastModifiedDate: '2026-01-01T00:00:05Z' },
    origin: { modified: true },
  },
  {
    why: 'a server that dates the last change of a new token with its making',
    metadata: { createdDate: '2026-01-01T00:00:00.250Z', lastModifiedDate: '2026-01-01T00:00:00' },
    origin: { modified: false },
  },
  {
    why: 'a server that writes what never was as the year 1',
    metadata: { createdDate: '0001-01-01T00:00:00Z', lastModifiedDate: '0001-01-01T00:00:00Z' },
    origin: { created: null, modified: false },
  },
  {
    why: 'a server that tells nothing',
    metadata: {},
    origin: { created: null, createdBy: null, modified: false },
  },
])('where a token comes from: $why', ({ metadata, origin }) => {
  const token = decodeToken({ id: 'id-1', metadata, properties: { name: 'ci' } });
  expect(token.origin).toMatchObject({ ...origin, userAgent: null });
  // Whether it was used is not known, which is another thing than never.
  expect(token.origin).not.toHaveProperty('lastUsed');
});

test.each([
  ['scopes that are no list', { scopes: 'all' }],
  ['a scope that is no object', { scopes: ['all'] }],
  ['actions that are no list', { scopes: [{ type: 'repository', name: 'app', actions: 'pull' }] }],
  ['an action that is no text', { scopes: [{ type: 'repository', name: 'app', actions: [1] }] }],
  ['an expiry that is a number', { expiryDate: 1893456000 }],
  ['a status that is no text', { status: true }],
])('a token with %s is an error: ignoring it would show a change', (_, properties) => {
  expect(() => decodeToken({ id: 'id-1', properties: { name: 'ci', ...properties } })).toThrow(
    'unexpected response from IONOS: expected',
  );
});

// A working token must not count as expired because of how the service writes "never".
test.each([
  ['an empty text', ''],
  ['zero', 0],
  ['the year 1', '0001-01-01T00:00:00Z'],
  ['the year 1, without a time', '0001-01-01'],
  ['1970', '1970-01-01T00:00:00Z'],
  ['a second before it was made', '2025-12-31T23:59:59Z'],
])('a token whose expiry is %s never expires', (_, expiryDate) => {
  const token = decodeToken({
    id: 'id-1',
    metadata: { createdDate: made },
    properties: { name: 'ci', expiryDate },
  });
  expect(token.fields['expiry_date']).toBe('never');
});

test('what is left out, or null, is what a token has where nothing is said', () => {
  const bare = decodeToken({ id: 'id-1', properties: { name: 'ci' } });
  const nulls = { name: 'ci', scopes: null, expiryDate: null, status: null };
  expect(decodeToken({ id: 'id-1', properties: nulls })).toMatchObject({ fields: bare.fields });
  expect(bare.fields).toEqual({ name: 'ci', scopes: [], expiry_date: 'never', status: 'enabled' });
  // Null is a value of scopes and expiries; what is left out may be shown elsewhere.
  expect(bare.assumed).toEqual(['scopes', 'expiry_date', 'status']);
  expect(decodeToken({ id: 'id-1', properties: nulls }).assumed).toEqual(['status']);
});
