import { describe, expect, onTestFinished, test } from 'vitest';
import type { Fault, TokenRequest } from '../../src/emulator/index.ts';
import { serve } from '../../src/emulator/serve.ts';
import { createTeamEmulator, type TokenBody, tokensPath } from './fixtures.ts';

/** Injects this fault into the first POST only. */
function firstPost(fault: Fault) {
  return ({ method, count }: TokenRequest): Fault => (method === 'POST' && count === 1 ? fault : 'none');
}

const dropped = { name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNRESET' } };

describe('a request whose answer is lost', () => {
  test('drop_before: the connection ends, without effect', async () => {
    const { post, live } = createTeamEmulator({ fault: firstPost('drop_before') });
    await expect(post('ci')).rejects.toMatchObject(dropped);
    await expect(post('ci')).resolves.toMatchObject({ status: 201 });
    expect(live()).toEqual(['ci']);
  });

  test('drop_after: the connection ends, and it took effect', async () => {
    const { post, live } = createTeamEmulator({ fault: firstPost('drop_after') });
    await expect(post('ci')).rejects.toMatchObject(dropped);
    expect(live()).toEqual(['ci']);
    expect((await post('ci')).status).toBe(409);
  });

  test.each([
    ['error_before', []],
    ['error_after', ['ci']],
  ] as const)('%s: 500 as a page of HTML', async (fault, tokens) => {
    const { post, live } = createTeamEmulator({ fault: firstPost(fault) });
    const response = await post('ci');
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('date')).not.toBeNull();
    expect(live()).toEqual(tokens);
  });

  test('truncate: 201, and half of the body', async () => {
    const { post, live } = createTeamEmulator({ fault: firstPost('truncate') });
    const response = await post('ci');
    expect(response.status).toBe(201);
    const text = await response.text();
    expect(text).toMatch(/^\{/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(live()).toEqual(['ci']);
  });

  test('no_secret: 201, and an empty password', async () => {
    const { post, emulator } = createTeamEmulator({ fault: firstPost('no_secret') });
    const response = await post('ci');
    expect(response.status).toBe(201);
    const { properties } = (await response.json()) as TokenBody;
    expect(properties.credentials).toEqual({ username: 'ci', password: '' });
    expect(emulator.tokens('team-a')[0]?.password).not.toBe('');
  });

  test.each(['truncate', 'no_secret'] as const)(
    '%s leaves an answer alone that has no such thing',
    async (fault) => {
      const { call, emulator } = createTeamEmulator({ tokens: '[{ name: ci }]', fault: () => fault });
      expect((await call('GET', '', undefined, 'Bearer wrong')).status).toBe(401);
      expect((await call('DELETE', `/${emulator.tokens('team-a')[0]?.id}`)).status).toBe(204);
    },
  );

  test('other methods can fail, too', async () => {
    const { call, emulator, live } = createTeamEmulator({
      tokens: '[{ name: ci }]',
      fault: () => 'drop_after',
    });
    const id = emulator.tokens('team-a')[0]?.id;
    await expect(call('PATCH', `/${id}`, { status: 'disabled' })).rejects.toMatchObject(dropped);
    expect(emulator.tokens('team-a')[0]?.status).toBe('disabled');
    await expect(call('DELETE', `/${id}`)).rejects.toMatchObject(dropped);
    expect(live()).toEqual([]);
  });

  test('it is remembered all the same', async () => {
    const { post, emulator } = createTeamEmulator({ fault: firstPost('drop_before') });
    await expect(post('ci')).rejects.toThrow();
    expect(emulator.requests).toMatchObject([{ method: 'POST', path: tokensPath }]);
  });
});

describe('a request that takes effect late', () => {
  const late = { quirks: { lateCommit: 10_000 }, fault: firstPost('late') };

  test('its connection ends at once, and the token is made then, with the date of then', async () => {
    const { post, live, listed, advance } = createTeamEmulator(late);
    await expect(post('ci')).rejects.toMatchObject(dropped);
    advance(9_999);
    expect(await listed()).toEqual([]);
    advance(1);
    expect(await listed()).toMatchObject([
      { properties: { name: 'ci' }, metadata: { createdDate: '2030-01-01T00:00:10Z' } },
    ]);
    expect(live()).toEqual(['ci']);
  });

  test('it comes to nothing where the name is taken by then', async () => {
    const { post, emulator, listed, advance } = createTeamEmulator(late);
    await expect(post('ci')).rejects.toThrow();
    const second = (await (await post('ci')).json()) as TokenBody;
    advance(10_000);
    await emulator.settled();
    expect((await listed()).map(({ id }) => id)).toEqual([second.id]);
  });

  test('it is asked only once, and can be waited for', async () => {
    const { post, emulator, live, advance } = createTeamEmulator(late);
    await expect(post('ci')).rejects.toThrow();
    const settled = emulator.settled();
    advance(10_000);
    await settled;
    expect(live()).toEqual(['ci']);
    expect(emulator.requests).toHaveLength(1);
  });

  test('a deletion can be late, too', async () => {
    const { call, emulator, live, advance } = createTeamEmulator({
      ...late,
      tokens: '[{ name: ci }]',
      fault: () => 'late',
    });
    await expect(call('DELETE', `/${emulator.tokens('team-a')[0]?.id}`)).rejects.toThrow();
    expect(live()).toEqual(['ci']);
    advance(10_000);
    await emulator.settled();
    expect(live()).toEqual([]);
  });
});

test('requests to tokens are counted by method, and no others are', async () => {
  const seen: TokenRequest[] = [];
  const { call, post, emulator } = createTeamEmulator({
    fault: (request) => {
      seen.push(request);
      return 'none';
    },
  });
  const headers = { authorization: 'Bearer emulator' };
  await emulator.fetch(new Request('https://api.example/containerregistries/registries', { headers }));
  await call('GET', '?limit=1');
  await post('aa');
  await post('bb');
  await call('GET', '/none');
  expect(seen).toEqual([
    { method: 'GET', path: `${tokensPath}?limit=1`, count: 1 },
    { method: 'POST', path: tokensPath, count: 1 },
    { method: 'POST', path: tokensPath, count: 2 },
    { method: 'GET', path: `${tokensPath}/none`, count: 2 },
  ]);
});

describe('over HTTP', () => {
  const served = async (fault: Fault) => {
    const { emulator, live, advance } = createTeamEmulator({ fault: firstPost(fault) });
    const { url, close } = await serve(emulator, { port: 0 });
    onTestFinished(close);
    const post = () =>
      fetch(url + tokensPath, {
        method: 'POST',
        headers: { authorization: 'Bearer emulator', 'content-type': 'application/json' },
        body: JSON.stringify({ properties: { name: 'ci' } }),
      });
    return { post, live, advance, emulator };
  };

  test.each([
    ['drop_before', 201],
    ['drop_after', 409],
  ] as const)('%s ends the connection, and the server goes on', async (fault, next) => {
    const { post } = await served(fault);
    await expect(post()).rejects.toThrow('fetch failed');
    expect((await post()).status).toBe(next);
  });

  test('a late request takes effect although its connection is gone', async () => {
    const { post, live, advance, emulator } = await served('late');
    await expect(post()).rejects.toThrow('fetch failed');
    expect(live()).toEqual([]);
    advance(60_000);
    await emulator.settled();
    expect(live()).toEqual(['ci']);
  });

  test('truncate is an answer that cannot be read', async () => {
    const { post } = await served('truncate');
    const response = await post();
    expect(response.status).toBe(201);
    await expect(response.json()).rejects.toThrow();
  });
});
