import { describe, expect, test } from 'vitest';
import { type AccessTokenBody, accessToken, accessTokens, gitlab } from './fixtures.ts';

const day = 86_400_000;
const rotate = (id: number | string) => `${accessTokens}/${id}/rotate`;
const expiry = { expires_at: '2030-06-01' };

describe('a rotation', () => {
  test('returns another token of the same bot user, and the old secret is dead', async () => {
    const { createAccessToken, call, read, login } = gitlab();
    const body = accessToken('ci', { description: 'builds' });
    const { id, token, ...old } = await createAccessToken(body);
    const rotated = await call<AccessTokenBody>('POST', rotate(id), { body: expiry });
    expect(rotated.status).toBe(200);
    expect(rotated.body).toEqual({ ...old, ...expiry, id: 2, token: expect.stringMatching(/^glpat-/) });
    expect(await login('ci', token)).toBe(401);
    expect(await login('ci', rotated.body.token)).toBe(200);
    expect(await read(`${accessTokens}/1`)).toMatchObject({ revoked: true, active: false });
  });

  test.each(['16.0', '18.3'])('leaves the old token listed in %s', async (version) => {
    const { createAccessToken, call, read } = gitlab({ seedQuirks: `{ version: "${version}" }` });
    await createAccessToken(accessToken('ci'));
    await call('POST', rotate(1), { body: {} });
    expect(await read(accessTokens)).toMatchObject([
      { id: 2, revoked: false },
      { id: 1, revoked: true },
    ]);
  });

  test('makes a token for a week if an expiry is required', async () => {
    const { createAccessToken, call } = gitlab();
    await createAccessToken(accessToken('ci'));
    const { body } = await call('POST', rotate(1), { body: {} });
    expect(body).toMatchObject({ expires_at: '2030-01-08' });
  });

  test('makes a token that never expires if none is required', async () => {
    const { createAccessToken, call } = gitlab({ seedQuirks: '{ expiry_required: false }' });
    await createAccessToken(accessToken('ci', expiry));
    expect((await call('POST', rotate(1), { body: {} })).body).toMatchObject({ expires_at: null });
  });

  test('ignores an expiry before 16.6, and rejects one that is too late', async () => {
    const older = gitlab({ seedQuirks: '{ version: "16.0" }' });
    await older.createAccessToken(accessToken('ci'));
    const { body } = await older.call('POST', rotate(1), { body: expiry });
    expect(body).toMatchObject({ expires_at: '2030-01-08' });

    const { createAccessToken, call, login } = gitlab();
    const { token } = await createAccessToken(accessToken('ci'));
    const late = await call('POST', rotate(1), { body: { expires_at: '2031-01-02' } });
    expect(late).toMatchObject({ status: 400, body: { message: { expires_at: [expect.any(String)] } } });
    expect(await login('ci', token)).toBe(200);
  });

  test('of a missing token is a 401, and a 404 for an administrator', async () => {
    const { call } = gitlab();
    expect((await call('POST', rotate(9), { body: {} })).status).toBe(401);
    expect((await call('POST', rotate(9), { body: {}, as: 'glpat-root' })).status).toBe(404);
  });

  test('of an expired token is for administrators', async () => {
    const { createAccessToken, call, advance } = gitlab();
    await createAccessToken(accessToken('ci', { expires_at: '2030-01-02' }));
    advance(day);
    expect((await call('POST', rotate(1), { body: {} })).status).toBe(401);
    expect((await call('POST', rotate(1), { body: {}, as: 'glpat-root' })).status).toBe(200);
  });

  test('needs a role that is not below that of the token', async () => {
    const { createAccessToken, call } = gitlab();
    await createAccessToken(accessToken('ci', { access_level: 50 }));
    const as = 'glpat-max';
    expect(await call('POST', rotate(1), { body: {}, as })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Not eligible') },
    });
    expect((await call('POST', rotate(1), { body: {}, as: 'glpat-dev' })).status).toBe(401);
  });

  test('of a lost response leaves an unknown token of the same bot user', async () => {
    const { createAccessToken, call, read, login } = gitlab({
      seedQuirks: '{ lost: [{ method: POST, nth: 2, fault: drop_after }] }',
    });
    const { token, user_id } = await createAccessToken(accessToken('ci'));
    await expect(call('POST', rotate(1), { body: expiry })).rejects.toThrow('fetch failed');
    expect(await login('ci', token)).toBe(401);
    expect(await read(`${accessTokens}?state=active`)).toMatchObject([{ id: 2, name: 'ci', user_id }]);
  });

  test('can lose the secret of its response', async () => {
    const { createAccessToken, call } = gitlab({
      seedQuirks: '{ lost: [{ method: POST, nth: 2, fault: no_secret }] }',
    });
    await createAccessToken(accessToken('ci'));
    expect(await call('POST', rotate(1), { body: expiry })).toMatchObject({
      status: 200,
      body: { id: 2, token: '' },
    });
  });
});

describe('a rotation of a revoked token', () => {
  async function afterReuse(quirks: string) {
    const service = gitlab({ seedQuirks: quirks });
    await service.createAccessToken(accessToken('ci'));
    await service.call('POST', rotate(1), { body: expiry });
    const again = await service.call('POST', rotate(1), { body: expiry });
    expect(again).toMatchObject({
      status: 400,
      body: { message: '400 Bad request - Token already revoked' },
    });
    return (await service.read<readonly AccessTokenBody[]>(accessTokens)).map(({ active }) => active);
  }

  test('by another caller is a 400 in 18.3 and in 16.0', async () => {
    expect(await afterReuse('{ version: "18.3" }')).toEqual([true, false]);
    expect(await afterReuse('{ version: "16.0" }')).toEqual([true, false]);
  });

  test('also revokes its family in 17.2, or if set', async () => {
    expect(await afterReuse('{ version: "17.2" }')).toEqual([]);
    expect(await afterReuse('{ reuse: family }')).toEqual([false, false]);
  });
});

describe('a token rotates itself', () => {
  const self = { scopes: ['self_rotate'] };

  test('at a path of its own', async () => {
    const { createAccessToken, call } = gitlab();
    const { token: as } = await createAccessToken(accessToken('ci', self));
    const rotated = await call('POST', rotate('self'), { body: expiry, as });
    expect(rotated).toMatchObject({ status: 200, body: { id: 2, ...expiry } });
  });

  test('not without a scope for that, and not for people', async () => {
    const { createAccessToken, call } = gitlab();
    const { token: as } = await createAccessToken(accessToken('ci'));
    expect(await call('POST', rotate('self'), { body: {}, as })).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope' },
    });
    expect((await call('POST', rotate('self'), { body: {} })).status).toBe(405);
  });

  test('by its ID with the scope api, and no other token', async () => {
    const { createAccessToken, call } = gitlab();
    const { token: as } = await createAccessToken(accessToken('ci', { scopes: ['api'], access_level: 40 }));
    await createAccessToken(accessToken('other'));
    expect((await call('POST', rotate(2), { body: {}, as })).status).toBe(401);
    expect((await call('POST', rotate(1), { body: {}, as })).status).toBe(200);
  });

  test.each([
    ['caller', false],
    ['reject', true],
  ])('again with the old secret, which can revoke the new token: %s', async (reuse, active) => {
    const { createAccessToken, call, read } = gitlab({ seedQuirks: `{ reuse: ${reuse} }` });
    const { token: as } = await createAccessToken(accessToken('ci', self));
    await call('POST', rotate('self'), { body: expiry, as });
    expect(await call('POST', rotate('self'), { body: expiry, as })).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    });
    expect(await read(`${accessTokens}/2`)).toMatchObject({ active });
  });
});
