import { describe, expect, onTestFinished, test } from 'vitest';
import type { ApiRequest, Fault, RateLimit, TokenRequest } from '../../../src/emulator/index.ts';
import { serve } from '../../../src/emulator/serve.ts';
import { start } from '../fixtures.ts';
import { dockerHub, host, type PersonalBody, type PersonalPage, resources, withTokens } from './fixtures.ts';

const path = '/v2/access-tokens';
const second = 1_000;
const dropped = { name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNRESET' } };

/** Injects this fault into the first POST only. */
function firstPost(fault: Fault) {
  return ({ method, count }: TokenRequest): Fault => (method === 'POST' && count === 1 ? fault : 'none');
}

describe('reads', () => {
  test('a list that lags shows a new token later, and a deleted one longer', async () => {
    const { create, call, labels, advance } = dockerHub({
      accounts: withTokens('[{ token_label: old }]'),
      hubQuirks: { listLag: 5 * second },
    });
    const { uuid } = await create('new');
    expect(await labels()).toEqual(['old']);
    expect((await call('GET', `${path}/${uuid}`)).status).toBe(200);
    advance(5 * second);
    expect(await labels()).toEqual(['old', 'new']);
    await call('DELETE', `${path}/${uuid}`);
    expect(await labels()).toEqual(['old', 'new']);
    advance(5 * second);
    expect(await labels()).toEqual(['old']);
  });

  test('a read that lags finds a new token later', async () => {
    const { createOrg, call, advance } = dockerHub({ hubQuirks: { readLag: 2 * second } });
    const { id } = (await createOrg('ci')).body;
    const read = async () => (await call('GET', `/v2/orgs/acme/access-tokens/${id}`)).status;
    expect(await read()).toBe(404);
    advance(2 * second);
    expect(await read()).toBe(200);
  });

  test('a status that lags reads as before a PATCH', async () => {
    const { create, call, hub, advance } = dockerHub({ hubQuirks: { statusLag: 3 * second } });
    const { uuid } = await create('ci');
    const body = { token_label: 'cd', is_active: false };
    expect((await call('PATCH', `${path}/${uuid}`, { body })).body).toMatchObject({
      token_label: 'ci',
      is_active: true,
    });
    expect(hub.personalTokens('emulator')).toMatchObject([{ label: 'cd', active: false }]);
    advance(3 * second);
    expect((await call('GET', `${path}/${uuid}`)).body).toMatchObject(body);
  });
});

describe('a request whose answer is lost', () => {
  const post = ({ emulator }: ReturnType<typeof dockerHub>) =>
    emulator.fetch(
      new Request(host + path, {
        method: 'POST',
        headers: { authorization: 'Bearer emulator', 'user-agent': 'some-tool/1.0' },
        body: JSON.stringify({ token_label: 'ci', scopes: ['repo:read'] }),
      }),
    );

  test.each([
    ['drop_before', 0],
    ['drop_after', 1],
  ] as const)('%s: the connection ends; tokens made: %i', async (fault, made) => {
    const service = dockerHub({ fault: firstPost(fault) });
    await expect(post(service)).rejects.toMatchObject(dropped);
    expect(service.hub.personalTokens('emulator')).toHaveLength(made);
  });

  test.each([
    ['error_before', 0],
    ['error_after', 1],
  ] as const)('%s: 500; tokens made: %i', async (fault, made) => {
    const service = dockerHub({ fault: firstPost(fault) });
    expect((await post(service)).status).toBe(500);
    expect(service.hub.personalTokens('emulator')).toHaveLength(made);
  });

  test('truncate: 201, and half of the body', async () => {
    const response = await post(dockerHub({ fault: firstPost('truncate') }));
    expect(response.status).toBe(201);
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  test('no_secret: 201, and an empty secret', async () => {
    const service = dockerHub({ fault: firstPost('no_secret') });
    const body = (await (await post(service)).json()) as PersonalBody;
    expect(body).toMatchObject({ token_label: 'ci', token: '' });
    expect(service.hub.personalTokens('emulator')[0]?.secret).not.toBe('');
  });

  test('late: it takes effect when its time has come, by who sent it', async () => {
    const service = dockerHub({ fault: firstPost('late'), hubQuirks: { lateCommit: 10 * second } });
    await expect(post(service)).rejects.toMatchObject(dropped);
    service.advance(10 * second - 1);
    expect(await service.labels()).toEqual([]);
    service.advance(1);
    expect(await service.labels()).toEqual(['ci']);
    expect(service.hub.personalTokens('emulator')).toMatchObject([
      { created: start + 10 * second, creatorUa: 'some-tool/1.0' },
    ]);
    await service.emulator.settled();
  });

  test('requests to tokens are counted by method for each service, and no others are', async () => {
    const seen: TokenRequest[] = [];
    const { call, login, emulator } = dockerHub({
      fault: (request) => {
        seen.push(request);
        return 'none';
      },
    });
    await login('emulator', 'emulator');
    await call('GET', `${path}?page=1`);
    await call('POST', '/v2/orgs/acme/access-tokens', { body: { label: 'ci', resources } });
    await call('GET', '/v2/orgs/acme/access-tokens');
    const other = '/containerregistries/registries/00000000-0000-4000-8000-000000000001/tokens';
    await emulator.fetch(new Request(host + other, { headers: { authorization: 'Bearer emulator' } }));
    expect(seen).toEqual([
      { method: 'GET', path: `${path}?page=1`, count: 1 },
      { method: 'POST', path: '/v2/orgs/acme/access-tokens', count: 1 },
      { method: 'GET', path: '/v2/orgs/acme/access-tokens', count: 2 },
      { method: 'GET', path: other, count: 1 },
    ]);
  });
});

describe('errors', () => {
  const refusals = async (errors: 'newer' | 'older' | 'detail' | 'html') => {
    const { call } = dockerHub({ hubQuirks: { errors } });
    const body = { token_label: '', scopes: ['repo:read'] };
    return [
      await call('POST', path, { body, wrong: true }),
      await call('GET', path, { authorization: 'Bearer dckr_pat_x' }),
      await call('GET', `${path}/00000000-0000-4000-8000-000000000001`),
    ];
  };

  test.each([
    [
      'newer',
      { message: expect.any(String), errinfo: { token_label: expect.any(String) } },
      { message: 'unauthorized', errinfo: {} },
      { message: expect.any(String), errinfo: {} },
    ],
    [
      'older',
      { fields: { token_label: expect.any(String) }, text: expect.any(String) },
      { detail: 'unauthorized', message: 'unauthorized' },
      { detail: expect.any(String), message: 'not found' },
    ],
    [
      'detail',
      { detail: expect.any(String), error: false },
      { detail: 'unauthorized', error: false },
      { detail: expect.any(String), error: false },
    ],
  ] as const)('%s', async (errors, ...bodies) => {
    const responses = await refusals(errors);
    expect(responses.map(({ status }) => status)).toEqual([400, 401, 404]);
    expect(responses.map(({ body }) => body)).toEqual(bodies);
  });

  test('html', async () => {
    for (const { text, headers } of await refusals('html')) {
      expect(headers.get('content-type')).toMatch(/^text\/html/);
      expect(text).toMatch(/^<html>/);
    }
  });
});

describe('a request that comes too soon', () => {
  const limited = ({ header }: Pick<RateLimit, 'header'>) =>
    dockerHub({
      rateLimit: ({ method, count }: ApiRequest) =>
        method === 'GET' && count === 1 ? { header, waitMs: 2_500 } : undefined,
    });
  const epoch = String(start / 1000 + 3);
  const reset = { 'x-ratelimit-limit': '180', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': epoch };

  test.each([
    ['seconds', { ...reset, 'retry-after': '3' }],
    ['epoch', { ...reset, 'retry-after': epoch }],
    ['date', { ...reset, 'retry-after': 'Tue, 01 Jan 2030 00:00:03 GMT' }],
    ['reset', reset],
    ['x_retry_after', { 'x-ratelimit-limit': '180', 'x-ratelimit-remaining': '0', 'x-retry-after': epoch }],
    ['none', {}],
  ] as const)('gets the time for a retry: %s', async (header, headers) => {
    const { call } = limited({ header });
    const response = await call('GET', path);
    expect([response.status, response.body]).toEqual([429, { detail: 'Rate limit exceeded', error: false }]);
    expect(Object.fromEntries([...response.headers].filter(([name]) => /retry|rate/.test(name)))).toEqual(
      headers,
    );
    expect((await call('GET', path)).status).toBe(200);
  });

  test('has no effect, and no fault is injected', async () => {
    const seen: ApiRequest[] = [];
    const { call, login, hub, emulator } = dockerHub({
      rateLimit: (request) => {
        seen.push(request);
        return request.method === 'POST' ? { header: 'seconds', waitMs: second } : undefined;
      },
      fault: firstPost('error_after'),
    });
    expect((await login('emulator', 'emulator')).status).toBe(429);
    const body = { token_label: 'ci', scopes: ['repo:read'] };
    expect((await call('POST', path, { body })).status).toBe(429);
    expect([hub.logins(), hub.personalTokens('emulator')]).toEqual([0, []]);
    await emulator.fetch(new Request(`${host}/containerregistries/registries`, { method: 'POST' }));
    expect(seen).toEqual([
      { service: 'docker_hub', method: 'POST', path: '/v2/auth/token', count: 1 },
      { service: 'docker_hub', method: 'POST', path, count: 2 },
      { service: 'ionos', method: 'POST', path: '/containerregistries/registries', count: 1 },
    ]);
  });

  test('may go to IONOS, too', async () => {
    const { emulator } = limited({ header: 'seconds' });
    const response = await emulator.fetch(new Request(`${host}/containerregistries/registries`));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3']);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  });

  test('is a page of HTML if all errors are', async () => {
    const { call } = dockerHub({
      hubQuirks: { errors: 'html' },
      rateLimit: () => ({ header: 'none', waitMs: 0 }),
    });
    expect((await call<PersonalPage>('GET', path)).text).toMatch(/^<html>/);
  });
});

test('over HTTP a token is made, found by who made it, and deleted', async () => {
  const { emulator, hub, bearer } = dockerHub({ hubQuirks: { deleteStatus: 202 } });
  const { url, close } = await serve(emulator, { port: 0 });
  onTestFinished(close);
  const headers = { authorization: await bearer('emulator', 'emulator'), 'user-agent': 'some-tool/1.0' };
  const body = JSON.stringify({ token_label: 'ci', scopes: ['repo:read'] });
  const made = (await (await fetch(url + path, { method: 'POST', headers, body })).json()) as PersonalBody;
  const page = (await (await fetch(`${url}${path}?page_size=1`, { headers })).json()) as PersonalPage;
  expect(page.results).toMatchObject([{ uuid: made.uuid, creator_ua: 'some-tool/1.0' }]);
  expect((await fetch(`${url}${path}/${made.uuid}`, { method: 'DELETE', headers })).status).toBe(202);
  expect(hub.personalTokens('emulator')).toEqual([]);
});
