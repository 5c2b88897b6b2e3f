import { describe, expect, test } from 'vitest';
import {
  type AccessTokenBody,
  accessToken,
  accessTokens,
  deployToken,
  deployTokens,
  gitlab,
  group,
  people,
  project,
  resources,
} from './fixtures.ts';

const groupDeployTokens = `${group}/deploy_tokens`;
const groupAccessTokens = `${group}/access_tokens`;

describe('a caller', () => {
  test('sends a token in either header', async () => {
    const { call } = gitlab();
    const bearer = { authorization: 'Bearer glpat-emulator' };
    expect((await call('GET', deployTokens)).status).toBe(200);
    expect((await call('GET', deployTokens, { as: null, headers: bearer })).status).toBe(200);
  });

  test.each([
    ['no token', null],
    ['an unknown token', 'glpat-who'],
  ])('with %s gets a 401', async (_, as) => {
    const { call } = gitlab();
    for (const path of [deployTokens, accessTokens, project, '/api/v4/version', '/api/v4/groups'])
      expect(await call('GET', path, { as })).toMatchObject({
        status: 401,
        body: { message: '401 Unauthorized' },
      });
  });

  test.each([
    ['revoked', 'revoked: true', 'Token was revoked'],
    ['expired', 'expires_in: 0s', 'Token is expired'],
  ])('with a token that is %s gets a 401 that says so', async (_, field, text) => {
    const { call } = gitlab({
      seed: `{ ${resources}, users: [{ name: ada, tokens: [{ name: ada, ${field} }] }] }`,
    });
    expect(await call('GET', deployTokens, { as: 'glpat-ada' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_token', error_description: expect.stringContaining(text) },
    });
  });

  test('needs the scope api, or read_api for reads', async () => {
    const { call } = gitlab({
      seed: `{ ${resources}, users: [{ name: ada, roles: { team-a: owner }, tokens: [
        { name: reader, scopes: [read_api] }, { name: puller, scopes: [read_registry] },
      ] }] }`,
    });
    expect((await call('GET', deployTokens, { as: 'glpat-reader' })).status).toBe(200);
    const lacking = {
      status: 403,
      body: { error: 'insufficient_scope', error_description: expect.any(String), scope: 'api' },
    };
    const body = deployToken('pull');
    expect(await call('POST', deployTokens, { as: 'glpat-reader', body })).toMatchObject(lacking);
    expect(await call('GET', deployTokens, { as: 'glpat-puller' })).toMatchObject(lacking);
  });

  test('reads its own token, whatever its scopes', async () => {
    const { call, createAccessToken } = gitlab();
    const self = '/api/v4/personal_access_tokens/self';
    expect((await call('GET', self)).body).toMatchObject({
      name: 'emulator',
      scopes: ['api'],
      active: true,
      expires_at: null,
    });
    const { token: as, id } = await createAccessToken(accessToken('ci'));
    const own = await call<object>('GET', self, { as });
    expect(own.body).toMatchObject({ id, name: 'ci', scopes: ['read_registry', 'write_registry'] });
    expect(own.body).not.toHaveProperty('token');
  });

  test('reads its own user, which is a bot with a name of its own for an access token', async () => {
    const { call, createAccessToken } = gitlab();
    const { token: as, user_id: id } = await createAccessToken(accessToken('ci', { scopes: ['read_api'] }));
    expect((await call('GET', '/api/v4/user')).body).toMatchObject({ username: 'emulator', bot: false });
    expect((await call('GET', '/api/v4/user', { as })).body).toMatchObject({
      id,
      username: expect.stringMatching(/^project_1_bot_/),
      bot: true,
    });
  });

  test('is never a deploy token', async () => {
    const { call, createDeployToken } = gitlab();
    const { token: as } = await createDeployToken(deployToken('pull'));
    expect((await call('GET', deployTokens, { as })).status).toBe(401);
  });

  test('reads the version', async () => {
    const { call } = gitlab({ seedQuirks: '{ version: "17.2" }' });
    for (const path of ['/api/v4/version', '/api/v4/metadata'])
      expect((await call('GET', path)).body).toMatchObject({ version: '17.2.9-ee' });
  });
});

describe('deploy tokens', () => {
  test('of a project are for maintainers', async () => {
    const { call } = gitlab();
    const body = deployToken('pull');
    for (const as of ['glpat-app', 'glpat-max', 'glpat-oda', 'glpat-root']) {
      expect((await call('GET', deployTokens, { as })).status).toBe(200);
      expect((await call('POST', deployTokens, { as, body })).status).toBe(201);
    }
    const as = 'glpat-dev';
    const forbidden = { status: 403, body: { message: '403 Forbidden' } };
    expect(await call('GET', deployTokens, { as })).toMatchObject(forbidden);
    expect(await call('POST', deployTokens, { as, body })).toMatchObject(forbidden);
    expect(await call('GET', `${deployTokens}/1`, { as })).toMatchObject(forbidden);
    expect(await call('DELETE', `${deployTokens}/1`, { as })).toMatchObject(forbidden);
  });

  test('of a group are read by maintainers, and written by owners', async () => {
    const { call } = gitlab();
    const body = deployToken('pull');
    const owner = { as: 'glpat-oda' };
    const maintainer = { as: 'glpat-max' };
    expect((await call('POST', groupDeployTokens, { ...owner, body })).status).toBe(201);
    expect((await call('GET', groupDeployTokens, maintainer)).status).toBe(200);
    expect((await call('GET', `${groupDeployTokens}/1`, maintainer)).status).toBe(200);
    expect((await call('POST', groupDeployTokens, { ...maintainer, body })).status).toBe(403);
    expect((await call('DELETE', `${groupDeployTokens}/1`, maintainer)).status).toBe(403);
    expect((await call('DELETE', `${groupDeployTokens}/1`, owner)).status).toBe(204);
  });

  test('are managed by an access token with a role as well', async () => {
    const { call, createAccessToken } = gitlab();
    const { token: as } = await createAccessToken(accessToken('bot', { scopes: ['api'], access_level: 40 }));
    expect((await call('POST', deployTokens, { as, body: deployToken('pull') })).status).toBe(201);
    expect((await call('GET', '/api/v4/projects/3/deploy_tokens', { as })).status).toBe(404);
  });
});

describe('access tokens', () => {
  test.each([
    ['project', accessTokens, 'glpat-dev'],
    ['group', groupAccessTokens, 'glpat-max'],
  ])('of a %s are a 401 or a 400 without the right', async (_, path, as) => {
    const { call, createAccessToken } = gitlab();
    await createAccessToken(accessToken('ci'), path);
    const unauthorized = { status: 401, body: { message: '401 Unauthorized' } };
    expect(await call('GET', path, { as })).toMatchObject(unauthorized);
    expect(await call('GET', `${path}/1`, { as })).toMatchObject(unauthorized);
    expect(await call('POST', path, { as, body: accessToken('ci') })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('does not have permission') },
    });
    expect((await call('DELETE', `${path}/1`, { as })).status).toBe(400);
  });

  test('are managed by maintainers of a project and owners of a group', async () => {
    const { call } = gitlab();
    for (const [path, as] of [
      [accessTokens, 'glpat-app'],
      [accessTokens, 'glpat-max'],
      [groupAccessTokens, 'glpat-oda'],
    ] as const) {
      const made = await call<AccessTokenBody>('POST', path, { as, body: accessToken('ci') });
      expect(made.status).toBe(201);
      expect((await call('GET', path, { as })).status).toBe(200);
      expect((await call('DELETE', `${path}/${made.body.id}`, { as })).status).toBe(204);
    }
  });

  test('get no role above that of their creator', async () => {
    const { call } = gitlab();
    const body = accessToken('ci', { access_level: 50 });
    expect(await call('POST', accessTokens, { as: 'glpat-max', body })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Access level') },
    });
    expect((await call('POST', accessTokens, { as: 'glpat-oda', body })).status).toBe(201);
  });

  test('are listed and revoked by an access token, but not created', async () => {
    const { call, createAccessToken } = gitlab();
    const { token: as } = await createAccessToken(accessToken('bot', { scopes: ['api'], access_level: 40 }));
    await createAccessToken(accessToken('ci'));
    expect((await call('GET', accessTokens, { as })).status).toBe(200);
    expect((await call('POST', accessTokens, { as, body: accessToken('ci') })).status).toBe(400);
    expect((await call('DELETE', `${accessTokens}/2`, { as })).status).toBe(204);
  });
});

describe('a project or group', () => {
  test('is found by its number and by its path', async () => {
    const { call } = gitlab();
    for (const path of ['projects/2', 'projects/team-a%2Fsub%2Flib'])
      expect((await call('GET', `/api/v4/${path}`)).body).toMatchObject({
        id: 2,
        path_with_namespace: 'team-a/sub/lib',
        namespace: { full_path: 'team-a/sub', kind: 'group' },
      });
    for (const path of ['groups/2', 'groups/team-a%2Fsub'])
      expect((await call('GET', `/api/v4/${path}`)).body).toMatchObject({
        id: 2,
        full_path: 'team-a/sub',
        parent_id: 1,
      });
    expect((await call('GET', '/api/v4/projects/team-a%2Fapp/deploy_tokens')).status).toBe(200);
  });

  test('is a 404 if it does not exist, or if the caller cannot see it', async () => {
    const { call } = gitlab();
    const noProject = { status: 404, body: { message: '404 Project Not Found' } };
    const noGroup = { status: 404, body: { message: '404 Group Not Found' } };
    for (const path of ['/api/v4/projects/9', '/api/v4/projects/team-x%2Fapp'])
      expect(await call('GET', path)).toMatchObject(noProject);
    const as = 'glpat-oda';
    for (const path of ['/api/v4/projects/3', '/api/v4/projects/3/access_tokens'])
      expect(await call('GET', path, { as })).toMatchObject(noProject);
    expect(await call('GET', '/api/v4/groups/3/deploy_tokens', { as })).toMatchObject(noGroup);
    expect((await call('GET', group, { as: 'glpat-app' })).status).toBe(200);
  });

  test('that is public can be seen, but not managed', async () => {
    const { call } = gitlab({ seed: '{ projects: [{ path: team-a/app, public: true }] }' });
    const as = 'glpat-unprivileged';
    expect((await call('GET', project, { as })).body).toMatchObject({ visibility: 'public' });
    expect((await call('GET', deployTokens, { as })).status).toBe(403);
    expect((await call('GET', accessTokens, { as })).status).toBe(401);
  });
});

describe('a moved project', () => {
  const old = '/api/v4/projects/team-a%2Fapp';

  test('is redirected to its number', async () => {
    const { call, gitlab: actor } = gitlab();
    actor.move('project', 'team-a/app', 'team-b/app2');
    const response = await call('GET', `${old}/deploy_tokens?page=2`);
    expect(response.status).toBe(301);
    expect(response.headers.get('location')).toBe(
      'https://gitlab.example/api/v4/projects/1/deploy_tokens?page=2',
    );
    expect((await call('GET', project)).body).toMatchObject({ path_with_namespace: 'team-b/app2' });
  });

  test('is a 405 for writes', async () => {
    const { call, gitlab: actor } = gitlab();
    actor.move('group', 'team-a', 'team-c');
    const response = await call('POST', `${old}/deploy_tokens`, { body: deployToken('pull') });
    expect(response).toMatchObject({ status: 405, body: { message: expect.stringContaining('moved') } });
  });

  test('is a 404 before 16.7, or if the caller cannot see it', async () => {
    const seed = `{ ${people}, projects: [{ path: team-b/app, former_paths: [team-a/app] }] }`;
    expect((await gitlab({ seed, seedQuirks: '{ version: "16.0" }' }).call('GET', old)).status).toBe(404);
    expect((await gitlab({ seed }).call('GET', old, { as: 'glpat-oda' })).status).toBe(404);
    expect((await gitlab({ seed }).call('GET', old)).status).toBe(301);
  });
});

describe('a deleted group', () => {
  test('takes its projects and tokens with it', async () => {
    const { createDeployToken, createAccessToken, login, call, gitlab: actor } = gitlab();
    const { username, token } = await createDeployToken(deployToken('pull'));
    const access = await createAccessToken(accessToken('ci'));
    actor.delete('group', 'team-a');
    expect((await call('GET', project)).status).toBe(404);
    expect(await login(username, token)).toBe(401);
    expect(await login('ci', access.token)).toBe(401);
  });
});
