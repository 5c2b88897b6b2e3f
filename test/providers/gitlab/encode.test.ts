import { describe, expect, test } from 'vitest';
import { decodeAccessToken } from '../../../src/providers/gitlab/decode.ts';
import { encodeAccessToken, encodeDeployToken } from '../../../src/providers/gitlab/encode.ts';
import { accessToken } from './fixtures.ts';

const program = 'reconcile/1.2.0';
const nonce = '5f1b1f5e-6f0e-4a57-9c5a-6d8a3c3d0f11';

describe('the create of a deploy token', () => {
  test('has its fields', () => {
    const fields = {
      name: 'ci',
      username: 'ci',
      scopes: ['read_registry'],
      expires_at: '2027-06-30T08:00:00Z',
    };
    expect(encodeDeployToken(fields)).toEqual(fields);
  });

  test.each([
    { name: 'ci', scopes: ['read_registry'] },
    { name: 'ci', scopes: ['read_registry'], expires_at: 'never' },
  ])('without an expiry has none: %j', (fields) => {
    expect(encodeDeployToken(fields)).toEqual({ name: 'ci', scopes: ['read_registry'] });
  });
});

describe('the create of an access token', () => {
  const encode = (fields: object) =>
    encodeAccessToken({ name: 'ci', scopes: ['api'], ...fields }, program, nonce);

  test('has the number of the role, a date, and the mark behind the description', () => {
    expect(
      encode({ description: 'updates', access_level: 'developer', expires_at: '2027-06-30T08:00:00Z' }),
    ).toEqual({
      name: 'ci',
      scopes: ['api'],
      description: `updates [reconcile/1.2.0 (${nonce})]`,
      access_level: 30,
      expires_at: '2027-06-30',
    });
  });

  test('without a description has the mark alone', () => {
    expect(encode({ expires_at: 'never' })).toEqual({
      name: 'ci',
      scopes: ['api'],
      description: `[reconcile/1.2.0 (${nonce})]`,
    });
  });

  test('keeps the number of an unknown role', () => {
    expect(encode({ access_level: '25' })).toMatchObject({ access_level: 25 });
  });

  test('leaves out a mark that a carried-over description leaves no room for', () => {
    const description = 'x'.repeat(230);
    expect(encode({ description })).toMatchObject({ description });
  });

  test.each(['', 'updates', 'a [b]', 'ends [reconcile/1 (x)]', 'two\nlines'])(
    'is read back as it was sent: %j',
    (description) => {
      const sent = encode({ description });
      const { fields, origin } = decodeAccessToken({ ...accessToken, ...sent } as never);
      expect(fields['description']).toBe(description);
      expect(origin.requestMark).toBe(`${program} (${nonce})`);
    },
  );
});
