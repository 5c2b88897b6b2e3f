import { describe, expect, test } from 'vitest';
import {
  accessToken,
  basic,
  deployToken,
  deployTokens,
  gitlab,
  group,
  host,
  project,
  resources,
} from './fixtures.ts';

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  readonly access: readonly { readonly name: string; readonly actions: readonly string[] }[];
}

const realm = '/jwt/auth?service=container_registry';

function setUp(options: Parameters<typeof gitlab>[0] = {}) {
  const service = gitlab(options);
  const claims = async (as: readonly [string, string] | null, query = ''): Promise<Claims> => {
    const headers = as === null ? {} : { authorization: basic(as) };
    const { body } = await service.call<{ token: string }>('GET', realm + query, { as: null, headers });
    const [, encoded = ''] = body.token.split('.');
    return JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Claims;
  };
  return {
    ...service,
    claims,
    /** Returns the status of a login at the realm. */
    login: async (name: string, secret: string): Promise<number> => {
      const headers = { authorization: basic([name, secret]) };
      return (await service.call('GET', realm, { as: null, headers })).status;
    },
    /** Returns the actions granted in a repository. */
    actions: async (
      as: readonly [string, string] | null,
      repository: string,
      asked = 'pull,push,delete,*',
    ) => {
      const scope = encodeURIComponent(`repository:${repository}:${asked}`);
      return (await claims(as, `&scope=${scope}`)).access[0]?.actions;
    },
  };
}

const none = undefined;

/** Shared, as each GitLab generates a key for its tokens. */
const shared = setUp();

describe('a token', () => {
  test('is for the registry, and good for five minutes', async () => {
    const { createDeployToken, claims, now } = shared;
    const { username, token } = await createDeployToken(deployToken('pull'));
    expect(await claims([username, token], '&scope=repository:team-a/app:pull,push')).toMatchObject({
      iss: 'gitlab-issuer',
      sub: username,
      aud: 'container_registry',
      iat: now() / 1000,
      exp: now() / 1000 + 300,
      access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
    });
  });

  test('covers all repositories that are asked for, as far as there are rights', async () => {
    const { createDeployToken, claims } = shared;
    const { username, token } = await createDeployToken(deployToken('pull'), `${group}/deploy_tokens`);
    const scopes = 'scope=repository:team-a/app:pull%20repository:team-b/app:pull%20registry:catalog:*';
    const { access } = await claims([username, token], `&${scopes}`);
    expect(access.map(({ name }) => name)).toEqual(['team-a/app']);
  });
});

describe('a deploy token', () => {
  test.each([
    [['read_registry'], ['pull']],
    [['write_registry'], none],
    [
      ['read_registry', 'write_registry'],
      ['pull', 'push'],
    ],
  ])('with %j may do %j', async (scopes, expected) => {
    const { createDeployToken, actions } = shared;
    const { username, token } = await createDeployToken(deployToken('ci', { scopes }));
    expect(await actions([username, token], 'team-a/app')).toEqual(expected);
    expect(await actions([username, token], 'team-a/app/deep/image')).toEqual(expected);
    expect(await actions([username, token], 'team-a/apple')).toBe(none);
    expect(await actions([username, token], 'team-b/app')).toBe(none);
  });

  test('of a group reaches all projects below it', async () => {
    const { createDeployToken, actions } = shared;
    const { username, token } = await createDeployToken(deployToken('ci'), `${group}/deploy_tokens`);
    for (const image of ['team-a/app', 'team-a/sub/lib/image'])
      expect(await actions([username, token], image)).toEqual(['pull']);
    expect(await actions([username, token], 'team-b/app')).toBe(none);
  });

  test('does not log in with another user name, and gets no token without a scope for images', async () => {
    const { createDeployToken, login } = shared;
    const { token } = await createDeployToken(deployToken('ci', { username: 'puller' }));
    expect(await login('puller', token)).toBe(200);
    for (const name of ['ci', 'Puller', '']) expect(await login(name, token)).toBe(401);
    const source = await createDeployToken(deployToken('source', { scopes: ['read_repository'] }));
    expect(await login(source.username, source.token)).toBe(403);
  });
});

describe('an access token', () => {
  test('logs in with any user name that is not empty', async () => {
    const { createAccessToken, login } = shared;
    const { token } = await createAccessToken(accessToken('ci'));
    for (const name of ['ci', 'oauth2', 'x']) expect(await login(name, token)).toBe(200);
    expect(await login('', token)).toBe(401);
  });

  test.each([
    ['api', 40, ['pull', 'push', 'delete', '*']],
    ['api', 30, ['pull', 'push', 'delete']],
    ['api', 20, ['pull']],
    ['read_registry write_registry', 30, ['pull', 'push']],
    ['read_registry write_registry', 20, ['pull']],
    ['read_registry', 40, ['pull']],
    ['write_registry', 40, none],
    ['read_registry', 10, none],
  ])('with the scopes %s and the level %i may do %j', async (scopes, access_level, expected) => {
    const { createAccessToken, actions } = shared;
    const body = accessToken('ci', { scopes: scopes.split(' '), access_level });
    const { token } = await createAccessToken(body);
    expect(await actions(['ci', token], 'team-a/app')).toEqual(expected);
    expect(await actions(['ci', token], 'team-b/app')).toBe(none);
  });

  test('with the scope read_api does not log in', async () => {
    const { createAccessToken, login } = shared;
    const { token } = await createAccessToken(accessToken('ci', { scopes: ['read_api'] }));
    expect(await login('ci', token)).toBe(403);
  });

  test('of a group reaches all projects below it', async () => {
    const { createAccessToken, actions } = shared;
    const { token } = await createAccessToken(accessToken('ci'), `${group}/access_tokens`);
    expect(await actions(['ci', token], 'team-a/sub/lib')).toEqual(['pull', 'push']);
    expect(await actions(['ci', token], 'team-b/app')).toBe(none);
  });
});

describe('a login', () => {
  test('of a person has the rights of the role', async () => {
    const { actions } = shared;
    expect(await actions(['dev', 'glpat-dev'], 'team-a/app')).toEqual(['pull', 'push', 'delete']);
    expect(await actions(['dev', 'glpat-dev'], 'team-b/app')).toBe(none);
  });

  test('without credentials is for public projects', async () => {
    const { actions, call } = setUp({
      seed: '{ projects: [{ path: open/app, public: true }, { path: closed/app }] }',
    });
    expect(await actions(null, 'open/app')).toEqual(['pull']);
    expect(await actions(null, 'closed/app')).toBe(none);
    expect((await call('GET', realm, { as: null })).status).toBe(403);
  });

  test('has no images in a project with its registry disabled, or without any registry', async () => {
    const disabled = setUp({ seed: '{ projects: [{ path: team-a/app, registry: false }] }' });
    const one = await disabled.createDeployToken(deployToken('ci'));
    expect(await disabled.actions([one.username, one.token], 'team-a/app')).toBe(none);

    const off = setUp({ seedQuirks: '{ registry: false }' });
    const other = await off.createDeployToken(deployToken('ci'));
    expect(await off.login(other.username, other.token)).toBe(404);
  });

  test('by POST is a 404, and its body is not recorded', async () => {
    const { emulator } = shared;
    const request = new Request(`${host}/jwt/auth`, { method: 'POST', body: 'password=x' });
    expect((await emulator.fetch(request)).status).toBe(404);
    expect(emulator.requests.at(-1)).toMatchObject({ method: 'POST', body: '' });
  });

  test('for another service is a 404', async () => {
    const { call } = setUp();
    expect((await call('GET', '/jwt/auth?service=other', { as: null, wrong: true })).status).toBe(404);
  });

  test('is blocked for the address after 30 failures in 3 minutes, for an hour', async () => {
    const { createDeployToken, login, advance, call } = setUp();
    const { username, token } = await createDeployToken(deployToken('pull'));
    const failures = async (count: number) => {
      for (let index = 0; index < count; index++) expect(await login(username, 'gldt-wrong')).toBe(401);
    };
    await failures(29);
    advance(180_000);
    await failures(29);
    expect(await login(username, token)).toBe(200);
    await failures(30);
    expect(await login(username, token)).toBe(403);
    const elsewhere = { authorization: basic([username, token]), 'x-forwarded-for': '192.0.2.7' };
    expect((await call('GET', realm, { as: null, headers: elsewhere })).status).toBe(200);
    advance(3_600_000 - 1);
    expect(await login(username, token)).toBe(403);
    advance(1);
    expect(await login(username, token)).toBe(200);
  });

  test('is never blocked if there is no maximum', async () => {
    const { login } = setUp({ seedQuirks: '{ max_login_failures: 0 }' });
    for (let index = 0; index < 40; index++) expect(await login('x', 'wrong')).toBe(401);
  });
});

describe('the common registry endpoint', () => {
  const tags = async (
    { emulator }: ReturnType<typeof gitlab>,
    image: string,
    as: readonly [string, string],
  ) => {
    const headers = { authorization: basic(as) };
    return (await emulator.fetch(new Request(`${host}/v2/${image}/tags/list`, { headers }))).status;
  };

  test('accepts the same tokens', async () => {
    const service = gitlab();
    const deploy = await service.createDeployToken(deployToken('pull'));
    const access = await service.createAccessToken(accessToken('ci'));
    expect(await tags(service, 'team-a/app', [deploy.username, deploy.token])).toBe(200);
    expect(await tags(service, 'team-b/app', [deploy.username, deploy.token])).toBe(403);
    expect(await tags(service, 'team-a/app', ['other', deploy.token])).toBe(401);
    expect(await tags(service, 'team-a/app', ['any', access.token])).toBe(200);
    expect(await tags(service, 'team-a/app', ['', access.token])).toBe(401);
    await service.call('DELETE', `${deployTokens}/1`);
    expect(await tags(service, 'team-a/app', [deploy.username, deploy.token])).toBe(401);
  });
});

describe('the beginning of image names', () => {
  const prefixOf = async (seedQuirks: string, seed = `{ ${resources} }`) =>
    (await gitlab({ seed, seedQuirks }).read<Record<string, unknown>>(project))[
      'container_registry_image_prefix'
    ];

  test('is the host of the request, or the one that is set', async () => {
    expect(await prefixOf('{}')).toBe('gitlab.example/team-a/app');
    expect(await prefixOf('{ registry_host: "registry.example:5050" }')).toBe(
      'registry.example:5050/team-a/app',
    );
  });

  test.each(['{ registry_host: absent }', '{ registry: false }'])('is absent with %s', async (quirks) => {
    expect(await prefixOf(quirks)).toBeUndefined();
  });

  test('comes with the state of the registry', async () => {
    const { read } = gitlab({ seed: '{ projects: [{ path: team-a/app, registry: false }] }' });
    expect(await read(project)).toMatchObject({ container_registry_access_level: 'disabled' });
  });
});
