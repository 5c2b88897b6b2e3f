import { describe, expect, test } from 'vitest';
import { start } from '../fixtures.ts';
import { dockerHub, host, type PersonalBody, type PersonalPage, withTokens } from './fixtures.ts';

const path = '/v2/access-tokens';
const nowhere = '00000000-0000-4000-8000-000000000001';
const hour = 3_600_000;

function many(count: number): string {
  return withTokens(
    `[${Array.from({ length: count }, (_, index) => `{ token_label: t${index} }`).join(', ')}]`,
  );
}

describe('a personal token', () => {
  test('is created with its secret, and read without', async () => {
    const { call, hub } = dockerHub();
    const made = await call<PersonalBody>('POST', path, {
      body: { token_label: 'ci', scopes: ['repo:read', 'repo:write'], expires_at: '2031-01-01T00:00:00Z' },
      headers: { 'user-agent': 'some-tool/1.0' },
    });
    expect(made.status).toBe(201);
    const { token, ...rest } = made.body;
    expect(token).toBe(hub.personalTokens('emulator')[0]?.secret);
    expect(token).toMatch(/^dckr_pat_\S{20,}$/);
    expect(rest).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_id: 'HUB',
      creator_ip: expect.any(String),
      creator_ua: 'some-tool/1.0',
      created_at: '2030-01-01T00:00:00.000000Z',
      last_used: null,
      generated_by: 'manual',
      is_active: true,
      token_label: 'ci',
      scopes: ['repo:read', 'repo:write'],
      expires_at: '2031-01-01T00:00:00Z',
    });
    const read = await call('GET', `${path}/${rest.uuid}`);
    expect(read.body).toEqual({ ...rest, token: '***' });
    expect((await call<PersonalPage>('GET', path)).body.results).toEqual([read.body]);
  });

  test('reads with an empty secret where a quirk says so', async () => {
    const { create, call } = dockerHub({ hubQuirks: { maskedToken: 'empty' } });
    const { uuid } = await create('ci');
    expect((await call('GET', `${path}/${uuid}`)).body).toMatchObject({ token: '' });
  });

  test('need not have a label of its own', async () => {
    const { create, labels } = dockerHub();
    await create('ci');
    await create('ci');
    expect(await labels()).toEqual(['ci', 'ci']);
  });

  test('belongs to its user alone', async () => {
    const { create, call } = dockerHub();
    const { uuid } = await create('ci');
    const authorization = 'Bearer emulator-other';
    expect((await call('GET', path, { authorization })).body).toMatchObject({ count: 0, results: [] });
    expect((await call('GET', `${path}/${uuid}`, { authorization })).status).toBe(404);
    expect((await call('DELETE', `${path}/${uuid}`, { authorization })).status).toBe(404);
  });

  test.each([
    ['no label', { token_label: undefined }],
    ['an empty label', { token_label: '' }],
    ['a label that is too long', { token_label: 'x'.repeat(101) }],
    ['no scopes', { scopes: undefined }],
    ['an empty list of scopes', { scopes: [] }],
    ['scopes that are no texts', { scopes: [1] }],
    ['an expiry that is over', { expires_at: '2030-01-01T00:00:00Z' }],
    ['an expiry that is none', { expires_at: 'tomorrow' }],
    ['what is not known', { is_active: false }],
  ])('is not made with %s', async (_, more) => {
    const { call, labels } = dockerHub();
    const body = { token_label: 'ci', scopes: ['repo:read'], ...more };
    const response = await call('POST', path, { body, wrong: true });
    expect(response).toMatchObject({ status: 400, body: { message: expect.any(String) } });
    expect(await labels()).toEqual([]);
  });

  test('may have unknown scopes, a long label and no expiry', async () => {
    const { create } = dockerHub();
    const body = await create('ü'.repeat(100), { scopes: ['sandbox:run'], expires_at: null });
    expect(body).toMatchObject({ scopes: ['sandbox:run'], expires_at: null });
  });

  test('is renamed, switched off and on', async () => {
    const { create, call } = dockerHub();
    const { uuid } = await create('ci');
    const patch = (body: unknown) => call('PATCH', `${path}/${uuid}`, { body });
    expect(await patch({ token_label: 'cd' })).toMatchObject({
      status: 200,
      body: { uuid, token_label: 'cd', is_active: true, token: '***' },
    });
    expect((await patch({ is_active: false })).body).toMatchObject({ token_label: 'cd', is_active: false });
    expect((await call('GET', path)).body).toMatchObject({ count: 1, active_count: 0 });
    expect((await patch({ is_active: true })).body).toMatchObject({ is_active: true });
  });

  test.each([
    ['scopes', { scopes: ['repo:admin'] }],
    ['expires_at', { expires_at: '2031-01-01T00:00:00Z' }],
  ])('never changes its %s', async (_, more) => {
    for (const immutable of ['reject', 'ignore'] as const) {
      const { create, call } = dockerHub({ hubQuirks: { immutable } });
      const { uuid } = await create('ci');
      const body = { ...more, token_label: 'cd' };
      const response = await call('PATCH', `${path}/${uuid}`, { body, wrong: true });
      expect(response.status).toBe(immutable === 'reject' ? 400 : 200);
      expect((await call('GET', `${path}/${uuid}`)).body).toMatchObject({
        token_label: immutable === 'reject' ? 'ci' : 'cd',
        scopes: ['repo:read'],
        expires_at: null,
      });
    }
  });

  test.each([
    ['a label that is too long', { token_label: 'x'.repeat(101) }],
    ['a state that is none', { is_active: 'no' }],
    ['what is not known', { generated_by: 'me' }],
  ])('is not changed to have %s', async (_, body) => {
    const { create, call } = dockerHub();
    const { uuid } = await create('ci');
    expect((await call('PATCH', `${path}/${uuid}`, { body, wrong: true })).status).toBe(400);
  });

  test.each([204, 202] as const)('is deleted: %i, then 404', async (deleteStatus) => {
    const { create, call, labels } = dockerHub({ hubQuirks: { deleteStatus } });
    const { uuid } = await create('ci');
    const gone = await call('DELETE', `${path}/${uuid}`);
    expect([gone.status, gone.text]).toEqual([deleteStatus, '']);
    expect(await labels()).toEqual([]);
    for (const method of ['GET', 'DELETE']) {
      expect((await call(method, `${path}/${uuid}`)).status).toBe(404);
    }
    expect((await call('PATCH', `${path}/${nowhere}`, { body: {} })).status).toBe(404);
  });

  test('stays when it has expired, and can only be deleted then', async () => {
    const { create, call, advance } = dockerHub();
    const { uuid } = await create('ci', { expires_at: '2030-01-01T01:00:00Z' });
    advance(hour);
    expect((await call('GET', path)).body).toMatchObject({
      count: 1,
      active_count: 1,
      results: [{ uuid, is_active: true, expires_at: '2030-01-01T01:00:00Z' }],
    });
    for (const body of [{ token_label: 'cd' }, { is_active: false }]) {
      expect((await call('PATCH', `${path}/${uuid}`, { body })).status).toBe(400);
    }
    expect((await call('DELETE', `${path}/${uuid}`)).status).toBe(204);
  });

  test('of the seed may lack scopes, or be made by Docker itself', async () => {
    const { call } = dockerHub({
      accounts: withTokens(`[
        { token_label: old, generated_by: null },
        { token_label: Docker Desktop, generated_by: desktop, scopes: [repo:admin] }
      ]`),
    });
    const [old, desktop] = (await call<PersonalPage>('GET', path)).body.results;
    expect(old).not.toHaveProperty('scopes');
    expect(old).not.toHaveProperty('generated_by');
    expect(desktop).toMatchObject({ generated_by: 'desktop' });
  });
});

describe('the list', () => {
  test('has pages of ten, each with the URL of the next', async () => {
    const { call } = dockerHub({ accounts: many(23) });
    const seen: string[] = [];
    const pages: PersonalPage[] = [];
    for (let url: string | null = path; url !== null; ) {
      const { body }: { body: PersonalPage } = await call<PersonalPage>('GET', url);
      pages.push(body);
      seen.push(...body.results.map(({ token_label }) => token_label));
      url = body.next;
    }
    expect(seen).toEqual(Array.from({ length: 23 }, (_, index) => `t${index}`));
    expect(
      pages.map(({ count, results, next, previous }) => [count, results.length, next, previous]),
    ).toEqual([
      [23, 10, `${host}${path}?page=2&page_size=10`, null],
      [23, 10, `${host}${path}?page=3&page_size=10`, `${host}${path}?page=1&page_size=10`],
      [23, 3, null, `${host}${path}?page=2&page_size=10`],
    ]);
  });

  test.each([
    ['?page_size=100', 100, 100],
    ['?page_size=500', 100, 100],
    ['?page_size=50', 20, 20],
    ['?page=2&page_size=100', 100, 20],
    ['?page=13', 100, 0],
  ])('%s with pages of at most %i: %i tokens', async (query, pageCap, length) => {
    const { call } = dockerHub({ accounts: many(120), hubQuirks: { pageCap } });
    const { body } = await call<PersonalPage>('GET', path + query);
    expect(body.results).toHaveLength(length);
    expect(body.count).toBe(120);
  });

  test.each(['?page=0', '?page=-1', '?page_size=0', '?page_size=x'])('%s is 400', async (query) => {
    expect((await dockerHub().call('GET', path + query, { wrong: true })).status).toBe(400);
  });

  test('leads to another host where a quirk says so', async () => {
    const { call } = dockerHub({ accounts: many(11), hubQuirks: { foreignLinks: true } });
    const { next } = (await call<PersonalPage>('GET', path)).body;
    expect(new URL(next ?? '').origin).not.toBe(host);
  });
});

describe('beside the API', () => {
  test('another user creates, changes and deletes tokens by the same rules', async () => {
    const { hub, call, labels } = dockerHub();
    const { id } = hub.personal.createAs('emulator', { label: 'ci', scopes: ['repo:read'] });
    hub.personal.patchAs('emulator', id, { label: 'cd', active: false });
    expect((await call('GET', `${path}/${id}`)).body).toMatchObject({ token_label: 'cd', is_active: false });
    hub.personal.deleteAs('emulator', id);
    expect(await labels()).toEqual([]);
    expect(() => hub.personal.deleteAs('emulator', id)).toThrow('no such token');
    expect(() => hub.personal.createAs('nobody', { label: 'ci' })).toThrow('nobody');
  });

  test('another user uses a token', async () => {
    const { hub, create, call, advance } = dockerHub();
    const { uuid } = await create('ci');
    advance(1_500);
    hub.used(uuid);
    expect((await call('GET', `${path}/${uuid}`)).body).toMatchObject({
      last_used: '2030-01-01T00:00:01.500000Z',
    });
    expect(hub.personalTokens('emulator')).toMatchObject([
      { id: uuid, created: start, lastUsed: start + 1_500 },
    ]);
    expect(() => hub.used(nowhere)).toThrow(nowhere);
  });
});

test('there is nothing else', async () => {
  const { emulator } = dockerHub();
  const headers = { authorization: 'Bearer emulator' };
  for (const other of ['/v2/user', '/v2/namespaces/acme/repositories', '/v2']) {
    expect((await emulator.fetch(new Request(host + other))).status).toBe(401);
    expect((await emulator.fetch(new Request(host + other, { headers }))).status).toBe(404);
  }
});
