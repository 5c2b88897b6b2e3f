import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEmulator, type OrgResource } from '../../../src/emulator/index.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { start } from '../fixtures.ts';

interface Issued {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
}

interface Claims {
  readonly access: readonly { readonly name: string; readonly actions: readonly string[] }[];
}

const docker = 'registry.docker.io';

const seed = parseSeed(`
ionos:
  registries:
    - name: team-a
      tokens:
        - name: ci
          expiryDate: 2030-01-02T00:00:00Z
          scopes:
            - { type: repository, name: app, actions: [pull, push] }
            - { type: repository, name: deep/app, actions: [pull] }
            - { type: registry, name: other, actions: [pull] }
        - { name: all, scopes: [{ type: repository, name: "*", actions: [pull] }] }
        - { name: off, status: disabled, scopes: [{ type: repository, name: "*", actions: [pull] }] }
    - name: team-b
docker_hub: { organizations: [{ name: acme, owners: [emulator] }, { name: umbrella, owners: [other] }] }
`);

function setUp() {
  let now = start;
  const emulator = createEmulator({ seed, now: () => now });
  const get = (
    service: string,
    login: readonly [string, string] | undefined,
    ...scopes: readonly string[]
  ) => {
    const query = new URLSearchParams({ service });
    for (const scope of scopes) query.append('scope', scope);
    const headers = login && { authorization: `Basic ${btoa(login.join(':'))}` };
    return emulator.fetch(new Request(`http://registry.example/token?${query}`, headers && { headers }));
  };
  const issued = async (...asked: Parameters<typeof get>): Promise<Issued> =>
    (await (await get(...asked)).json()) as Issued;
  /** Returns the actions granted in a repository, of all three. */
  const actions = async (service: string, login: readonly [string, string], repository: string) => {
    const { token } = await issued(service, login, `repository:${repository}:pull,push,delete`);
    return claimsOf(token).access[0]?.actions;
  };
  const ionos = (name: string): readonly [string, string] => {
    const token = emulator.tokens('team-a').find((one) => one.name === name);
    return [name, token?.password ?? ''];
  };
  const advance = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { emulator, get, issued, actions, ionos, advance };
}

function decoded(part = ''): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

function claimsOf(token: string): Claims {
  return decoded(token.split('.')[1]) as Claims;
}

describe('a bearer token', () => {
  test('is signed for the registry of the service, with the granted part of the requested actions', async () => {
    const { emulator, issued, ionos } = setUp();
    const scopes = ['repository:app:pull,push,delete repository:deep/app:pull,push', 'registry:catalog:*'];
    const { token, access_token, expires_in } = await issued('team-a', ionos('ci'), ...scopes);
    expect(access_token).toBe(token);
    const [header, claims, signature = ''] = token.split('.');
    const { publicKey } = new X509Certificate(emulator.certificate());
    const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(
      verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')),
    ).toBe(true);
    expect(decoded(claims)).toEqual({
      iss: 'reconcile-emulator',
      sub: 'ci',
      aud: 'team-a',
      iat: start / 1000,
      nbf: start / 1000,
      exp: start / 1000 + expires_in,
      jti: expect.any(String),
      access: [
        { type: 'repository', name: 'app', actions: ['pull', 'push'] },
        { type: 'repository', name: 'deep/app', actions: ['pull'] },
        { type: 'registry', name: 'catalog', actions: [] },
      ],
    });
  });

  test('is issued for a login without repositories', async () => {
    const { issued, ionos } = setUp();
    expect(claimsOf((await issued('team-a', ionos('ci'))).token).access).toEqual([]);
  });

  test('has the time of the registry that verifies it', async () => {
    const emulator = createEmulator({ seed, now: () => start, registryNow: () => start - 86_400_000 });
    const { secret } = emulator.hub.personal.createAs('emulator', { label: 'ci' });
    const authorization = `Basic ${btoa(`emulator:${secret}`)}`;
    const request = new Request(`http://x.example/token?service=${docker}`, { headers: { authorization } });
    const { token } = (await (await emulator.fetch(request)).json()) as Issued;
    expect(claimsOf(token)).toMatchObject({ nbf: start / 1000 - 86_400 });
  });
});

describe('the rights of a token of IONOS', () => {
  const { actions, ionos } = setUp();

  test.each([
    ['ci', 'app', ['pull', 'push']],
    ['ci', 'deep/app', ['pull']],
    ['ci', 'app2', []],
    ['ci', 'other', []],
    ['all', 'any/name', ['pull']],
  ])('%s to %s are %j', async (name, repository, granted) => {
    expect(await actions('team-a', ionos(name), repository)).toEqual(granted);
  });
});

describe('the rights of a token of Docker Hub', () => {
  const { emulator, actions } = setUp();

  test.each([
    [['repo:public_read'], 'emulator/app', []],
    [['repo:read'], 'emulator/app', ['pull']],
    [['repo:write'], 'emulator/app', ['pull', 'push']],
    [['repo:read', 'repo:admin'], 'emulator/app', ['pull', 'push', 'delete']],
    [undefined, 'emulator/app', ['pull', 'push', 'delete']],
    [['repo:write'], 'acme/app', ['pull', 'push']],
    [['repo:admin'], 'umbrella/app', []],
    [['repo:admin'], 'other/app', []],
  ])('of a user with %j to %s are %j', async (scopes, repository, granted) => {
    const { secret } = emulator.hub.personal.createAs('emulator', { label: 'ci', ...(scopes && { scopes }) });
    expect(await actions(docker, ['emulator', secret], repository)).toEqual(granted);
  });

  const repo = (path: string, ...scopes: readonly string[]): OrgResource => ({
    type: 'TYPE_REPO',
    path,
    scopes,
  });

  test.each([
    [[repo('acme/app', 'scope-image-pull')], 'acme/app', ['pull']],
    [[repo('acme/app', 'scope-image-push')], 'acme/app', ['pull', 'push']],
    [[repo('acme/*', 'scope-image-delete')], 'acme/app', ['pull', 'push', 'delete']],
    [[repo('acme/*', 'scope-image-pull'), repo('acme/app', 'scope-image-push')], 'acme/web', ['pull']],
    [[repo('acme/app', 'scope-tag-read')], 'acme/app', []],
    [[repo('acme/app', 'scope-image-push')], 'acme/app2', []],
    [[{ type: 'TYPE_ORG', path: 'acme/app', scopes: ['scope-image-push'] }], 'acme/app', []],
  ])('of an organization with %j to %s are %j', async (resources, repository, granted) => {
    const { secret } = emulator.hub.org.createAs('emulator', 'acme', { label: 'ci', resources });
    expect(await actions(docker, ['acme', secret], repository)).toEqual(granted);
  });
});

describe('no bearer token', () => {
  test.each([
    ['a wrong password', 'team-a', ['ci', 'wrong']],
    ['no login', 'team-a', undefined],
    ['credentials of the API', 'team-a', ['emulator', 'emulator']],
    ['credentials of the API', docker, ['emulator', 'emulator']],
  ] as const)('with %s for %s', async (_, service, login) => {
    const { get } = setUp();
    expect((await get(service, login, 'repository:app:pull')).status).toBe(401);
  });

  test('with a token of another registry', async () => {
    const { get, ionos } = setUp();
    for (const service of ['team-b', docker, '']) {
      expect((await get(service, ionos('ci'))).status).toBe(401);
    }
  });

  test('with a disabled, expired or deleted token of IONOS', async () => {
    const { emulator, get, ionos, advance } = setUp();
    expect((await get('team-a', ionos('off'))).status).toBe(401);
    const [ci, all] = [ionos('ci'), ionos('all')];
    expect((await get('team-a', ci)).status).toBe(200);
    advance(86_400_000);
    expect((await get('team-a', ci)).status).toBe(401);
    emulator.deleteAs('team-a', emulator.tokens('team-a').find(({ name }) => name === 'all')?.id ?? '');
    expect((await get('team-a', all)).status).toBe(401);
  });

  test('with an inactive, expired or deleted token of Docker Hub', async () => {
    const { emulator, get, advance } = setUp();
    const { personal } = emulator.hub;
    const create = () => personal.createAs('emulator', { label: 'ci', expiry: start + 1000 });
    const [inactive, deleted, expiring] = [create(), create(), create()];
    personal.patchAs('emulator', inactive.id, { active: false });
    personal.deleteAs('emulator', deleted.id);
    expect((await get(docker, ['emulator', inactive.secret])).status).toBe(401);
    expect((await get(docker, ['emulator', deleted.secret])).status).toBe(401);
    expect((await get(docker, ['emulator', expiring.secret])).status).toBe(200);
    advance(1000);
    expect((await get(docker, ['emulator', expiring.secret])).status).toBe(401);
  });

  test('by POST, whose body is not recorded', async () => {
    const { emulator } = setUp();
    const post = new Request('http://x.example/token', { method: 'POST', body: 'password=x' });
    expect((await emulator.fetch(post)).status).toBe(405);
    expect(emulator.requests.at(-1)).toMatchObject({ method: 'POST', body: '' });
  });
});
