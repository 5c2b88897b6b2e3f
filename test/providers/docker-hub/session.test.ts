import { describe, expect, test } from 'vitest';
import type { Fetch } from '../../../src/http/client.ts';
import { signIn } from '../../../src/providers/docker-hub/session.ts';
import type { Login, SignInContext } from '../../../src/providers/provider.ts';
import { embeddedHub, httpThrough, jwt, signal, stub, testClock } from './fixtures.ts';

const emulator: Login = { username: 'emulator', password: 'emulator', where: 'DOCKER_HUB_PASSWORD' };
const twoFactor: Login = { username: 'two-factor', password: 'two-factor', where: 'DOCKER_HUB_PASSWORD' };
const code = '123456';

type Given = Partial<Pick<SignInContext, 'code' | 'askCode'>>;

/** A session, and requests that are sent with it. */
function start(login: Login, fetch: Fetch, clock = testClock(), { code, askCode }: Given = {}) {
  const announced: string[] = [];
  const session = signIn(login, {
    code,
    askCode,
    http: httpThrough(fetch, clock),
    now: clock.now,
    mask: (text) => text,
    announce: (token) => {
      announced.push(token);
    },
  });
  const http = httpThrough(fetch, clock, session);
  const list = () => http.send({ method: 'GET', path: '/v2/access-tokens' }, signal);
  return { session, announced, list };
}

/** A session with the embedded API. */
function embedded(login: Login, given: Given = {}) {
  const service = embeddedHub();
  return { ...service, ...start(login, service.fetch, service.clock, given) };
}

/** A service where a login answers so, and a list is empty. */
function logins(answer: (count: number) => unknown) {
  let count = 0;
  const service = stub(({ path }) => {
    if (path === '/v2/access-tokens') return { count: 0, next: null, results: [] };
    count += 1;
    return answer(count);
  });
  return { ...service, count: () => count };
}

describe('a login', () => {
  test('is not tried before something is asked for', async () => {
    const { list, paths } = embedded(emulator);
    expect(paths()).toEqual([]);
    await list();
    expect(paths()).toEqual(['/v2/auth/token', '/v2/access-tokens']);
  });

  test('is one for all requests, also for those that are sent at once', async () => {
    const { list, hub, session } = embedded(emulator);
    await Promise.all([list(), list(), list(), session.user(signal), list()]);
    await list();
    expect(hub.logins()).toBe(1);
  });

  test('tells each bearer, so that it can be masked, and whose it is', async () => {
    const { session, announced } = embedded(emulator);
    expect(await session.header(signal)).toBe(`Bearer ${announced[0]}`);
    expect(announced).toHaveLength(1);
    expect(await session.user(signal)).toBe('emulator');
  });

  test('is renewed a minute before its bearer ends, once for all', async () => {
    const { list, hub, clock, announced } = embedded(emulator);
    await list();
    clock.pass(539);
    await list();
    expect(hub.logins()).toBe(1);
    clock.pass(1);
    await Promise.all([list(), list(), list()]);
    expect(hub.logins()).toBe(2);
    expect(new Set(announced).size).toBe(2);
    clock.pass(540);
    await list();
    expect(hub.logins()).toBe(3);
  });

  test('is renewed where its bearer is refused, once for all', async () => {
    const { list, hub } = embedded(emulator);
    await list();
    hub.revokeSessions();
    await Promise.all([list(), list(), list()]);
    expect(hub.logins()).toBe(2);
  });

  test('is not renewed for a bearer that another one has replaced already', async () => {
    const { session, hub, clock } = embedded(emulator);
    const before = await session.header(signal);
    clock.pass(540);
    await session.header(signal);
    expect(await session.renew(before, signal)).toBe(true);
    expect(hub.logins()).toBe(2);
  });

  test('is not renewed a second time for a refusal: it is the account that is refused', async () => {
    const { list, hub } = embedded(emulator);
    await list();
    hub.revokeSessions();
    await list();
    hub.revokeSessions();
    await expect(list()).rejects.toMatchObject({ code: 'AUTH', httpStatus: 401 });
    expect(hub.logins()).toBe(2);
  });

  test('that fails is not tried again, however many requests want it', async () => {
    const { list, hub } = embedded({ ...emulator, password: 'wrong' });
    const outcomes = await Promise.allSettled([list(), list(), list()]);
    expect(outcomes).toMatchObject(Array(3).fill({ status: 'rejected', reason: { code: 'AUTH' } }));
    await expect(list()).rejects.toMatchObject({
      code: 'AUTH',
      httpStatus: 401,
      message: expect.stringMatching(/DOCKER_HUB_PASSWORD.*401.*not retried/),
    });
    expect(hub.logins()).toBe(1);
  });

  test('that fails when it is renewed is not tried again either', async () => {
    const clock = testClock();
    const service = logins((count) =>
      count === 1
        ? { access_token: jwt({ iat: 0, exp: 600 }) }
        : Response.json({ message: 'unauthorized' }, { status: 401 }),
    );
    const { list } = start(emulator, service.fetch, clock);
    await list();
    clock.pass(540);
    await expect(list()).rejects.toMatchObject({ code: 'AUTH' });
    await expect(list()).rejects.toMatchObject({ code: 'AUTH' });
    expect(service.count()).toBe(2);
  });

  describe('that was interrupted', () => {
    /** The login is interrupted while it is under way; another one is answered. */
    function interruptedOnce() {
      const interrupted = new AbortController();
      const service = logins(() => ({ access_token: jwt({ iat: 0, exp: 600 }) }));
      const fetch: Fetch = (url, init) =>
        interrupted.signal.aborted
          ? service.fetch(url, init)
          : new Promise((_, reject) => {
              init.signal.addEventListener('abort', () => reject(init.signal.reason));
              interrupted.abort(new Error('interrupted'));
            });
      return { ...start(emulator, fetch), interrupted: interrupted.signal };
    }

    test('has not failed: the next request tries it', async () => {
      const { session, interrupted } = interruptedOnce();
      await expect(session.header(interrupted)).rejects.toThrow('interrupted');
      await expect(session.header(signal)).resolves.toMatch(/^Bearer /);
    });

    test('is retried for a request that waited for it and continues', async () => {
      const { session, interrupted } = interruptedOnce();
      const outcomes = await Promise.allSettled([session.header(interrupted), session.header(signal)]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    });
  });
});

describe('how long a bearer is used', () => {
  const anHourAhead = Date.parse('2030-01-01T01:00:00Z') / 1000;
  test.each([
    { why: 'as long as it says, less a minute', token: jwt({ iat: 0, exp: 600 }), seconds: 540 },
    {
      why: 'by its own clock, though ours is an hour behind',
      token: jwt({ iat: anHourAhead, exp: anHourAhead + 600 }),
      seconds: 540,
    },
    { why: 'four minutes where it says nothing', token: jwt({}), seconds: 240 },
    { why: 'four minutes where it is no JWT at all', token: 'opaque', seconds: 240 },
    { why: 'half of its life where that is short', token: jwt({ iat: 0, exp: 30 }), seconds: 15 },
  ])('$why', async ({ token, seconds }) => {
    const clock = testClock();
    const service = logins(() => ({ access_token: token }));
    const { list } = start(emulator, service.fetch, clock);
    await list();
    clock.pass(seconds - 1);
    await list();
    expect(service.count()).toBe(1);
    clock.pass(1);
    await list();
    expect(service.count()).toBe(2);
  });
});

describe('a second factor', () => {
  test('that is given goes the older way, and none is asked for', async () => {
    const { list, paths } = embedded(twoFactor, {
      code,
      askCode: () => Promise.reject(new Error('asked')),
    });
    await list();
    expect(paths()).toEqual(['/v2/users/login', '/v2/users/2fa-login', '/v2/access-tokens']);
  });

  test('that is given to an account without one does no harm', async () => {
    const { list, paths } = embedded(emulator, { code });
    await list();
    expect(paths()).toEqual(['/v2/users/login', '/v2/access-tokens']);
  });

  test('is requested once if none is given and the login fails', async () => {
    const questions: string[] = [];
    const { list, paths } = embedded(twoFactor, {
      askCode: async (question) => {
        questions.push(question);
        return ` ${code}\n`;
      },
    });
    await Promise.all([list(), list()]);
    expect(questions).toEqual([expect.stringContaining('Two-factor')]);
    expect(paths().slice(0, 3)).toEqual(['/v2/auth/token', '/v2/users/login', '/v2/users/2fa-login']);
  });

  test.each(['', ' '])('that is not typed (%j) is no second try', async (typed) => {
    const { list, hub } = embedded(twoFactor, { askCode: async () => typed });
    await expect(list()).rejects.toMatchObject({ code: 'AUTH' });
    expect(hub.logins()).toBe(1);
  });

  test('is sent at once where the first answer wants it', async () => {
    const service = logins((count) =>
      count === 1
        ? Response.json({ detail: 'a code is needed', login_2fa_token: 'pending-1' }, { status: 401 })
        : { token: jwt({ iat: 0, exp: 600 }) },
    );
    const { list, announced } = start(twoFactor, service.fetch, testClock(), { askCode: async () => code });
    await list();
    expect(service.asked.slice(0, 2)).toMatchObject([
      { path: '/v2/auth/token', body: { identifier: 'two-factor', secret: 'two-factor' } },
      { path: '/v2/users/2fa-login', body: { login_2fa_token: 'pending-1', code } },
    ]);
    expect(announced).toEqual(['pending-1', jwt({ iat: 0, exp: 600 })]);
  });

  test('that is wrong fails, and is not tried again', async () => {
    const { list, hub } = embedded(twoFactor, { code: '000000' });
    await expect(list()).rejects.toMatchObject({ code: 'AUTH', httpStatus: 401 });
    await expect(list()).rejects.toMatchObject({ code: 'AUTH' });
    expect(hub.logins()).toBe(1);
  });

  test('is good for one login: the next one asks', async () => {
    let asked = 0;
    const { list, clock } = embedded(twoFactor, {
      code,
      askCode: async () => {
        asked += 1;
        return code;
      },
    });
    await list();
    clock.pass(540);
    await list();
    expect(asked).toBe(1);
  });

  test('that is missing is what the hint names', async () => {
    const { list } = embedded(twoFactor);
    await expect(list()).rejects.toMatchObject({
      code: 'AUTH',
      hint: expect.stringMatching(/a code.*DOCKER_HUB_TOTP/),
    });
  });
});

test('where single sign-on is enforced, a refused password is explained, and the way out is named', async () => {
  const login = { username: 'single-sign-on', password: 'single-sign-on', where: 'DOCKER_HUB_PASSWORD' };
  const { list, hub } = embedded(login);
  await expect(list()).rejects.toMatchObject({
    code: 'AUTH',
    httpStatus: 401,
    hint: expect.stringMatching(/single sign-on accepts no password.*DOCKER_HUB_TOKEN/),
  });
  expect(hub.logins()).toBe(1);
});

describe('a login that brings no bearer', () => {
  const broken = (code: string) => (): never => {
    throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
  };
  test.each<[string, () => unknown, number]>([
    ['an answer without one', () => ({}), 1],
    ['an empty one', () => ({ access_token: '' }), 1],
    ['a failure of the service', () => new Response('', { status: 500 }), 1],
    ['a gateway without the service, twice more', () => new Response('', { status: 502 }), 3],
    ['a service that is away, twice more', () => new Response('', { status: 503 }), 3],
    ['a connection that is reset, twice more', broken('ECONNRESET'), 3],
    ['an unknown fault: it may have been judged', broken('EUNKNOWN'), 1],
    ['an answer that is no JSON', () => new Response('<html>'), 1],
    ['too many requests, several times', () => new Response('', { status: 429 }), 12],
  ])('fails with API_UNAVAILABLE: %s', async (_, answer, tries) => {
    const service = logins(answer);
    const { list } = start(emulator, service.fetch);
    await expect(list()).rejects.toMatchObject({ code: 'API_UNAVAILABLE', hint: expect.stringMatching(/./) });
    expect(service.count()).toBe(tries);
  });
});

describe('a login without a verdict of the service', () => {
  const away = (until: number) => (count: number) =>
    count < until ? new Response('', { status: 503 }) : { access_token: jwt({}) };

  test.each([2, 3])('is sent again until it is: try %i', async (until) => {
    const service = logins(away(until));
    await start(emulator, service.fetch).list();
    expect(service.count()).toBe(until);
  });

  test('is not sent again with a one-time code: each is good once', async () => {
    const service = logins(away(2));
    const { list } = start(twoFactor, service.fetch, testClock(), { code });
    await expect(list()).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
    expect(service.count()).toBe(1);
  });

  test('is not sent again once it was refused: accounts lock', async () => {
    const service = logins(() => Response.json({ message: 'no' }, { status: 401 }));
    await expect(start(emulator, service.fetch).list()).rejects.toMatchObject({ code: 'AUTH' });
    expect(service.count()).toBe(1);
  });
});

describe('a 403', () => {
  const forbidding = (said: string) =>
    stub(({ path }) =>
      path === '/v2/auth/token'
        ? { access_token: jwt({}) }
        : Response.json({ message: said }, { status: 403 }),
    );
  const hintFor = async (path: string, said: string): Promise<string> => {
    const { fetch } = forbidding(said);
    const clock = testClock();
    const session = signIn(emulator, {
      code: undefined,
      askCode: undefined,
      http: httpThrough(fetch, clock),
      now: clock.now,
      mask: (text) => text,
      announce: () => undefined,
    });
    const refused = httpThrough(fetch, clock, session).send({ method: 'GET', path }, signal);
    return refused.then(
      () => '',
      (error: { hint?: string }) => error.hint ?? '',
    );
  };

  test.each(['forbidden', '', 'access with a token issued from a personal access token is not allowed'])(
    'for personal tokens means a login with an access token, whatever it says: %j',
    async (said) => {
      const hint = await hintFor('/v2/access-tokens', said);
      expect(hint).toMatch(/^an access token can't manage access tokens/);
      expect(hint).not.toMatch(/organization, or with a role/);
    },
  );

  test('for tokens of an organization means first that the right is missing', async () => {
    expect(await hintFor('/v2/orgs/acme/access-tokens', 'forbidden')).toMatch(/owner of the organization/);
  });
});

describe('a bearer that is given', () => {
  const where = 'DOCKER_HUB_TOKEN';

  test('is used as it is, without a login', async () => {
    const { list, hub } = embedded({ token: 'emulator', where });
    await list();
    expect(hub.logins()).toBe(0);
  });

  test('can not be renewed', async () => {
    const { list, hub } = embedded({ token: 'expired', where });
    await expect(list()).rejects.toMatchObject({ code: 'AUTH', hint: expect.stringContaining(where) });
    expect(hub.logins()).toBe(0);
  });

  test.each([
    { why: 'as it says itself', claims: { username: 'ann' }, username: 'bob', user: 'ann' },
    {
      why: 'as it says in the claim of Docker Hub',
      claims: { 'https://hub.docker.com': { username: 'ann' }, username: 'sub' },
      username: 'bob',
      user: 'ann',
    },
    { why: 'as the response says beside it', claims: {}, username: 'bob', user: 'bob' },
    { why: 'unknown', claims: {}, username: undefined, user: '' },
  ])('tells whose it is: $why', async ({ claims, username, user }) => {
    const login = { token: jwt(claims), where, ...(username !== undefined && { username }) };
    const { session } = start(login, stub(() => ({})).fetch);
    expect(await session.user(signal)).toBe(user);
  });
});

describe('an access token, which cannot manage access tokens', () => {
  const hubClaim = (source: string) => ({ 'https://hub.docker.com': { source } });
  test.each<{ why: string; secret: object; what: string }>([
    {
      why: 'a personal one as the password',
      secret: { username: 'ann', password: 'dckr_pat_x' },
      what: 'a personal access token',
    },
    {
      why: "an organization's as the password",
      secret: { username: 'acme', password: 'dckr_oat_x' },
      what: 'an organization access token',
    },
    { why: 'a personal one as the bearer', secret: { token: 'dckr_pat_x' }, what: 'a personal access token' },
    {
      why: "an organization's as the bearer",
      secret: { token: 'dckr_oat_x' },
      what: 'an organization access token',
    },
    {
      why: 'the bearer of a login with a personal one',
      secret: { token: jwt(hubClaim('docker_pat|1')) },
      what: 'the bearer token of a login with a personal access token',
    },
    {
      why: "the bearer of a login with an organization's",
      secret: { token: jwt(hubClaim('docker_oat|1')) },
      what: 'the bearer token of a login with an organization access token',
    },
    {
      why: 'a bearer that says so without the claim of Docker Hub',
      secret: { token: jwt({ source: 'docker_pat|1' }) },
      what: 'the bearer token of a login with a personal access token',
    },
  ])('is rejected before a request: $why', ({ secret, what }) => {
    const service = stub(() => ({}));
    const login = { ...secret, where: 'the field password' } as Login;
    expect(() => start(login, service.fetch)).toThrow(
      expect.objectContaining({
        code: 'AUTH',
        message: expect.stringContaining(`the field password can't be used: it is ${what},`),
        hint: expect.stringMatching(/DOCKER_HUB_PASSWORD.*DOCKER_HUB_TOKEN/),
      }),
    );
    expect(service.asked).toEqual([]);
  });

  test.each([
    ['a bearer of another source', { token: jwt(hubClaim('docker_patron|1')) }],
    ['a bearer that says nothing', { token: jwt({}) }],
    ['a text that is no JWT', { token: 'a.b.c' }],
    ['a password that has such a beginning in its middle', { username: 'ann', password: 'my-dckr_pat_x' }],
  ])('is not what this is: %s', async (_, secret) => {
    const login = { ...secret, where: 'the field password' } as Login;
    const service = logins(() => ({ access_token: 'bearer' }));
    await start(login, service.fetch).list();
    expect(service.asked.at(-1)?.path).toBe('/v2/access-tokens');
  });
});
