import { describe, expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../../../src/emulator/index.ts';
import type { IonosQuirks } from '../../../src/emulator/quirks.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { start } from '../fixtures.ts';

const host = 'registry.example:5000';

interface Issued {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
}

function setUp(quirks: Partial<IonosQuirks> = {}) {
  let now = start;
  const emulator = createEmulator({
    now: () => now,
    quirks,
    seed: parseSeed(`
ionos:
  registries:
    - name: team-a
      tokens:
        - name: reader
          expiryDate: 2030-01-01T02:00:00Z
          scopes:
            - { type: repository, name: app, actions: [pull] }
            - { type: repository, name: drop, actions: [push] }
            - { type: registry, name: list, actions: [pull] }
        - { name: all, scopes: [{ type: repository, name: "*", actions: [pull, push] }] }
        - { name: off, status: disabled }
    - name: team-b
      tokens: [{ name: reader }]
`),
  });
  const get = (path: string, authorization?: string) =>
    emulator.fetch(
      new Request(`http://${host}${path}`, authorization === undefined ? {} : { headers: { authorization } }),
    );
  const bearer = async (basic: string): Promise<string> => {
    const issued = (await (await get('/v2/token?service=x', basic)).json()) as Issued;
    return `Bearer ${issued.token}`;
  };
  const advance = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { emulator, get, bearer, advance };
}

function tokenOf(emulator: Emulator, name: string, registry = 'team-a') {
  const token = emulator.tokens(registry).find((one) => one.name === name);
  if (!token) throw new Error(`no ${name}`);
  return token;
}

function basicOf(emulator: Emulator, name: string, registry?: string): string {
  return `Basic ${btoa(`${name}:${tokenOf(emulator, name, registry).password}`)}`;
}

describe('the registry endpoint', () => {
  test.each([
    ['bearer', `Bearer realm="http://${host}/v2/token",service="${host}"`],
    ['basic', `Basic realm="${host}"`],
  ] as const)('asks for a login: %s', async (loginChallenge, challenge) => {
    const { get } = setUp({ loginChallenge });
    const response = await get('/v2/');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(challenge);
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(await response.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  });

  test.each(['basic', 'bearer'] as const)('takes both, whatever it asks for: %s', async (loginChallenge) => {
    const { emulator, get, bearer } = setUp({ loginChallenge });
    const basic = basicOf(emulator, 'reader');
    for (const authorization of [basic, await bearer(basic)]) {
      const response = await get('/v2/', authorization);
      expect(response.status).toBe(200);
      expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
      expect(await response.json()).toEqual({});
    }
  });

  test('issues a bearer token under both names, for a while', async () => {
    const { emulator, get, advance } = setUp();
    const response = await get('/v2/token?service=x&scope=repository:app:pull', basicOf(emulator, 'reader'));
    const { token, access_token, expires_in } = (await response.json()) as Issued;
    expect(access_token).toBe(token);
    advance(expires_in * 1000 - 1);
    expect((await get('/v2/', `Bearer ${token}`)).status).toBe(200);
    advance(1);
    expect((await get('/v2/', `Bearer ${token}`)).status).toBe(401);
  });

  test('knows tokens of one name apart by their passwords', async () => {
    const { emulator, get } = setUp();
    expect((await get('/v2/', basicOf(emulator, 'reader', 'team-a'))).status).toBe(200);
    expect((await get('/v2/', basicOf(emulator, 'reader', 'team-b'))).status).toBe(200);
  });
});

describe('no login', () => {
  const refused = async (
    get: (path: string, authorization?: string) => Promise<Response>,
    basic?: string,
  ) => {
    for (const path of ['/v2/', '/v2/token', '/v2/app/tags/list']) {
      const response = await get(path, basic);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    }
  };

  test.each([
    ['credentials of the API', `Basic ${btoa('emulator:emulator')}`],
    ['a bearer of the API', 'Bearer emulator'],
    ['no password', `Basic ${btoa('reader:')}`],
    ['a wrong password', `Basic ${btoa('reader:wrong')}`],
    ['what is no pair', 'Basic !'],
    ['another scheme', 'Digest x'],
    ['nothing', undefined],
  ])('with %s', async (_, authorization) => {
    await refused(setUp().get, authorization);
  });

  test("with another token's password", async () => {
    const { emulator, get } = setUp();
    await refused(get, `Basic ${btoa(`all:${tokenOf(emulator, 'reader').password}`)}`);
  });

  test('with a disabled token', async () => {
    const { emulator, get } = setUp();
    await refused(get, basicOf(emulator, 'off'));
  });

  test('with an expired token', async () => {
    const { emulator, get, advance } = setUp();
    const basic = basicOf(emulator, 'reader');
    advance(7_200_000);
    await refused(get, basic);
  });

  test('with a deleted token, though the list still shows it', async () => {
    const { emulator, get } = setUp({ listLag: 60_000 });
    const basic = basicOf(emulator, 'reader');
    emulator.deleteAs('team-a', tokenOf(emulator, 'reader').id);
    await refused(get, basic);
  });

  test.each([
    [
      'disabled',
      (emulator: Emulator, id: string) => emulator.patchAs('other', 'team-a', id, { status: 'disabled' }),
    ],
    ['deleted', (emulator: Emulator, id: string) => emulator.deleteAs('team-a', id)],
  ])('with a bearer whose token was %s afterwards, at once', async (_, end) => {
    const { emulator, get, bearer } = setUp({ statusLag: 60_000 });
    const authorization = await bearer(basicOf(emulator, 'all'));
    expect((await get('/v2/', authorization)).status).toBe(200);
    end(emulator, tokenOf(emulator, 'all').id);
    expect((await get('/v2/', authorization)).status).toBe(401);
  });

  test('with a bearer whose token has another password by now', async () => {
    const { emulator, get, bearer } = setUp();
    const authorization = await bearer(basicOf(emulator, 'all'));
    tokenOf(emulator, 'all').password = 'another';
    expect((await get('/v2/', authorization)).status).toBe(401);
  });

  test('with a bearer of another emulator, or one that was tampered with', async () => {
    const [one, other] = [setUp(), setUp()];
    const authorization = await one.bearer(basicOf(one.emulator, 'all'));
    expect((await other.get('/v2/', authorization)).status).toBe(401);
    const longer = authorization.replace(/\.(\d+)\./, (_, until: string) => `.${until}0.`);
    expect((await one.get('/v2/', longer)).status).toBe(401);
  });
});

describe('the tags of a repository', () => {
  test.each([
    ['reader', 'app', 200],
    ['all', 'app', 200],
    ['all', 'deep/er/app', 200],
    ['reader', 'deep/er/app', 403],
    ['reader', 'drop', 403],
    ['reader', 'list', 403],
  ])('%s reads those of %s: %i', async (name, repository, status) => {
    const { emulator, get, bearer } = setUp();
    const response = await get(`/v2/${repository}/tags/list`, await bearer(basicOf(emulator, name)));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(
      status === 200 ? { name: repository, tags: [] } : { errors: [{ code: 'DENIED' }] },
    );
  });
});

test.each([
  {
    why: 'of good credentials: there is no such image',
    name: 'reader',
    repository: 'app',
    status: 404,
    code: 'MANIFEST_UNKNOWN',
  },
  {
    why: 'of credentials that may not pull it',
    name: 'reader',
    repository: 'drop',
    status: 403,
    code: 'DENIED',
  },
])('a pull $why is answered $status $code', async ({ name, repository, status, code }) => {
  const { emulator, get, bearer } = setUp();
  const path = `/v2/${repository}/manifests/latest`;
  const response = await get(path, await bearer(basicOf(emulator, name)));
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ errors: [{ code }] });
  expect((await get(path)).status).toBe(401);
});

test('logins are remembered without what they were made with', async () => {
  const { emulator, get, bearer } = setUp();
  const basic = basicOf(emulator, 'reader');
  await get('/v2/', await bearer(basic));
  const body = new URLSearchParams({
    grant_type: 'password',
    password: tokenOf(emulator, 'reader').password,
  });
  await emulator.fetch(new Request(`http://${host}/v2/token`, { method: 'POST', body }));
  expect(emulator.requests).toEqual([
    { method: 'GET', path: '/v2/token?service=x', body: '' },
    { method: 'GET', path: '/v2/', body: '' },
    { method: 'POST', path: '/v2/token', body: '' },
  ]);
});
