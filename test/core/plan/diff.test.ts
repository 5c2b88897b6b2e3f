import { expect, test } from 'vitest';
import { diffFields } from '../../../src/core/plan/diff.ts';

test('wanted fields that differ are listed in their order, with both values', () => {
  const wanted = { status: 'disabled', scopes: [{ name: 'app' }], expiry_date: 'never' };
  const live = { scopes: [{ name: 'lib' }], status: 'enabled', expiry_date: 'never' };
  expect(diffFields(wanted, live)).toEqual([
    { field: 'status', before: 'enabled', after: 'disabled' },
    { field: 'scopes', before: [{ name: 'lib' }], after: [{ name: 'app' }] },
  ]);
});

test('a field that is not wanted is not managed', () => {
  expect(diffFields({}, { status: 'enabled' })).toEqual([]);
});

test('a field that the token lacks is null', () => {
  expect(diffFields({ description: 'a' }, {})).toEqual([{ field: 'description', before: null, after: 'a' }]);
  expect(diffFields({ description: null }, {})).toEqual([]);
});
