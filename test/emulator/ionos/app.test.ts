import { describe, expect, test } from 'vitest';
import { createEmulator, type EmulatorOptions } from '../../../src/emulator/index.ts';
import type { IonosQuirks } from '../../../src/emulator/quirks.ts';
import type { SeedRegistryToken } from '../../../src/emulator/seed.ts';
import { conformingToIonos } from '../../contract/ionos.ts';

const base = 'https://api.example/containerregistries';
const registryId = uuid(1);
const noSuchId = uuid(999_999);
const start = Date.parse('2030-01-01T00:00:00Z');
const hour = 3_600_000;

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function seedToken(number: number, more: Partial<SeedRegistryToken> = {}): SeedRegistryToken {
  return {
    id: uuid(1000 + number),
    name: `token-${number}`,
    status: 'enabled',
    expiryDate: null,
    scopes: [],
    ...more,
  };
}

function seedTokens(count: number): readonly SeedRegistryToken[] {
  return Array.from({ length: count }, (_, index) => seedToken(index + 1));
}

interface Setup extends Omit<EmulatorOptions, 'seed'> {
  readonly tokens?: readonly SeedRegistryToken[];
  /** How many registries there are; the first is `team-1`. */
  readonly registries?: number;
}

interface ParsedResponse<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

interface Call {
  readonly body?: unknown;
  readonly authorization?: string | undefined;
  /** A request that is not as described, on purpose. */
  readonly wrong?: boolean;
}

interface TokenBody {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string | null>>;
  readonly properties: {
    readonly name: string;
    readonly status: string;
    readonly expiryDate: string | null;
    readonly scopes?: readonly { type: string; name: string; actions: readonly string[] }[] | null;
    readonly credentials: { readonly username: string; readonly password: string };
  };
}

interface TokenPage {
  readonly items: readonly TokenBody[];
  readonly count: number;
  readonly limit: number;
  readonly offset: number;
  readonly total: number;
  readonly _links: { readonly next: string; readonly previous: string };
}

interface RegistryBody {
  readonly id: string;
  readonly properties: { readonly name: string };
}

interface RegistryPage {
  readonly items: readonly RegistryBody[];
  readonly pagination: { readonly limit: number; readonly token?: string };
}

interface ErrorBody {
  readonly httpStatus: number;
  readonly messages: readonly { readonly errorCode: string; readonly message: string }[];
}

/** An emulator, and calls of it that are checked against the description. */
function setUp({ tokens = [], registries = 1, ...options }: Setup = {}) {
  const emulator = createEmulator({
    now: () => start,
    ...options,
    seed: {
      registries: Array.from({ length: registries }, (_, index) => ({
        id: uuid(index + 1),
        name: `team-${index + 1}`,
        location: 'de/fra',
        hostname: `team-${index + 1}.cr.de-fra.ionos.com`,
        state: 'Running',
        tokens: index === 0 ? tokens : [],
      })),
    },
  });
  const strict = conformingToIonos(emulator.fetch);
  const lenient = conformingToIonos(emulator.fetch, { requests: false });

  async function call<Body = unknown>(
    method: string,
    path: string,
    { body, authorization = 'Bearer emulator', wrong = false }: Call = {},
  ): Promise<ParsedResponse<Body>> {
    const response = await (wrong ? lenient : strict)(
      new Request(base + path, {
        method,
        headers: {
          ...(authorization !== '' && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : undefined) as Body,
    };
  }

  const tokensPath = `/registries/${registryId}/tokens`;
  return {
    emulator,
    call,
    tokensPath,
    tokenPath: (id: string) => `${tokensPath}/${id}`,
    create: (properties: Readonly<Record<string, unknown>>, wrong = false) =>
      call<TokenBody>('POST', tokensPath, { body: { properties }, wrong }),
    patch: (id: string, body: unknown, wrong = false) =>
      call<TokenBody>('PATCH', `${tokensPath}/${id}`, { body, wrong }),
    read: (id: string) => call<TokenBody>('GET', `${tokensPath}/${id}`),
    list: (query = '') => call<TokenPage>('GET', `${tokensPath}${query}`),
  };
}

describe('the list of tokens', () => {
  test('205 tokens are three pages, each once', async () => {
    const { list } = setUp({ tokens: seedTokens(205) });
    const pages = [
      (await list()).body,
      (await list('?offset=100')).body,
      (await list('?offset=200&limit=100')).body,
    ];
    expect(pages.map(({ count, offset, limit, total }) => ({ count, offset, limit, total }))).toEqual([
      { count: 100, offset: 0, limit: 100, total: 205 },
      { count: 100, offset: 100, limit: 100, total: 205 },
      { count: 5, offset: 200, limit: 100, total: 205 },
    ]);
    expect(pages.map(({ items }) => items.length)).toEqual([100, 100, 5]);
    expect(new Set(pages.flatMap(({ items }) => items.map(({ id }) => id))).size).toBe(205);
  });

  test('a page holds 100 at most, whatever is asked for', async () => {
    const { list } = setUp({ tokens: seedTokens(205) });
    const { body } = await list('?limit=1000');
    expect(body).toMatchObject({ count: 100, limit: 100, total: 205 });
  });

  test('a smaller page is heeded, and links lead on and back', async () => {
    const { list } = setUp({ tokens: seedTokens(5) });
    const { body } = await list('?offset=2&limit=2');
    expect(body.items.map(({ properties }) => properties.name)).toEqual(['token-3', 'token-4']);
    expect(body._links.next).toContain('offset=4&limit=2');
    expect(body._links.previous).toContain('offset=0&limit=2');
    expect((await list('?offset=4&limit=2')).body._links.next).toBe('');
  });

  test('past the end there is an empty page', async () => {
    const { list } = setUp({ tokens: seedTokens(5) });
    expect((await list('?offset=5')).body).toMatchObject({ items: [], count: 0, total: 5 });
  });

  test.each(['?offset=-1', '?limit=ten'])('%s is refused', async (query) => {
    const { call, tokensPath } = setUp();
    expect((await call('GET', tokensPath + query, { wrong: true })).status).toBe(400);
  });

  test('of an unknown registry there is none', async () => {
    const { call } = setUp();
    const { status, body } = await call<ErrorBody>('GET', `/registries/${noSuchId}/tokens`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ httpStatus: 404, messages: [{ errorCode: 'registry-not-found' }] });
  });
});

describe('the list of registries', () => {
  const pagesOf = async (cursorEnd: IonosQuirks['cursorEnd']): Promise<readonly RegistryPage[]> => {
    const { call } = setUp({ registries: 5, quirks: { cursorEnd, pageCap: 2 } });
    const pages: RegistryPage[] = [];
    for (let cursor: string | undefined; pages.length < 3; cursor = pages.at(-1)?.pagination.token) {
      const query = cursor === undefined ? '' : `?pagination.token=${cursor}`;
      pages.push((await call<RegistryPage>('GET', `/registries${query}`)).body);
    }
    return pages;
  };

  test.each(['empty', 'absent', 'repeat'] as const)('three pages hold all, end: %s', async (cursorEnd) => {
    const names = (await pagesOf(cursorEnd)).map(({ items }) => items.map((item) => item.properties.name));
    expect(names).toEqual([['team-1', 'team-2'], ['team-3', 'team-4'], ['team-5']]);
  });

  test('the last page has an empty cursor', async () => {
    expect((await pagesOf('empty')).at(-1)?.pagination).toEqual({ limit: 2, token: '' });
  });

  test('a quirk leaves the last cursor out', async () => {
    expect((await pagesOf('absent')).at(-1)?.pagination).toEqual({ limit: 2 });
  });

  test('a quirk repeats the last cursor', async () => {
    const [, second, third] = await pagesOf('repeat');
    expect(third?.pagination.token).toBe(second?.pagination.token);
    expect(third?.pagination.token).not.toBe('');
  });

  test('a foreign cursor is rejected', async () => {
    const { call } = setUp();
    expect((await call('GET', '/registries?pagination.token=!!!')).status).toBe(400);
  });

  test('a page holds 100 at most', async () => {
    const { call } = setUp({ registries: 101 });
    expect((await call<RegistryPage>('GET', '/registries?limit=500')).body.items).toHaveLength(100);
  });

  test('filter.name picks the one of that name', async () => {
    const { call } = setUp({ registries: 12 });
    const { body } = await call<RegistryPage>('GET', '/registries?filter.name=team-1');
    expect(body.items.map(({ id }) => id)).toEqual([registryId]);
  });
});

describe('registries', () => {
  test('one is made, read, changed and deleted', async () => {
    const { call } = setUp();
    const body = { properties: { name: 'team-b', location: 'de/txl' } };
    const made = await call<RegistryBody>('POST', '/registries', { body });
    expect(made.status).toBe(201);
    const path = `/registries/${made.body.id}`;
    expect((await call('GET', path)).body).toMatchObject({ properties: { name: 'team-b' } });
    const schedule = { days: ['Monday'], time: '02:00:00Z' };
    const patched = await call('PATCH', path, { body: { garbageCollectionSchedule: schedule } });
    expect(patched.body).toMatchObject({ properties: { garbageCollectionSchedule: schedule } });
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
  });

  test('one is put under a chosen UUID', async () => {
    const { call } = setUp();
    const body = { properties: { name: 'team-b', location: 'de/txl' } };
    expect((await call<RegistryBody>('PUT', `/registries/${uuid(77)}`, { body })).body.id).toBe(uuid(77));
  });

  test('put again, one keeps its tokens, its name and its location', async () => {
    const { call, emulator } = setUp({ tokens: seedTokens(1) });
    const put = (name: string, location: string) =>
      call('PUT', `/registries/${registryId}`, { body: { properties: { name, location } } });
    expect((await put('team-1', 'de/fra')).status).toBe(201);
    expect((await put('renamed', 'de/fra')).status).toBe(400);
    expect((await put('team-1', 'de/txl')).status).toBe(400);
    expect(emulator.tokens('team-1')).toHaveLength(1);
  });

  test('a taken name is rejected with 400', async () => {
    const { call } = setUp();
    const body = { properties: { name: 'team-1', location: 'de/txl' } };
    expect((await call('POST', '/registries', { body })).status).toBe(400);
  });
});

describe('making a token', () => {
  test('shows the password this once, and where the token is', async () => {
    const { create, read, list, patch, emulator, tokenPath } = setUp();
    const made = await create({ name: 'ci-push' });
    const { id, properties } = made.body;
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/containerregistries${tokenPath(id)}`);
    expect(properties.credentials.username).toBe('ci-push');
    expect(properties.credentials.password).toBe(emulator.tokens('team-1')[0]?.password);
    expect(properties.credentials.password).not.toBe('');
    const later = [(await read(id)).body, (await patch(id, { status: 'disabled' })).body];
    for (const token of [...later, ...(await list()).body.items]) {
      expect(token.properties.credentials).toEqual({ username: 'ci-push', password: '' });
    }
  });

  test.each([{}, { scopes: null }])(
    'a name and %j make one that is enabled, never expires and may do nothing',
    async (more) => {
      const { create } = setUp();
      const { properties, metadata } = (await create({ name: 'ci-push', ...more })).body;
      expect(properties).toMatchObject({ status: 'enabled', expiryDate: null, scopes: [] });
      expect(metadata).toMatchObject({ lastModifiedDate: null, lastModifiedBy: null });
    },
  );

  test('a taken name is a conflict', async () => {
    const { call, tokensPath, tokenPath } = setUp({ tokens: seedTokens(1) });
    const body = { properties: { name: 'token-1' } };
    const { status, body: error } = await call<ErrorBody>('POST', tokensPath, { body });
    expect(status).toBe(409);
    expect(error).toMatchObject({ httpStatus: 409, messages: [{ errorCode: 'name-taken' }] });
    expect((await call('PUT', tokenPath(uuid(7)), { body })).status).toBe(409);
  });

  test('of two names that differ in case, both can be made', async () => {
    const { create } = setUp({ tokens: seedTokens(1) });
    expect((await create({ name: 'Token-1' })).status).toBe(201);
  });

  test.each(['x', '1st', 'dash-', 'under_score', `a${'b'.repeat(63)}`])('no name: %s', async (name) => {
    const { create } = setUp();
    expect((await create({ name }, true)).status).toBe(400);
  });

  test.each([
    ['without a wrapper', { name: 'ci-push' }],
    ['with an unknown key', { properties: { name: 'ci-push', expiry_date: null } }],
    ['with an unknown status', { properties: { name: 'ci-push', status: 'Enabled' } }],
    [
      'with a scope that lacks its actions',
      { properties: { name: 'ci-push', scopes: [{ type: 'a', name: 'b' }] } },
    ],
    ['with a date that is none', { properties: { name: 'ci-push', expiryDate: 'never' } }],
  ])('%s is refused', async (_, body) => {
    const { call, tokensPath } = setUp();
    expect((await call('POST', tokensPath, { body, wrong: true })).status).toBe(400);
  });

  test('an expiry has to be an hour ahead', async () => {
    const { create } = setUp();
    const at = (milliseconds: number): string => new Date(milliseconds).toISOString();
    expect((await create({ name: 'soon', expiryDate: at(start + hour - 1000) })).status).toBe(400);
    expect((await create({ name: 'later', expiryDate: at(start + hour) })).status).toBe(201);
  });
});

describe('putting a token', () => {
  test('makes it under the UUID of our choice', async () => {
    const { call, tokenPath, read } = setUp();
    const path = tokenPath(uuid(42));
    const made = await call<TokenBody>('PUT', path, { body: { properties: { name: 'ci-push' } } });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/containerregistries${path}`);
    expect(made.body.id).toBe(uuid(42));
    expect(made.body.properties.credentials.password).not.toBe('');
    expect((await read(uuid(42))).body.properties.name).toBe('ci-push');
  });

  test('again gives another password', async () => {
    const { call, tokenPath } = setUp();
    const put = () =>
      call<TokenBody>('PUT', tokenPath(uuid(42)), { body: { properties: { name: 'ci-push' } } });
    const [first, second] = [await put(), await put()];
    expect(second.status).toBe(201);
    expect(second.body.properties.credentials.password).not.toBe(first.body.properties.credentials.password);
  });

  test('cannot rename, and accepts only UUIDs', async () => {
    const { call, tokenPath } = setUp({ tokens: seedTokens(1) });
    const body = { properties: { name: 'renamed' } };
    expect((await call('PUT', tokenPath(uuid(1001)), { body })).status).toBe(400);
    expect((await call('PUT', tokenPath('mine'), { body, wrong: true })).status).toBe(400);
  });
});

describe('patching a token', () => {
  const id = uuid(1001);
  const expiryDate = '2031-01-01T00:00:00Z';
  const scopes = [{ type: 'repository', name: 'app', actions: ['pull'] }];
  const tokens = [seedToken(1, { expiryDate, scopes })];

  test('changes only the given fields', async () => {
    const { patch, read } = setUp({ tokens });
    const { status, body } = await patch(id, { status: 'disabled' });
    expect(status).toBe(200);
    expect(body.properties).toMatchObject({ status: 'disabled', expiryDate, scopes });
    expect(body.metadata).toMatchObject({ state: 'disabled', lastModifiedDate: '2030-01-01T00:00:00Z' });
    expect((await read(id)).body).toEqual(body);
  });

  test('replaces the whole list of scopes', async () => {
    const { patch } = setUp({ tokens });
    const other = [{ type: 'registry', name: '*', actions: ['list'] }];
    expect((await patch(id, { scopes: other })).body.properties.scopes).toEqual(other);
    expect((await patch(id, { scopes: [] })).body.properties.scopes).toEqual([]);
  });

  test('takes the expiry away with null', async () => {
    const { patch } = setUp({ tokens });
    expect((await patch(id, { expiryDate: null })).body.properties.expiryDate).toBeNull();
  });

  test.each([
    ['a properties wrapper', { properties: { status: 'disabled' } }],
    ['an unknown key', { status: 'disabled', expiry: null }],
    ['a name', { name: 'renamed' }],
    ['a status of null', { status: null }],
    ['scopes of null', { scopes: null }],
  ])('refuses %s and changes nothing', async (_, body) => {
    const { patch, read } = setUp({ tokens });
    const before = (await read(id)).body;
    expect((await patch(id, body, true)).status).toBe(400);
    expect((await read(id)).body).toEqual(before);
  });

  test('a quirk answers 200 and ignores scopes', async () => {
    const { patch, read } = setUp({ tokens, quirks: { ignorePatch: ['scopes'] } });
    const { status } = await patch(id, { scopes: [], status: 'disabled' });
    expect(status).toBe(200);
    expect((await read(id)).body.properties).toMatchObject({ scopes, status: 'disabled' });
  });

  test('of a token that is not there is 404', async () => {
    const { patch } = setUp({ tokens });
    expect((await patch(noSuchId, { status: 'disabled' })).status).toBe(404);
  });
});

describe('deleting a token', () => {
  test('works once; the second time it is not there', async () => {
    const { call, tokenPath, list } = setUp({ tokens: seedTokens(2) });
    const path = tokenPath(uuid(1001));
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('DELETE', path)).status).toBe(404);
    expect((await call('GET', path)).status).toBe(404);
    expect((await list()).body.total).toBe(1);
  });

  test('frees its name', async () => {
    const { call, tokenPath, create } = setUp({ tokens: seedTokens(1) });
    await call('DELETE', tokenPath(uuid(1001)));
    expect((await create({ name: 'token-1' })).status).toBe(201);
  });
});

test('a token vanishes when it expires, and its name is free again', async () => {
  let now = start;
  const expiryDate = new Date(start + 2 * hour).toISOString();
  const { read, list, create, emulator } = setUp({
    now: () => now,
    tokens: [seedToken(1, { expiryDate }), seedToken(2)],
  });
  now += 2 * hour - 1;
  expect((await read(uuid(1001))).status).toBe(200);
  now += 1;
  expect(emulator.tokens('team-1').map(({ name }) => name)).toEqual(['token-2']);
  expect((await read(uuid(1001))).status).toBe(404);
  expect((await list()).body).toMatchObject({ total: 1, items: [{ id: uuid(1002) }] });
  expect((await create({ name: 'token-1' })).status).toBe(201);
});

describe('the spelling of responses', () => {
  const expiryDate = '2031-06-30T12:00:00Z';

  test.each([
    ['seconds', '2031-06-30T12:00:00Z', '2030-01-01T00:00:00Z'],
    ['zoneless', '2031-06-30T12:00:00', '2030-01-01T00:00:00'],
    ['millis', '2031-06-30T12:00:00.000Z', '2030-01-01T00:00:00.000Z'],
  ] as const)('dates: %s', async (dateStyle, expiry, created) => {
    const { read } = setUp({ tokens: [seedToken(1, { expiryDate })], quirks: { dateStyle } });
    const { properties, metadata } = (await read(uuid(1001))).body;
    expect(properties.expiryDate).toBe(expiry);
    expect(metadata['createdDate']).toBe(created);
  });

  test('dates have whole seconds, whatever was written', async () => {
    const { create } = setUp();
    const made = await create({ name: 'ci-push', expiryDate: '2031-06-30T14:00:00.789+02:00' });
    expect(made.body.properties.expiryDate).toBe(expiryDate);
  });

  test.each([
    ['array', []],
    ['null', null],
    ['absent', undefined],
  ] as const)('no scopes: %s', async (emptyScopes, shown) => {
    const { read, list } = setUp({ tokens: seedTokens(1), quirks: { emptyScopes } });
    const listed = (await list()).body.items[0];
    for (const token of [(await read(uuid(1001))).body, listed]) {
      expect(token?.properties.scopes).toEqual(shown);
      expect('scopes' in (token?.properties ?? {})).toBe(emptyScopes !== 'absent');
    }
  });

  test('scopes and actions come back in an order of the server', async () => {
    const { create, read } = setUp();
    const made = await create({
      name: 'ci-push',
      scopes: [
        { type: 'repository', name: 'app', actions: ['pull', 'push'] },
        { type: 'registry', name: '*', actions: ['list'] },
      ],
    });
    const { scopes } = (await read(made.body.id)).body.properties;
    expect(scopes).toEqual([
      { type: 'registry', name: '*', actions: ['list'] },
      { type: 'repository', name: 'app', actions: ['push', 'pull'] },
    ]);
    expect(made.body.properties.scopes).toEqual(scopes);
  });
});

describe('credentials', () => {
  test.each(['Bearer emulator', `Basic ${btoa('emulator:emulator')}`])(
    '%s is taken',
    async (authorization) => {
      const { call } = setUp();
      expect((await call('GET', '/registries', { authorization })).status).toBe(200);
    },
  );

  test.each(['', 'Bearer wrong', `Basic ${btoa('emulator:wrong')}`])(
    '%j is 401, as a page of HTML',
    async (authorization) => {
      const { call } = setUp();
      const { status, headers, text } = await call('GET', '/registries', { authorization });
      expect(status).toBe(401);
      expect(headers.get('content-type')).toMatch(/^text\/html/);
      expect(text).toContain('<html>');
    },
  );

  test('without the privilege everything is 403', async () => {
    const { call, tokensPath, emulator } = setUp();
    const authorization = 'Bearer emulator-unprivileged';
    expect((await call('GET', '/registries', { authorization })).status).toBe(403);
    const body = { properties: { name: 'ci-push' } };
    expect((await call<ErrorBody>('POST', tokensPath, { authorization, body })).body.httpStatus).toBe(403);
    expect(emulator.tokens('team-1')).toEqual([]);
  });
});

test.each([
  ['team-1', 200, 'taken'],
  ['team-2', 404, 'free'],
  ['Team_2', 400, 'no name'],
])('the name %s is answered %i: %s', async (name, status) => {
  const { call } = setUp();
  const answer = await call('HEAD', `/names/${name}`);
  expect(answer.status).toBe(status);
  expect(answer.text).toBe('');
});

test('there are locations', async () => {
  const { call } = setUp();
  const { body } = await call<{ items: readonly { id: string }[] }>('GET', '/locations');
  expect(body.items.map(({ id }) => id)).toEqual(['de/fra', 'de/txl', 'es/vit']);
});

test('what is not there is 404, with the body of an error', async () => {
  const { emulator } = setUp();
  const nothing = new Request(`${base}/nothing`, { headers: { authorization: 'Bearer emulator' } });
  const answer = await emulator.fetch(nothing);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ httpStatus: 404, messages: [{ errorCode: 'not-found' }] });
});

test('a body that is not JSON is 400', async () => {
  const { emulator, tokensPath } = setUp();
  const broken = new Request(base + tokensPath, {
    method: 'POST',
    headers: { authorization: 'Bearer emulator' },
    body: '{',
  });
  expect((await conformingToIonos(emulator.fetch, { requests: false })(broken)).status).toBe(400);
});

test('responses have the time of the server', async () => {
  const { call } = setUp();
  expect((await call('GET', '/registries')).headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:00 GMT');
});

test('emulators share nothing, and record their requests', async () => {
  const [one, other] = [setUp(), setUp()];
  await one.create({ name: 'ci-push' });
  expect(other.emulator.tokens('team-1')).toEqual([]);
  expect(other.emulator.requests).toEqual([]);
  expect(one.emulator.requests).toEqual([
    {
      method: 'POST',
      path: `/containerregistries${one.tokensPath}`,
      body: JSON.stringify({ properties: { name: 'ci-push' } }),
    },
  ]);
});
