import { describe, expect, test } from 'vitest';
import { accessToken, accessTokens, deployToken, deployTokens, gitlab, project } from './fixtures.ts';

describe('responses', () => {
  test('tell what is left of the rate limit', async () => {
    const { call, advance } = gitlab();
    const observed = async () => {
      const { headers } = await call('GET', project);
      return ['limit', 'name', 'observed', 'remaining', 'reset'].map((name) =>
        headers.get(`ratelimit-${name}`),
      );
    };
    const reset = String(Date.parse('2030-01-01T00:01:00Z') / 1000);
    expect(await observed()).toEqual(['2000', 'throttle_authenticated_api', '1', '1999', reset]);
    expect(await observed()).toMatchObject({ 2: '2', 3: '1998' });
    advance(60_000);
    expect(await observed()).toMatchObject({ 2: '1', 3: '1999' });
    const refused = await call('GET', project, { as: null });
    expect(refused.headers.get('ratelimit-observed')).toBe('2');
  });

  test('do not tell it if set', async () => {
    const { call } = gitlab({ seedQuirks: '{ rate_limit_headers: false }' });
    expect((await call('GET', project)).headers.get('ratelimit-limit')).toBeNull();
  });
});

describe('a rate limit', () => {
  const limited = (more: string) => `{ rate_limited: [{ method: GET, nth: 1, wait: 30${more} }] }`;

  test('is a text, with the seconds to wait', async () => {
    const { call } = gitlab({ seedQuirks: limited('') });
    const response = await call('GET', project);
    expect(response).toMatchObject({ status: 429, text: 'Retry later\n' });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'retry-after': '30',
      'ratelimit-limit': '2000',
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(Date.parse('2030-01-01T00:00:30Z') / 1000),
      'ratelimit-resettime': 'Tue, 01 Jan 2030 00:00:30 GMT',
    });
    expect((await call('GET', project)).status).toBe(200);
  });

  test('can have no header at all', async () => {
    const { call } = gitlab({ seedQuirks: limited(', header: none') });
    const { status, headers } = await call('GET', project);
    expect(status).toBe(429);
    expect([...headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
  });
});

describe('faults', () => {
  const lost = (method: string, fault: string, more = '') =>
    `{ lost: [{ method: ${method}, nth: 1, fault: ${fault} }]${more} }`;
  const body = deployToken('pull');

  test('before the effect are a 500 of GitLab', async () => {
    const { call, gitlab: actor } = gitlab({ seedQuirks: lost('POST', 'error_before') });
    expect(await call('POST', deployTokens, { body })).toMatchObject({
      status: 500,
      body: { message: '500 Internal Server Error' },
    });
    expect(actor.deployTokens('project', 'team-a/app')).toEqual([]);
  });

  test.each([
    ['error_before', 502, 0],
    ['error_after', 504, 1],
  ])('of a proxy: %s', async (fault, status, count) => {
    const { call, gitlab: actor } = gitlab({ seedQuirks: lost('POST', fault, ', errors: proxy') });
    const response = await call('POST', deployTokens, { body });
    expect(response).toMatchObject({ status, text: expect.stringContaining('<html>') });
    expect(actor.deployTokens('project', 'team-a/app')).toHaveLength(count);
  });

  test('can take the secret out of a create, or end the connection', async () => {
    const { call, gitlab: actor } = gitlab({
      seedQuirks:
        '{ lost: [{ method: POST, nth: 1, fault: no_secret }, { method: POST, nth: 2, fault: drop_after }] }',
    });
    expect(await call('POST', deployTokens, { body })).toMatchObject({ status: 201, body: { token: '' } });
    await expect(call('POST', accessTokens, { body: accessToken('ci') })).rejects.toThrow('fetch failed');
    expect(actor.deployTokens('project', 'team-a/app')).toHaveLength(1);
    expect(actor.accessTokens('project', 'team-a/app')).toHaveLength(1);
  });

  test('can let a request take effect later', async () => {
    const { call, names, advance, emulator } = gitlab({ seedQuirks: lost('POST', 'late') });
    await expect(call('POST', deployTokens, { body })).rejects.toThrow('fetch failed');
    expect(await names(deployTokens)).toEqual([]);
    advance(5_000);
    await emulator.settled();
    expect(await names(deployTokens)).toEqual(['pull']);
  });

  test('are those of requests for tokens only', async () => {
    const { call } = gitlab({ seedQuirks: lost('GET', 'drop_before') });
    expect((await call('GET', project)).status).toBe(200);
    await expect(call('GET', deployTokens)).rejects.toThrow('fetch failed');
  });
});

describe('reads that lag', () => {
  test('show a new token late, and a deleted one for a while', async () => {
    const { call, createDeployToken, names, advance } = gitlab({
      seedQuirks: '{ list_lag: 10, read_lag: 5 }',
    });
    await createDeployToken(deployToken('pull'));
    const read = async () => (await call('GET', `${deployTokens}/1`)).status;
    expect([await read(), await names(deployTokens)]).toEqual([404, []]);
    advance(5_000);
    expect([await read(), await names(deployTokens)]).toEqual([200, []]);
    advance(5_000);
    expect(await names(deployTokens)).toEqual(['pull']);
    expect((await call('DELETE', `${deployTokens}/1`)).status).toBe(204);
    expect([await read(), await names(deployTokens)]).toEqual([404, ['pull']]);
    advance(10_000);
    expect(await names(deployTokens)).toEqual([]);
  });

  test('do not delay a delete', async () => {
    const { call, createAccessToken } = gitlab({ seedQuirks: '{ read_lag: 5 }' });
    await createAccessToken(accessToken('ci'));
    expect((await call('GET', `${accessTokens}/1`)).status).toBe(404);
    expect((await call('DELETE', `${accessTokens}/1`)).status).toBe(204);
  });

  test('show a revoked token as active for a while', async () => {
    const { call, createAccessToken, read, advance, login } = gitlab({ seedQuirks: '{ status_lag: 5 }' });
    const { token } = await createAccessToken(accessToken('ci'));
    await call('DELETE', `${accessTokens}/1`);
    expect(await read(accessTokens)).toMatchObject([{ revoked: false }]);
    expect(await login('ci', token)).toBe(401);
    advance(5_000);
    expect(await read(accessTokens)).toMatchObject([{ revoked: true }]);
  });

  test('show a revoked token in older releases until the list is current', async () => {
    const { call, createAccessToken, names, advance } = gitlab({
      seedQuirks: '{ version: "17.9", list_lag: 5 }',
    });
    await createAccessToken(accessToken('ci'));
    advance(5_000);
    await call('DELETE', `${accessTokens}/1`);
    expect(await names(accessTokens)).toEqual(['ci']);
    advance(5_000);
    expect(await names(accessTokens)).toEqual([]);
  });
});

describe('another user', () => {
  test('creates and deletes tokens between requests', async () => {
    const { createDeployToken, names, read } = gitlab({
      seedQuirks: `{ second_actor: [
        { before: { method: GET, nth: 1 }, create: { kind: deploy_token, project: team-a/app, name: theirs } },
        { before: { method: GET, nth: 2 }, create: { kind: access_token, group: team-a, name: bot, scopes: [api] } },
        { before: { method: GET, nth: 3 }, delete: { kind: deploy_token, project: team-a/app, name: pull } },
        { before: { method: GET, nth: 4 }, delete: { kind: access_token, group: team-a, name: bot } },
        { before: { method: GET, nth: 4 }, delete: { kind: access_token, group: team-x, name: bot } },
      ] }`,
    });
    await createDeployToken(deployToken('pull'));
    expect(await names(deployTokens)).toEqual(['pull', 'theirs']);
    const groupTokens = '/api/v4/groups/1/access_tokens';
    expect(await read(groupTokens)).toMatchObject([{ name: 'bot', scopes: ['api'], active: true }]);
    expect(await names(deployTokens)).toEqual(['theirs']);
    expect(await read(groupTokens)).toMatchObject([{ name: 'bot', active: false }]);
  });
});
