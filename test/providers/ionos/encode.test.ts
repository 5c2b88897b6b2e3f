import { expect, test } from 'vitest';
import { encodeNewToken, encodeProperties } from '../../../src/providers/ionos/encode.ts';

test('a change sends only the given fields, under the names of the API', () => {
  expect(encodeProperties({ status: 'disabled' })).toEqual({ status: 'disabled' });
  expect(encodeProperties({ expiry_date: '2027-06-30T00:00:00Z', scopes: [] })).toEqual({
    expiryDate: '2027-06-30T00:00:00Z',
    scopes: [],
  });
});

test('a change to never removes the expiry', () => {
  expect(encodeProperties({ expiry_date: 'never' })).toEqual({ expiryDate: null });
});

test.each([{ name: 'ci' }, { name: 'ci', expiry_date: 'never' }])(
  'a new token of %j has no expiry',
  (fields) => {
    expect(encodeNewToken(fields)).toEqual({ properties: { name: 'ci' } });
  },
);

test('a new token can have an expiry', () => {
  expect(encodeNewToken({ name: 'ci', expiry_date: '2027-06-30T00:00:00Z' })).toEqual({
    properties: { name: 'ci', expiryDate: '2027-06-30T00:00:00Z' },
  });
});
