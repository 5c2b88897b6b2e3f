import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { errorOf, harbor, permission, projectRobot, systemRobot } from './fixtures.ts';

interface Issued {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
}

interface Claims {
  readonly sub: string;
  readonly access: readonly { readonly name: string; readonly actions: readonly string[] }[];
}

const realm = '/service/token?service=harbor-registry';

function decoded(part: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;
}

function claimsOf({ token }: Issued): Claims {
  return decoded(token.split('.')[1]) as unknown as Claims;
}

function setUp(seed?: string) {
  const service = harbor({ ...(seed !== undefined && { seed }) });
  /** Returns the actions granted in a repository. */
  const actions = async (as: readonly [string, string] | null, repository: string, asked = 'pull') => {
    const scope = encodeURIComponent(`repository:${repository}:${asked}`);
    const { body } = await service.call<Issued>('GET', `${realm}&scope=${scope}`, { as });
    return claimsOf(body).access[0]?.actions;
  };
  return { ...service, actions };
}

describe('a token', () => {
  test('is signed by the certificate in its header, which is that of the emulator', async () => {
    const { create, call, emulator, now } = setUp();
    const { name, secret } = await create(projectRobot('ci'));
    const scope = 'repository:team-a/app:pull';
    const { body } = await call<Issued>('GET', `${realm}&scope=${scope}`, { as: [name, secret] });
    const [header, claims, signature = ''] = body.token.split('.');

    const certificate = new X509Certificate(emulator.certificate());
    expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT', x5c: [certificate.raw.toString('base64')] });
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=reconcile emulator');
    expect(Date.parse(certificate.validFrom)).toBeLessThan(now());
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(now());
    const key = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' }));
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);

    const iat = now() / 1000;
    expect(decoded(claims)).toEqual({
      iss: 'harbor-token-issuer',
      sub: name,
      aud: 'harbor-registry',
      iat,
      nbf: iat,
      exp: iat + 1800,
      jti: expect.any(String),
      access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
    });
    expect(body).toMatchObject({ access_token: body.token, expires_in: 1800 });
  });

  test('has a certificate that the emulator serves', async () => {
    const { emulator } = setUp();
    const response = await emulator.fetch(new Request('http://x.example/emulator/certificate.pem'));
    expect(await response.text()).toBe(emulator.certificate());
  });

  test('has the rights of the robot at the time', async () => {
    const { create, actions, harbor: actor } = setUp();
    const { id, name, secret } = await create(projectRobot('ci'));
    expect(await actions([name, secret], 'team-a/app', 'pull,push')).toEqual(['pull']);
    expect(await actions([name, secret], 'team-b/app')).toEqual([]);
    expect(await actions([name, secret], 'team-x/app')).toEqual([]);
    actor.updateAs(String(id), {
      permissions: [{ target: 1, access: [{ resource: 'repository', action: 'delete', effect: '' }] }],
    });
    expect(await actions([name, secret], 'team-a/app')).toEqual(['delete']);
  });

  test('has a pull for a push in robots of a project, and not in those of the system', async () => {
    const { create, actions } = setUp();
    const permissions = [permission('team-a', 'repository:push')];
    const ofProject = await create(projectRobot('ci', { permissions }));
    const ofSystem = await create(systemRobot('ci', { permissions }));
    expect(await actions([ofProject.name, ofProject.secret], 'team-a/app')).toEqual(['pull', 'push']);
    expect(await actions([ofSystem.name, ofSystem.secret], 'team-a/app')).toEqual(['push']);
  });

  test('covers all repositories that are asked for', async () => {
    const { create, call } = setUp();
    const { name, secret } = await create(systemRobot('ci'));
    const scopes = 'scope=repository:team-a/a:pull%20repository:team-b/deep/b:pull&scope=registry:catalog:*';
    const { body } = await call<Issued>('GET', `${realm}&${scopes}`, { as: [name, secret], wrong: true });
    expect(claimsOf(body).access).toEqual([
      { type: 'repository', name: 'team-a/a', actions: ['pull'] },
      { type: 'repository', name: 'team-b/deep/b', actions: ['pull'] },
      { type: 'registry', name: 'catalog', actions: [] },
    ]);
  });

  test('of an administrator has all rights, and of a member those of the role', async () => {
    const { actions } = setUp(
      '{ projects: [{ name: team-a }], users: [{ name: ada, roles: { team-a: developer } }] }',
    );
    const all = ['pull', 'push', 'delete', '*'];
    expect(await actions(['emulator', 'emulator'], 'team-a/app')).toEqual(all);
    expect(await actions(['ada', 'ada'], 'team-a/app')).toEqual(['pull', 'push']);
    expect(await actions(['unprivileged', 'unprivileged'], 'team-a/app')).toEqual([]);
  });

  test('of an anonymous user has a pull from public projects only', async () => {
    const { actions } = setUp();
    expect(await actions(null, 'library/app')).toEqual(['pull']);
    expect(await actions(null, 'team-a/app')).toEqual([]);
  });
});

describe('a login', () => {
  const seed = `{ projects: [{ name: team-a, robots: [
    { name: ci, secret: Secret12 },
    { name: off, secret: Secret12, disable: true },
    { name: old, secret: Secret12, duration: 30, created_ago: 31d },
  ] }] }`;

  test('without repositories returns a token', async () => {
    const { call } = setUp(seed);
    const { status, body } = await call<Issued>('GET', realm, { as: ['robot$team-a+ci', 'Secret12'] });
    expect(status).toBe(200);
    expect(claimsOf(body)).toMatchObject({ sub: 'robot$team-a+ci', access: [] });
  });

  test.each([
    ['a wrong secret', ['robot$team-a+ci', 'wrong']],
    ['the short name', ['ci', 'Secret12']],
    ['a disabled robot', ['robot$team-a+off', 'Secret12']],
    ['an expired robot', ['robot$team-a+old', 'Secret12']],
  ] as const)('with %s is a 401, and a token without rights if it asks for a repository', async (_, as) => {
    const { call, actions } = setUp(seed);
    expect(errorOf(await call('GET', realm, { as }))).toMatchObject({ status: 401 });
    expect(await actions(as, 'team-a/app')).toEqual([]);
  });

  test('for another service is a 400, and by POST a 405', async () => {
    const { call, emulator } = setUp(seed);
    expect((await call('GET', '/service/token?service=other', { wrong: true })).status).toBe(400);
    const post = new Request('https://harbor.example/service/token', { method: 'POST', body: 'password=x' });
    expect((await emulator.fetch(post)).status).toBe(405);
    expect(emulator.requests.at(-1)).toMatchObject({ method: 'POST', body: '' });
  });
});
