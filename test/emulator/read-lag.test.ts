import { describe, expect, test } from 'vitest';
import { seedIonosState } from '../../src/emulator/ionos/seed.ts';
import { createRegistryTokenStore } from '../../src/emulator/ionos/store.ts';
import { plainQuirks } from '../../src/emulator/quirks.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { createTeamEmulator, seedOf, start } from './fixtures.ts';

const second = 1_000;

describe('a list that lags', () => {
  const quirks = { listLag: 5 * second };

  test('shows a new token only then, while it is found by its ID at once', async () => {
    const { create, read, names, advance } = createTeamEmulator({ tokens: '[{ name: old }]', quirks });
    const { id } = await create('new');
    expect((await read(id)).properties.name).toBe('new');
    advance(5 * second - 1);
    expect(await names()).toEqual(['old']);
    advance(1);
    expect(await names()).toEqual(['old', 'new']);
  });

  test('still shows a deleted token, in its place and with what it had, while its ID is 404', async () => {
    const { call, emulator, listed, names, advance } = createTeamEmulator({
      tokens: '[{ name: first, status: disabled }, { name: last }]',
      quirks,
    });
    const id = emulator.tokens('team-a')[0]?.id;
    await call('DELETE', `/${id}`);
    expect((await call('GET', `/${id}`)).status).toBe(404);
    advance(5 * second - 1);
    expect(await names()).toEqual(['first', 'last']);
    expect((await listed())[0]).toMatchObject({ id, properties: { status: 'disabled' } });
    advance(1);
    expect(await names()).toEqual(['last']);
  });

  test('shows one that was made and deleted meanwhile, as late as all else', async () => {
    const { create, call, names, advance } = createTeamEmulator({ quirks });
    const { id } = await create('brief');
    advance(second);
    await call('DELETE', `/${id}`);
    expect(await names()).toEqual([]);
    advance(4 * second);
    expect(await names()).toEqual(['brief']);
    advance(second);
    expect(await names()).toEqual([]);
  });

  test('frees the name of a deleted token at once, and shows both', async () => {
    const { create, call, emulator, listed, advance } = createTeamEmulator({
      tokens: '[{ name: ci }]',
      quirks,
    });
    const old = emulator.tokens('team-a')[0]?.id;
    await call('DELETE', `/${old}`);
    advance(second);
    const { id } = await create('ci');
    expect((await listed()).map((token) => token.id)).toEqual([old]);
    advance(5 * second);
    expect((await listed()).map((token) => token.id)).toEqual([id]);
  });

  test('keeps showing an ID under which a token is recreated', async () => {
    const { call, listed, emulator } = createTeamEmulator({ tokens: '[{ name: ci }]', quirks });
    const id = emulator.tokens('team-a')[0]?.id ?? '';
    await call('PUT', `/${id}`, { properties: { name: 'ci', expiryDate: '2031-01-01T00:00:00Z' } });
    expect(await listed()).toMatchObject([{ id, properties: { expiryDate: '2031-01-01T00:00:00Z' } }]);
  });

  test('has the total of shown tokens on every page', async () => {
    const { call, emulator } = createTeamEmulator({
      tokens: '[{ name: aa }, { name: bb }, { name: cc }]',
      quirks,
    });
    await call('DELETE', `/${emulator.tokens('team-a')[0]?.id}`);
    const page = await (await call('GET', '?limit=2')).json();
    expect(page).toMatchObject({ count: 2, total: 3 });
  });

  test('loses an expired token at once', async () => {
    const { names, advance } = createTeamEmulator({
      tokens: '[{ name: ci, expiryDate: 2030-01-01T02:00:00Z }]',
      quirks,
    });
    advance(7_200 * second);
    expect(await names()).toEqual([]);
  });
});

test('a read that lags finds a new token by its ID only then; writes find it at once', async () => {
  const { create, call, names, advance } = createTeamEmulator({ quirks: { readLag: 2 * second } });
  const { id } = await create('new');
  expect(await names()).toEqual(['new']);
  expect((await call('GET', `/${id}`)).status).toBe(404);
  expect((await call('PATCH', `/${id}`, { status: 'disabled' })).status).toBe(200);
  advance(2 * second);
  expect((await call('GET', `/${id}`)).status).toBe(200);
  expect((await call('DELETE', `/${id}`)).status).toBe(204);
  expect((await call('GET', `/${id}`)).status).toBe(404);
});

describe('a status that lags', () => {
  const quirks = { statusLag: 3 * second };

  test('reads as before a PATCH in its answer, in the list and by ID', async () => {
    const { emulator, call, read, listed, advance } = createTeamEmulator({
      tokens: '[{ name: ci }]',
      quirks,
    });
    const id = emulator.tokens('team-a')[0]?.id ?? '';
    const before = await read(id);
    const response = await call('PATCH', `/${id}`, {
      status: 'disabled',
      expiryDate: '2031-01-01T00:00:00Z',
    });
    expect(await response.json()).toEqual(before);
    advance(3 * second - 1);
    expect([await read(id), ...(await listed())]).toEqual([before, before]);
    expect(emulator.tokens('team-a')[0]?.status).toBe('disabled');
    advance(1);
    const after = await read(id);
    expect(after.properties).toMatchObject({ status: 'disabled', expiryDate: '2031-01-01T00:00:00Z' });
    expect(await listed()).toEqual([after]);
  });

  test('shows each of two changes in its own time', async () => {
    const { create, call, read, advance } = createTeamEmulator({ quirks });
    const { id } = await create('ci');
    await call('PATCH', `/${id}`, { status: 'disabled' });
    advance(2 * second);
    await call('PATCH', `/${id}`, { expiryDate: '2031-01-01T00:00:00Z' });
    expect((await read(id)).properties).toMatchObject({ status: 'enabled', expiryDate: null });
    advance(second);
    expect((await read(id)).properties).toMatchObject({ status: 'disabled', expiryDate: null });
    advance(2 * second);
    expect((await read(id)).properties.expiryDate).toBe('2031-01-01T00:00:00Z');
  });

  test('a token made disabled reads as enabled at first', async () => {
    const { create, read, advance } = createTeamEmulator({ quirks });
    const { id, properties } = await create('ci', { status: 'disabled' });
    expect([properties.status, (await read(id)).properties.status]).toEqual(['enabled', 'enabled']);
    advance(3 * second);
    expect((await read(id)).properties.status).toBe('disabled');
  });
});

test('names need not be unique where a quirk says so', async () => {
  const { post, live } = createTeamEmulator({ tokens: '[{ name: ci }]', quirks: { duplicateNames: true } });
  expect((await post('ci')).status).toBe(201);
  expect(live()).toEqual(['ci', 'ci']);
});

test('registries name the host that was asked, where a quirk says so', async () => {
  const { emulator } = createTeamEmulator({ quirks: { ownHost: true } });
  const response = await emulator.fetch(
    new Request('http://127.0.0.1:5000/containerregistries/registries', {
      headers: { authorization: 'Bearer emulator' },
    }),
  );
  expect(await response.json()).toMatchObject({ items: [{ properties: { hostname: '127.0.0.1:5000' } }] });
});

test.each([
  ['400', 'POST', '', {}, 'Bearer emulator', 400],
  ['401', 'GET', '', undefined, 'Bearer wrong', 401],
  ['403', 'GET', '', undefined, 'Bearer emulator-unprivileged', 403],
  ['404', 'GET', '/none', undefined, 'Bearer emulator', 404],
  ['409', 'POST', '', { properties: { name: 'ci' } }, 'Bearer emulator', 409],
])('a refusal tells the time of the server: %s', async (_, method, path, body, authorization, status) => {
  const { call, advance } = createTeamEmulator({ tokens: '[{ name: ci }]' });
  advance(90 * second);
  const response = await call(method, path, body, authorization);
  expect(response.status).toBe(status);
  expect(response.headers.get('date')).toBe('Tue, 01 Jan 2030 00:01:30 GMT');
});

test.each(['deleted', 'expired'])('tokens that were %s are forgotten, whether anyone lists or not', (end) => {
  let now = start;
  const store = createRegistryTokenStore(
    { ...plainQuirks, listLag: 10, statusLag: 10, readLag: 10 },
    () => now,
  );
  const registry = seedIonosState(parseSeed(seedOf()), now).values().next().value;
  if (!registry) throw new Error('the seed has a registry');
  for (let round = 0; round < 1_000; round++) {
    const { id } = store.create(registry, { name: 'ci' }, 'emulator');
    store.patch(registry, id, { status: 'disabled' }, 'emulator');
    if (end === 'deleted') store.delete(registry, id);
    else store.patch(registry, id, { expiry: now + 2 }, 'emulator');
    now += 2;
  }
  expect(registry.tokens.size).toBeLessThan(20);
  expect(registry.list.size).toBeLessThan(20);
});
