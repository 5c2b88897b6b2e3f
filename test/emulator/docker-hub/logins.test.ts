import { describe, expect, test } from 'vitest';
import { dockerHub, host, resources, withOrgTokens, withTokens } from './fixtures.ts';

const second = 1_000;
const minute = 60 * second;

const pat = withTokens('[{ token_label: ci, scopes: [repo:admin], secret: dckr_pat_ci }]');
const oat = withOrgTokens('[{ label: ci, resources: [{ path: acme/* }], secret: dckr_oat_ci }]');

function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

describe('a login', () => {
  test('returns a JWT that lasts ten minutes', async () => {
    const { login, call, advance, now } = dockerHub();
    const { status, body } = await login('emulator', 'emulator');
    expect(status).toBe(200);
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({ username: 'emulator', iat: now() / 1000, exp: now() / 1000 + 600 });
    expect(Object.keys(claims)).not.toContain('https://hub.docker.com');
    const authorization = `Bearer ${body.access_token}`;
    advance(10 * minute - 1);
    expect((await call('GET', '/v2/access-tokens', { authorization })).status).toBe(200);
    advance(1);
    const late = await call('GET', '/v2/access-tokens', { authorization });
    expect([late.status, late.body]).toEqual([401, { message: 'unauthorized', errinfo: {} }]);
  });

  test('is possible by the old path, too', async () => {
    const { oldLogin, call } = dockerHub();
    const { status, body } = await oldLogin('other', 'other');
    expect(status).toBe(200);
    const authorization = `Bearer ${body['token']}`;
    expect((await call('GET', '/v2/access-tokens', { authorization })).body).toMatchObject({ count: 0 });
  });

  test.each(['/v2/users/login/', '/v2/auth/token/'])('paths may end in a slash: %s', async (path) => {
    const { emulator } = dockerHub();
    const response = await emulator.fetch(
      new Request(host + path, {
        method: 'POST',
        body: JSON.stringify(
          path.includes('users')
            ? { username: 'emulator', password: 'emulator' }
            : { identifier: 'emulator', secret: 'emulator' },
        ),
      }),
    );
    expect(response.status).toBe(200);
  });

  test.each([
    ['a wrong password', 'emulator', 'wrong'],
    ['an unknown name', 'nobody', 'nobody'],
    ["another user's password", 'emulator', 'other'],
    ['the password of an organization, which has none', 'acme', 'acme'],
    ['a token that is not theirs', 'other', 'dckr_pat_ci'],
  ])('is refused with %s', async (_, name, secret) => {
    const { login, oldLogin } = dockerHub({ accounts: pat });
    expect(await login(name, secret)).toMatchObject({ status: 401, body: { message: expect.any(String) } });
    const old = await oldLogin(name, secret);
    expect(old).toMatchObject({ status: 401, body: { detail: expect.any(String) } });
    expect(old.body).not.toHaveProperty('login_2fa_token');
  });

  test.each([
    ['nothing', undefined],
    ['a part', { identifier: 'emulator' }],
    ['no texts', { identifier: 'emulator', secret: 1 }],
  ])('that consists of %s is 400', async (_, body) => {
    const { call } = dockerHub();
    expect((await call('POST', '/v2/auth/token', { body, wrong: true })).status).toBe(400);
  });

  test('is counted whether it succeeds or not, and recorded without credentials', async () => {
    const { login, oldLogin, call, hub, emulator } = dockerHub();
    await login('emulator', 'emulator');
    await login('emulator', 'wrong');
    const { body } = await oldLogin('two-factor', 'two-factor');
    await call('POST', '/v2/users/2fa-login', {
      body: { login_2fa_token: body['login_2fa_token'], code: '123456' },
    });
    await call('GET', '/v2/access-tokens');
    expect(hub.logins()).toBe(3);
    expect(emulator.requests.map(({ path, body: seen }) => [path, seen])).toEqual([
      ['/v2/auth/token', ''],
      ['/v2/auth/token', ''],
      ['/v2/users/login', ''],
      ['/v2/users/2fa-login', ''],
      ['/v2/access-tokens', ''],
    ]);
  });
});

describe('a user with a second factor', () => {
  const confirm = (call: ReturnType<typeof dockerHub>['call'], login_2fa_token: unknown, code: string) =>
    call('POST', '/v2/users/2fa-login', { body: { login_2fa_token, code }, authorization: '' });

  test('is asked for it, and gets in with the code', async () => {
    const { oldLogin, call } = dockerHub();
    const begun = await oldLogin('two-factor', 'two-factor');
    expect(begun).toMatchObject({ status: 401, body: { detail: expect.any(String) } });
    const token = begun.body['login_2fa_token'];
    expect((await confirm(call, token, '000000')).status).toBe(401);
    const { status, body } = await confirm(call, token, '123456');
    expect(status).toBe(200);
    const authorization = `Bearer ${body['token']}`;
    expect((await call('GET', '/v2/access-tokens', { authorization })).status).toBe(200);
    expect((await confirm(call, token, '123456')).status).toBe(401);
  });

  test('has five minutes for it', async () => {
    const { oldLogin, call, advance } = dockerHub();
    const { body } = await oldLogin('two-factor', 'two-factor');
    advance(5 * minute);
    expect((await confirm(call, body['login_2fa_token'], '123456')).status).toBe(401);
  });

  test('does not get in with the password by the new path', async () => {
    const { login } = dockerHub();
    expect((await login('two-factor', 'two-factor')).status).toBe(401);
  });

  test('gets in with a personal token', async () => {
    const { login } = dockerHub({
      accounts: '{ users: [{ name: two-factor, tokens: [{ token_label: ci, secret: dckr_pat_x }] }] }',
    });
    expect((await login('two-factor', 'dckr_pat_x')).status).toBe(200);
    expect((await login('two-factor', 'two-factor')).status).toBe(401);
  });
});

test('who has single sign-on does not get in with a password, but with a personal token', async () => {
  const { login, oldLogin } = dockerHub({
    accounts: '{ users: [{ name: single-sign-on, tokens: [{ token_label: ci, secret: dckr_pat_x }] }] }',
  });
  expect((await login('single-sign-on', 'single-sign-on')).status).toBe(401);
  expect(await oldLogin('single-sign-on', 'single-sign-on')).toMatchObject({
    status: 401,
    body: { detail: expect.stringContaining('single sign-on') },
  });
  expect((await login('single-sign-on', 'dckr_pat_x')).status).toBe(200);
});

describe('a JWT from an access token', () => {
  test('says so, and may not manage tokens of either kind', async () => {
    const { login, call, now } = dockerHub({ accounts: pat });
    const jwt = (await login('emulator', 'dckr_pat_ci')).body.access_token;
    expect(claimsOf(jwt)).toMatchObject({
      exp: now() / 1000 + 600,
      'https://hub.docker.com': { source: expect.stringMatching(/^docker_pat\|/) },
    });
    for (const path of ['/v2/access-tokens', '/v2/orgs/acme/access-tokens']) {
      const response = await call('GET', path, { authorization: `Bearer ${jwt}` });
      expect(response).toMatchObject({
        status: 403,
        body: { message: expect.stringContaining('personal access token is not allowed') },
      });
    }
  });

  test('of an organization may not either, and is not to be had by the old path', async () => {
    const { bearer, oldLogin, call } = dockerHub({ accounts: oat });
    const authorization = await bearer('acme', 'dckr_oat_ci');
    for (const path of ['/v2/access-tokens', '/v2/orgs/acme/access-tokens']) {
      expect((await call('GET', path, { authorization })).status).toBe(403);
    }
    expect((await oldLogin('acme', 'dckr_oat_ci')).status).toBe(401);
  });

  test.each(['inactive', 'expired', 'deleted'])('is not to be had from one that is %s', async (state) => {
    const { hub, login, advance, now } = dockerHub();
    const { id, secret } = hub.personal.createAs('emulator', { label: 'ci', expiry: now() + minute });
    expect((await login('emulator', secret)).status).toBe(200);
    if (state === 'inactive') hub.personal.patchAs('emulator', id, { active: false });
    if (state === 'expired') advance(minute);
    if (state === 'deleted') hub.personal.deleteAs('emulator', id);
    expect((await login('emulator', secret)).status).toBe(401);
  });

  test('is a use of the token', async () => {
    const { hub, login, now, advance } = dockerHub({ accounts: pat });
    advance(second);
    await login('emulator', 'dckr_pat_ci');
    expect(hub.personalTokens('emulator')[0]?.lastUsed).toBe(now());
  });
});

describe('no access', () => {
  test.each([
    ['nothing', ''],
    ['a user and a password', `Basic ${btoa('emulator:emulator')}`],
    ['a personal token itself', 'Bearer dckr_pat_ci'],
    ['what is no JWT', 'Bearer a.b.c'],
  ])('with %s', async (_, authorization) => {
    const { call } = dockerHub({ accounts: pat });
    const response = await call('GET', '/v2/access-tokens', { authorization });
    expect([response.status, response.body]).toEqual([401, { message: 'unauthorized', errinfo: {} }]);
  });

  test('with a JWT of another emulator, or one that was tampered with', async () => {
    const [one, other] = [dockerHub(), dockerHub()];
    const authorization = await one.bearer('emulator', 'emulator');
    expect((await other.call('GET', '/v2/access-tokens', { authorization })).status).toBe(401);
    const [header, payload = '', signature] = authorization.split('.');
    const claims = { ...claimsOf(`.${payload}`), username: 'other' };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    expect((await one.call('GET', '/v2/access-tokens', { authorization: forged })).status).toBe(401);
  });

  test('once all sessions are revoked, until the next login', async () => {
    const { bearer, call, hub } = dockerHub();
    const authorization = await bearer('emulator', 'emulator');
    hub.revokeSessions();
    expect((await call('GET', '/v2/access-tokens', { authorization })).status).toBe(401);
    const again = await bearer('emulator', 'emulator');
    expect((await call('GET', '/v2/access-tokens', { authorization: again })).status).toBe(200);
    expect((await call('GET', '/v2/access-tokens')).status).toBe(200);
  });
});

describe('too many failed logins', () => {
  const hubQuirks = { lockAfter: 3 };

  test('in a row lock the account for ten minutes', async () => {
    const { login, advance } = dockerHub({ hubQuirks });
    for (let round = 0; round < 3; round++) expect((await login('emulator', 'wrong')).status).toBe(401);
    expect(await login('emulator', 'emulator')).toMatchObject({
      status: 401,
      body: { message: expect.stringContaining('locked') },
    });
    expect((await login('other', 'other')).status).toBe(200);
    advance(10 * minute);
    expect((await login('emulator', 'emulator')).status).toBe(200);
  });

  test('are forgotten by one that succeeds', async () => {
    const { login } = dockerHub({ hubQuirks });
    for (const secret of ['wrong', 'wrong', 'emulator', 'wrong', 'wrong']) await login('emulator', secret);
    expect((await login('emulator', 'emulator')).status).toBe(200);
  });

  test('have no effect unless a quirk is set', async () => {
    const { login } = dockerHub();
    for (let round = 0; round < 20; round++) await login('emulator', 'wrong');
    expect((await login('emulator', 'emulator')).status).toBe(200);
  });
});

describe('docker login', () => {
  const registry = async (
    { emulator }: ReturnType<typeof dockerHub>,
    username: string,
    password: string,
    path = '/v2/',
  ) => {
    const headers = { authorization: `Basic ${btoa(`${username}:${password}`)}` };
    return (await emulator.fetch(new Request(host + path, { headers }))).status;
  };

  test('takes a token under the name of its user or organization, and that is a use of it', async () => {
    const service = dockerHub();
    const { hub, advance, now } = service;
    const personal = hub.personal.createAs('emulator', { label: 'ci' });
    const org = hub.org.createAs('emulator', 'acme', { label: 'ci', resources });
    advance(second);
    expect(await registry(service, 'emulator', personal.secret)).toBe(200);
    expect(await registry(service, 'acme', org.secret, '/v2/token')).toBe(200);
    expect([personal.lastUsed, org.lastUsed]).toEqual([now(), now()]);
    expect(await registry(service, 'other', personal.secret)).toBe(401);
    expect(await registry(service, 'emulator', org.secret)).toBe(401);
    expect(await registry(service, 'emulator', 'emulator')).toBe(401);
  });

  test.each(['inactive', 'expired', 'deleted'])('refuses one that is %s', async (state) => {
    const service = dockerHub();
    const { hub, advance, now } = service;
    const { id, secret } = hub.org.createAs('emulator', 'acme', {
      label: 'ci',
      resources,
      expiry: now() + minute,
    });
    if (state === 'inactive') hub.org.patchAs('emulator', 'acme', id, { active: false });
    if (state === 'expired') advance(minute);
    if (state === 'deleted') hub.org.deleteAs('emulator', 'acme', id);
    expect(await registry(service, 'acme', secret)).toBe(401);
  });

  test.each([
    ['acme/app', ['scope-image-pull'], 'acme/app', 200],
    ['acme/*', ['scope-image-push'], 'acme/app', 200],
    ['acme/*', ['scope-tag-read'], 'acme/app', 403],
    ['acme/app', ['scope-image-pull'], 'acme/app2', 403],
    ['acme/*', ['scope-image-pull'], 'other/app', 403],
  ])('a token for %s with %j and the tags of %s: %i', async (path, scopes, repository, status) => {
    const service = dockerHub();
    const { secret } = service.hub.org.createAs('emulator', 'acme', {
      label: 'ci',
      resources: [{ type: 'TYPE_REPO', path, scopes }],
    });
    expect(await registry(service, 'acme', secret, `/v2/${repository}/tags/list`)).toBe(status);
  });

  test.each([
    [['repo:read'], 200],
    [['repo:public_read'], 403],
    [undefined, 200],
  ])('a personal token with the scopes %j and the tags of a repository: %i', async (scopes, status) => {
    const service = dockerHub();
    const { secret } = service.hub.personal.createAs('emulator', { label: 'ci', ...(scopes && { scopes }) });
    expect(await registry(service, 'emulator', secret, '/v2/emulator/app/tags/list')).toBe(status);
  });
});
