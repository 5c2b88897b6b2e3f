import { describe, expect, test } from 'vitest';
import { type AccessTokenBody, accessToken, accessTokens, gitlab, group } from './fixtures.ts';

const day = 86_400_000;
const groupTokens = `${group}/access_tokens`;

describe('a create', () => {
  test('returns the token with its secret, which no other response shows', async () => {
    const { call, read } = gitlab();
    const body = accessToken('ci', { description: 'builds', expires_at: '2030-03-01' });
    const made = await call<AccessTokenBody>('POST', accessTokens, { body });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: 1,
      name: 'ci',
      description: 'builds',
      revoked: false,
      created_at: '2030-01-01T00:00:00.000Z',
      scopes: ['read_registry', 'write_registry'],
      user_id: 1001,
      last_used_at: null,
      active: true,
      expires_at: '2030-03-01',
      access_level: 30,
      last_used_ips: [],
      resource_type: 'project',
      resource_id: 1,
      token: expect.stringMatching(/^glpat-[\w-]{20}$/),
    });
    const { token: _, ...shown } = made.body;
    expect(await read(`${accessTokens}/1`)).toEqual(shown);
    expect(await read(accessTokens)).toEqual([shown]);
  });

  test('accepts a name twice, and each token has a bot user of its own', async () => {
    const { createAccessToken } = gitlab();
    const [one, two] = [
      await createAccessToken(accessToken('ci')),
      await createAccessToken(accessToken('ci')),
    ];
    expect(one.user_id).not.toBe(two.user_id);
  });

  test('has the role of a maintainer by default', async () => {
    const { createAccessToken } = gitlab();
    const made = await createAccessToken(accessToken('ci', { access_level: undefined }));
    expect(made).toMatchObject({ access_level: 40, description: null });
  });

  test('ignores a description and shows less before 17.7', async () => {
    const { createAccessToken } = gitlab({ seedQuirks: '{ version: "17.2" }' });
    const made = await createAccessToken(accessToken('ci', { description: 'builds' }));
    for (const field of ['description', 'last_used_ips', 'resource_type'])
      expect(made).not.toHaveProperty(field);
  });

  test.each([
    ['no name', { name: undefined }, { error: 'name is missing' }],
    ['an unknown scope', { scopes: ['admin'] }, { error: 'scopes does not have a valid value' }],
    ['an unknown level', { access_level: 35 }, { error: 'access_level does not have a valid value' }],
    ['a text as level', { access_level: 'dev' }, { error: 'access_level is invalid' }],
    ['an invalid expiry', { expires_at: 'soon' }, { error: 'expires_at is invalid' }],
    ['no scope', { scopes: [] }, { message: "400 Bad request - Scopes can't be blank" }],
    ['an empty name', { name: '' }, { message: "400 Bad request - Name can't be blank" }],
    ['a long name', { name: 'x'.repeat(256) }, { message: { name: [expect.stringContaining('long')] } }],
  ])('is a 400 with %s', async (_, more, body) => {
    const { call, gitlab: actor } = gitlab();
    const response = await call('POST', accessTokens, { body: accessToken('ci', more), wrong: true });
    expect(response).toMatchObject({ status: 400, body });
    expect(actor.accessTokens('project', 'team-a/app')).toEqual([]);
  });

  test.each([
    ['self_rotate', '17.2'],
    ['manage_runner', '16.0'],
    ['read_virtual_registry', '18.3'],
  ])('does not know %s in a project of %s', async (scope, version) => {
    const { call } = gitlab({ seedQuirks: `{ version: "${version}" }` });
    const body = accessToken('ci', { scopes: [scope] });
    expect(await call('POST', accessTokens, { body })).toMatchObject({ status: 400 });
  });

  test('knows the scopes of virtual registries in a group', async () => {
    const { createAccessToken } = gitlab();
    const body = accessToken('ci', { scopes: ['read_virtual_registry'] });
    expect(await createAccessToken(body, groupTokens)).toMatchObject({ resource_type: 'group' });
  });

  test('does not know the scopes of a registry that is switched off', async () => {
    const { call, createDeployToken } = gitlab({ seedQuirks: '{ registry: false }' });
    const response = await call('POST', accessTokens, { body: accessToken('ci') });
    expect(response).toMatchObject({ status: 400, body: { error: 'scopes does not have a valid value' } });
    await createDeployToken({ name: 'pull', scopes: ['read_registry'] });
  });

  test('is a 400 if an administrator forbids it', async () => {
    const { call, createDeployToken } = gitlab({ seedQuirks: '{ access_tokens_allowed: false }' });
    expect(await call('POST', accessTokens, { body: accessToken('ci') })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('does not have permission') },
    });
    await createDeployToken({ name: 'pull', scopes: ['read_registry'] });
  });

  test('does not know the planner before 17.7', async () => {
    const { call } = gitlab({ seedQuirks: '{ version: "17.2" }' });
    const body = accessToken('ci', { access_level: 15 });
    expect((await call('POST', accessTokens, { body })).status).toBe(400);
  });
});

describe('an expiry', () => {
  test('is after the maximum lifetime if there is none', async () => {
    const { createAccessToken } = gitlab();
    expect((await createAccessToken(accessToken('ci'))).expires_at).toBe('2031-01-01');
  });

  test.each([
    ['18.3', null],
    ['17.2', '2031-01-01'],
  ])('is none in %s if it is not required: %s', async (version, expected) => {
    const { createAccessToken } = gitlab({ seedQuirks: `{ version: "${version}", expiry_required: false }` });
    expect((await createAccessToken(accessToken('ci'))).expires_at).toBe(expected);
  });

  test('after the maximum is a 400 that names the field', async () => {
    const { call, createAccessToken } = gitlab();
    await createAccessToken(accessToken('ci', { expires_at: '2031-01-01' }));
    const body = accessToken('ci', { expires_at: '2031-01-02' });
    expect(await call('POST', accessTokens, { body })).toMatchObject({
      status: 400,
      body: { message: { expires_at: ['must be before 2031-01-02'] } },
    });
    const longer = gitlab({ seedQuirks: '{ max_lifetime_days: 400 }' });
    await longer.createAccessToken(body);
  });

  test('ends the token at the beginning of its day', async () => {
    const { createAccessToken, read, login, advance } = gitlab();
    const { token } = await createAccessToken(accessToken('ci', { expires_at: '2030-01-03' }));
    advance(2 * day - 1);
    expect(await login('ci', token)).toBe(200);
    advance(1);
    expect(await login('ci', token)).toBe(401);
    expect(await read(`${accessTokens}/1`)).toMatchObject({ active: false, revoked: false });
  });

  test('of today makes a dead token', async () => {
    const { createAccessToken } = gitlab();
    const made = await createAccessToken(accessToken('ci', { expires_at: '2030-01-01' }));
    expect(made).toMatchObject({ active: false, revoked: false });
  });
});

describe('a list', () => {
  test('has the newest first unless it is sorted', async () => {
    const { createAccessToken, names } = gitlab();
    await createAccessToken(accessToken('b', { expires_at: '2030-02-01' }));
    await createAccessToken(accessToken('a', { expires_at: '2030-03-01' }));
    await createAccessToken(accessToken('of-group'), groupTokens);
    expect(await names(accessTokens)).toEqual(['a', 'b']);
    expect(await names(`${accessTokens}?sort=created_asc`)).toEqual(['b', 'a']);
    expect(await names(`${accessTokens}?sort=name_asc`)).toEqual(['a', 'b']);
    expect(await names(`${accessTokens}?sort=expires_desc`)).toEqual(['a', 'b']);
    expect(await names(`${accessTokens}?search=B`)).toEqual(['b']);
    expect(await names(groupTokens)).toEqual(['of-group']);
  });

  test('is filtered by state from 17.2 on', async () => {
    const { createAccessToken, names, call } = gitlab();
    await createAccessToken(accessToken('old', { expires_at: '2030-01-01' }));
    await createAccessToken(accessToken('new'));
    await createAccessToken(accessToken('revoked'));
    await call('DELETE', `${accessTokens}/3`);
    expect(await names(`${accessTokens}?state=active`)).toEqual(['new']);
    expect(await names(`${accessTokens}?state=inactive`)).toEqual(['revoked', 'old']);
    expect(await names(`${accessTokens}?revoked=false`)).toEqual(['new', 'old']);
    const wrong = await call('GET', `${accessTokens}?state=dead`, { wrong: true });
    expect(wrong).toMatchObject({ status: 400, body: { error: 'state does not have a valid value' } });
  });

  test('ignores filters and orders in 16.0', async () => {
    const { createAccessToken, names } = gitlab({ seedQuirks: '{ version: "16.0" }' });
    await createAccessToken(accessToken('b'));
    await createAccessToken(accessToken('a'));
    expect(await names(`${accessTokens}?state=inactive&sort=created_asc`)).toEqual(['a', 'b']);
  });
});

describe('a revoked token', () => {
  test('stays listed, and can be read, in newer releases', async () => {
    const { createAccessToken, call, read, login } = gitlab();
    const { token } = await createAccessToken(accessToken('ci'));
    expect(await call('DELETE', `${accessTokens}/1`)).toMatchObject({ status: 204, text: '' });
    expect(await login('ci', token)).toBe(401);
    expect(await read(accessTokens)).toMatchObject([{ id: 1, revoked: true, active: false }]);
    expect(await read(`${accessTokens}/1`)).toMatchObject({ revoked: true });
  });

  test('disappears with its bot user in older releases', async () => {
    const { createAccessToken, call, names } = gitlab({ seedQuirks: '{ version: "17.9" }' });
    await createAccessToken(accessToken('ci'));
    expect((await call('DELETE', `${accessTokens}/1`)).status).toBe(204);
    expect(await names(accessTokens)).toEqual([]);
    expect(await call('GET', `${accessTokens}/1`)).toMatchObject({
      status: 404,
      body: { message: '404 project Access Token Not Found' },
    });
    expect((await call('DELETE', `${accessTokens}/1`)).status).toBe(404);
  });

  test.each([
    [30, 30],
    [90, 90],
  ])('disappears after a retention of %i days', async (retention, days) => {
    const { createAccessToken, call, names, advance } = gitlab({
      seedQuirks: `{ retention_days: ${retention} }`,
    });
    await createAccessToken(accessToken('ci'));
    await call('DELETE', `${accessTokens}/1`);
    advance(days * day - 1);
    expect(await names(accessTokens)).toEqual(['ci']);
    advance(1);
    expect(await names(accessTokens)).toEqual([]);
  });

  test('stays for ever without a retention', async () => {
    const { createAccessToken, call, names, advance } = gitlab({ seedQuirks: '{ retention_days: 0 }' });
    await createAccessToken(accessToken('ci'));
    await call('DELETE', `${accessTokens}/1`);
    advance(5000 * day);
    expect(await names(accessTokens)).toEqual(['ci']);
  });

  test.each([
    ['no_content', 204],
    ['not_found', 404],
  ])('can be deleted again: %s', async (revoked_delete, status) => {
    const { createAccessToken, call } = gitlab({ seedQuirks: `{ revoked_delete: ${revoked_delete} }` });
    await createAccessToken(accessToken('ci'));
    await call('DELETE', `${accessTokens}/1`);
    expect((await call('DELETE', `${accessTokens}/1`)).status).toBe(status);
  });
});

describe('an expired token', () => {
  test.each([
    ['17.9', []],
    ['18.3', ['ci']],
  ])('is listed in %s: %j', async (version, expected) => {
    const { createAccessToken, names, advance } = gitlab({ seedQuirks: `{ version: "${version}" }` });
    await createAccessToken(accessToken('ci', { expires_at: '2030-01-02' }));
    advance(day);
    expect(await names(accessTokens)).toEqual(expected);
  });
});

describe('a token that is used', () => {
  test('shows when and from where, every ten minutes', async () => {
    const { createAccessToken, call, read, advance } = gitlab();
    const { token: as } = await createAccessToken(accessToken('ci', { scopes: ['api'], access_level: 40 }));
    const headers = { 'x-forwarded-for': '192.0.2.7' };
    await call('GET', accessTokens, { as, headers });
    advance(5 * 60_000);
    await call('GET', accessTokens, { as, headers });
    expect(await read(`${accessTokens}/1`)).toMatchObject({
      last_used_at: '2030-01-01T00:00:00.000Z',
      last_used_ips: ['192.0.2.7'],
    });
    advance(5 * 60_000);
    await call('GET', accessTokens, { as, headers });
    expect(await read(`${accessTokens}/1`)).toMatchObject({ last_used_at: '2030-01-01T00:10:00.000Z' });
  });
});
