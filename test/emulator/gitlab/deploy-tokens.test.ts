import { describe, expect, test } from 'vitest';
import { start } from '../fixtures.ts';
import { type DeployTokenBody, deployToken, deployTokens, gitlab, group, resources } from './fixtures.ts';

const day = 86_400_000;

describe('a create', () => {
  test('returns the token with its secret, which no other response shows', async () => {
    const { call, read } = gitlab();
    const body = deployToken('pull', { username: 'puller', expires_at: '2030-06-01T08:00:00Z' });
    const made = await call<DeployTokenBody>('POST', deployTokens, { body });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: 1,
      name: 'pull',
      username: 'puller',
      scopes: ['read_registry'],
      expires_at: '2030-06-01T08:00:00.000Z',
      revoked: false,
      expired: false,
      token: expect.stringMatching(/^gldt-[\w-]{20}$/),
    });
    const { token: _, ...shown } = made.body;
    expect(await read(`${deployTokens}/1`)).toEqual(shown);
    expect(await read(deployTokens)).toEqual([shown]);
  });

  test('generates a user name, and a token that never expires', async () => {
    const { createDeployToken } = gitlab();
    await createDeployToken(deployToken('one'));
    expect(await createDeployToken(deployToken('two'))).toMatchObject({
      id: 2,
      username: 'gitlab+deploy-token-2',
      expires_at: null,
    });
  });

  test('accepts a name and a user name twice, and both tokens log in', async () => {
    const { createDeployToken, login } = gitlab();
    const body = deployToken('pull', { username: 'puller' });
    const [one, two] = [await createDeployToken(body), await createDeployToken(body)];
    expect(one.id).not.toBe(two.id);
    expect(await login('puller', one.token)).toBe(200);
    expect(await login('puller', two.token)).toBe(200);
  });

  test('shows scopes in the order of GitLab', async () => {
    const { createDeployToken } = gitlab();
    const scopes = ['write_registry', 'read_registry', 'read_repository'];
    expect((await createDeployToken(deployToken('all', { scopes }))).scopes).toEqual([
      'read_repository',
      'read_registry',
      'write_registry',
    ]);
  });

  test('accepts a form', async () => {
    const { emulator } = gitlab();
    const response = await emulator.fetch(
      new Request(`https://gitlab.example${deployTokens}`, {
        method: 'POST',
        headers: { 'private-token': 'glpat-emulator' },
        body: new URLSearchParams([
          ['name', 'pull'],
          ['scopes[]', 'read_registry'],
          ['scopes[]', 'write_registry'],
        ]),
      }),
    );
    expect(await response.json()).toMatchObject({
      name: 'pull',
      scopes: ['read_registry', 'write_registry'],
    });
  });

  test.each([
    ['no name', { name: undefined }, { error: 'name is missing' }],
    ['nothing', { name: undefined, scopes: undefined }, { error: 'name is missing, scopes is missing' }],
    ['an unknown scope', { scopes: ['api'] }, { error: 'scopes does not have a valid value' }],
    ['an invalid expiry', { expires_at: 'soon' }, { error: 'expires_at is invalid' }],
    ['no scope', { scopes: [] }, { message: "Scopes can't be blank" }],
    ['an empty name', { name: ' ' }, { message: "Name can't be blank" }],
    ['a long name', { name: 'x'.repeat(256) }, { message: expect.stringContaining('too long') }],
    ['a space in the user name', { username: 'a b' }, { message: expect.stringContaining('Username') }],
  ])('is a 400 with %s', async (_, more, body) => {
    const { call, gitlab: actor } = gitlab();
    const response = await call('POST', deployTokens, { body: deployToken('pull', more), wrong: true });
    expect(response).toMatchObject({ status: 400, body });
    expect(actor.deployTokens('project', 'team-a/app')).toEqual([]);
  });

  test('knows the scopes of virtual registries in newer releases only', async () => {
    const body = deployToken('cache', { scopes: ['read_virtual_registry'] });
    expect((await gitlab().call('POST', deployTokens, { body })).status).toBe(201);
    const older = gitlab({ seedQuirks: '{ version: "17.9" }' });
    expect((await older.call('POST', deployTokens, { body })).status).toBe(400);
  });

  test('uses the prefix of the instance', async () => {
    const { createDeployToken } = gitlab({ seedQuirks: '{ deploy_token_prefix: "corp-" }' });
    expect((await createDeployToken(deployToken('pull'))).token).toMatch(/^corp-gldt-/);
  });
});

describe('an expiry', () => {
  test('can be a date, which is its beginning', async () => {
    const { createDeployToken } = gitlab();
    const made = await createDeployToken(deployToken('pull', { expires_at: '2030-02-01' }));
    expect(made.expires_at).toBe('2030-02-01T00:00:00.000Z');
  });

  test('ends the token at once, but shows only on the next day', async () => {
    const { createDeployToken, read, login, advance, names } = gitlab();
    const expires_at = new Date(start + 8 * 3_600_000).toISOString();
    const { username, token } = await createDeployToken(deployToken('pull', { expires_at }));
    const expired = async () => (await read<DeployTokenBody>(`${deployTokens}/1`)).expired;
    advance(8 * 3_600_000 - 1);
    expect(await login(username, token)).toBe(200);
    advance(1);
    expect(await login(username, token)).toBe(401);
    expect(await expired()).toBe(false);
    expect(await names(`${deployTokens}?active=true`)).toEqual([]);
    advance(16 * 3_600_000 - 1);
    expect(await expired()).toBe(false);
    advance(1);
    expect(await expired()).toBe(true);
    expect(await names(deployTokens)).toEqual(['pull']);
  });

  test('in the past makes a dead token', async () => {
    const { createDeployToken, login } = gitlab();
    const body = deployToken('pull', { expires_at: '0001-01-01T00:00:00Z' });
    const { username, token, expired } = await createDeployToken(body);
    expect(expired).toBe(true);
    expect(await login(username, token)).toBe(401);
  });

  test('in the year 3000 reads as none', async () => {
    const { createDeployToken } = gitlab();
    const made = await createDeployToken(deployToken('pull', { expires_at: '3000-01-01T00:00:00Z' }));
    expect(made.expires_at).toBeNull();
  });
});

describe('a list', () => {
  test('is sorted by expiry and ID, and has only the own tokens', async () => {
    const { createDeployToken, names } = gitlab();
    await createDeployToken(deployToken('never'));
    await createDeployToken(deployToken('late', { expires_at: '2030-05-01' }));
    await createDeployToken(deployToken('early', { expires_at: '2030-02-01' }));
    await createDeployToken(deployToken('of-group'), `${group}/deploy_tokens`);
    expect(await names(deployTokens)).toEqual(['early', 'late', 'never']);
    expect(await names(`${group}/deploy_tokens`)).toEqual(['of-group']);
  });

  test('of the instance is for administrators', async () => {
    const { call, createDeployToken, names } = gitlab();
    await createDeployToken(deployToken('pull'));
    expect(await call('GET', '/api/v4/deploy_tokens')).toMatchObject({ status: 403 });
    const all = await call<readonly object[]>('GET', '/api/v4/deploy_tokens', { as: 'glpat-root' });
    expect(all.body).toMatchObject([{ name: 'pull' }]);
    expect(await names(deployTokens)).toEqual(['pull']);
  });
});

describe('a token', () => {
  test('is gone after a delete, and a second delete is a 404', async () => {
    const { call, createDeployToken, names, login } = gitlab();
    const { username, token } = await createDeployToken(deployToken('pull'));
    const path = `${deployTokens}/1`;
    expect(await call('DELETE', path)).toMatchObject({ status: 204, text: '' });
    expect(await call('DELETE', path)).toMatchObject({ status: 404, body: { message: '404 Not found' } });
    expect(await call('GET', path)).toMatchObject({ status: 404 });
    expect(await names(deployTokens)).toEqual([]);
    expect(await login(username, token)).toBe(401);
  });

  test('is not found in another project', async () => {
    const { call, createDeployToken } = gitlab();
    await createDeployToken(deployToken('pull'));
    for (const method of ['GET', 'DELETE'])
      expect((await call(method, '/api/v4/projects/2/deploy_tokens/1')).status).toBe(404);
    expect((await call('GET', `${deployTokens}/x`, { wrong: true })).body).toEqual({
      error: 'token_id is invalid',
    });
  });

  test('stays listed if it is revoked in the web interface', async () => {
    const { createDeployToken, read, login, gitlab: actor } = gitlab();
    const { username, token } = await createDeployToken(deployToken('pull'));
    actor.revokeDeployToken('1');
    expect(await read(deployTokens)).toMatchObject([{ id: 1, revoked: true, expired: false }]);
    expect(await login(username, token)).toBe(401);
  });

  test.each(['PUT', 'PATCH'])('cannot be changed by %s', async (method) => {
    const { emulator } = gitlab();
    const request = new Request(`https://gitlab.example${deployTokens}/1`, { method, body: '{}' });
    expect((await emulator.fetch(request)).status).toBe(405);
  });

  test('has an ID of its own kind', async () => {
    const { createDeployToken, createAccessToken } = gitlab();
    expect((await createDeployToken(deployToken('pull'))).id).toBe(1);
    expect((await createAccessToken({ name: 'ci', scopes: ['api'] })).id).toBe(1);
  });

  test('of a seed has the fields that are given', async () => {
    const { read } = gitlab({
      seed: `{ ${resources.replace(
        '{ path: team-a/app }',
        `{ path: team-a/app, deploy_tokens: [
          { name: pull, id: 7, username: puller, scopes: [write_registry, read_registry], expires_in: 2d, token: gldt-x },
          { name: old, expires_at: 2029-01-01T00:00:00Z, revoked: true },
        ] }`,
      )} }`,
    });
    expect(await read(deployTokens)).toEqual([
      {
        id: 2,
        name: 'old',
        username: 'gitlab+deploy-token-2',
        scopes: ['read_registry'],
        expires_at: '2029-01-01T00:00:00.000Z',
        revoked: true,
        expired: true,
      },
      {
        id: 7,
        name: 'pull',
        username: 'puller',
        scopes: ['read_registry', 'write_registry'],
        expires_at: new Date(start + 2 * day).toISOString(),
        revoked: false,
        expired: false,
      },
    ]);
  });
});
