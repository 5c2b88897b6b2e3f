import { afterEach, describe, expect, test } from 'vitest';
import type { Fields, Scope } from '../../src/core/model.ts';
import { createEmulator } from '../../src/emulator/index.ts';
import type { Quirks } from '../../src/emulator/quirks.ts';
import { createHttp, type Fetch } from '../../src/http/client.ts';
import type { Clock } from '../../src/http/clock.ts';
import { ionosProvider } from '../../src/providers/ionos/client.ts';
import type { Client, CreateMark, Provider } from '../../src/providers/provider.ts';
import { basePath, conformingToIonos } from './ionos.ts';

/** What a service holds at the start of a test. */
interface Contents {
  readonly scopes: readonly { readonly id: string; readonly name: string; readonly notReady?: boolean }[];
  /** All of them in the first scope; with their fields as the provider shows them. */
  readonly tokens: readonly { readonly id: string; readonly fields: Fields }[];
}

/** A service in memory that was started with some contents. */
interface Running {
  readonly baseUrl: string;
  /** Every request and every answer is checked against the description of the service. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** What was asked, as `METHOD path` below the base URL, without the query; and what was sent. */
  readonly requests: () => readonly { readonly what: string; readonly body: string }[];
  /** The passwords of the live tokens of the first scope. */
  readonly secrets: () => readonly string[];
}

/** A provider, and the service that it speaks to. */
interface Subject {
  readonly name: string;
  readonly provider: Provider;
  readonly start: (contents: Contents, variant?: string) => Running;
  /** Ways in which the service may spell the same things. */
  readonly variants: readonly string[];
  readonly headers: { readonly valid: string; readonly invalid: string; readonly unprivileged: string };
  readonly listing: { readonly scopes: string };
  /** Whether a token can be made under an ID of our own. */
  readonly ownIds: boolean;
  /** A token's fields: all of them, other than the smallest. */
  readonly fields: Fields;
  /** What a token that is made with a name alone has. */
  readonly defaults: Fields;
  /** Changes of single fields, and the body that says just that. */
  readonly patches: readonly { readonly fields: Fields; readonly body: unknown }[];
  /** The body that makes a token with a name and without an expiry. */
  readonly neverExpiring: (name: string) => { readonly fields: Fields; readonly body: unknown };
}

const start = Date.parse('2030-01-01T00:00:00Z');

const ionosVariants: Readonly<Record<string, Partial<Quirks>>> = {
  'dates with seconds': { dateStyle: 'seconds' },
  'dates without a zone': { dateStyle: 'zoneless' },
  'dates with milliseconds': { dateStyle: 'millis' },
  'no scopes: an empty list': { emptyScopes: 'array' },
  'no scopes: null': { emptyScopes: 'null' },
  'no scopes: left out': { emptyScopes: 'absent' },
  'the last cursor is empty': { cursorEnd: 'empty', pageCap: 2 },
  'the last cursor is left out': { cursorEnd: 'absent', pageCap: 2 },
  'the last cursor repeats': { cursorEnd: 'repeat', pageCap: 2 },
};

const ionos: Subject = {
  name: 'IONOS',
  provider: ionosProvider,
  start: ({ scopes, tokens }, variant) => {
    const emulator = createEmulator({
      now: () => start,
      ...(variant !== undefined && { quirks: ionosVariants[variant] ?? {} }),
      seed: {
        registries: scopes.map(({ id, name, notReady }, index) => ({
          id,
          name,
          location: 'de/fra',
          hostname: notReady ? '' : `${name}.cr.de-fra.ionos.com`,
          state: notReady ? 'New' : 'Running',
          tokens: (index === 0 ? tokens : []).map((token) => ({
            id: token.id,
            name: String(token.fields['name']),
            status: String(token.fields['status'] ?? 'enabled'),
            expiryDate: typeof token.fields['expiry_date'] === 'string' ? token.fields['expiry_date'] : null,
            scopes: token.fields['scopes'] === undefined ? [] : [...scopeList],
          })),
        })),
      },
    });
    const first = scopes[0]?.name ?? '';
    return {
      baseUrl: `https://api.example${basePath}`,
      fetch: conformingToIonos(emulator.fetch),
      requests: () =>
        emulator.requests.map(({ method, path, body }) => ({
          what: `${method} ${path.slice(basePath.length).replace(/\?.*/, '')}`,
          body,
        })),
      secrets: () => emulator.tokens(first).map(({ password }) => password),
    };
  },
  variants: Object.keys(ionosVariants),
  headers: {
    valid: 'Bearer emulator',
    invalid: 'Bearer wrong',
    unprivileged: 'Bearer emulator-unprivileged',
  },
  listing: { scopes: 'GET /registries' },
  ownIds: true,
  fields: {
    name: 'full',
    // Canonical, so neither in the order of the seed nor in that of the emulator.
    scopes: [
      { type: 'registry', name: '*', actions: ['list'] },
      { type: 'repository', name: 'app', actions: ['delete', 'pull', 'push'] },
      { type: 'repository', name: 'base', actions: ['pull'] },
    ],
    expiry_date: '2031-06-30T12:00:00Z',
    status: 'disabled',
  },
  defaults: { scopes: [], expiry_date: 'never', status: 'enabled' },
  patches: [
    { fields: { status: 'enabled' }, body: { status: 'enabled' } },
    { fields: { expiry_date: '2032-01-01T00:00:00Z' }, body: { expiryDate: '2032-01-01T00:00:00Z' } },
    { fields: { expiry_date: 'never' }, body: { expiryDate: null } },
    { fields: { scopes: [] }, body: { scopes: [] } },
    {
      fields: { scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }] },
      body: { scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }] },
    },
  ],
  neverExpiring: (name) => ({
    fields: { name, expiry_date: 'never' },
    body: { properties: { name } },
  }),
};

/** The scopes of {@link ionos}'s `fields`, in an order that is not the canonical one. */
const scopeList = [
  { type: 'repository', name: 'base', actions: ['pull'] },
  { type: 'repository', name: 'app', actions: ['push', 'delete', 'pull'] },
  { type: 'registry', name: '*', actions: ['list'] },
];

const subjects: readonly Subject[] = [ionos];

const violations: unknown[] = [];

// The provider may take a violation for a broken connection, so it is told here once more.
afterEach(() => {
  expect(violations.splice(0)).toEqual([]);
});

const timeoutMilliseconds = 30_000;

/** Waits between tries are over at once; no try ever takes too long. */
const clock: Clock = {
  now: () => start,
  sleep: (milliseconds, signal) =>
    milliseconds === timeoutMilliseconds
      ? new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        })
      : Promise.resolve(),
};

const { signal } = new AbortController();

function connect(subject: Subject, running: Running, authorization = subject.headers.valid): Client {
  const fetch: Fetch = async (url, init) => {
    try {
      return await running.fetch(new Request(url, init));
    } catch (error) {
      violations.push(error);
      throw error;
    }
  };
  const { provider } = subject;
  return provider.connect({
    http: createHttp({
      service: provider.declaration.service.name,
      baseUrl: running.baseUrl,
      headers: { authorization },
      userAgent: 'reconcile/test',
      fetch,
      clock,
      random: () => 0,
      timeoutMilliseconds,
      parallelism: 4,
      mask: (text) => text,
      log: () => undefined,
      authHints: provider.authHints,
    }),
    endpoint: running.baseUrl,
    user: async () => 'emulator',
    now: () => start,
  });
}

/** A create under an ID of the service's choice, or of ours. */
function mark(id: string | null = null): CreateMark {
  return { nonce: 'nonce-1', id, beforeTry: async () => undefined };
}

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

const noSuchId = uuid(999_999);
const teamA: Scope = { id: uuid(1), name: 'team-a' };

function smallTokens(count: number): Contents['tokens'] {
  return Array.from({ length: count }, (_, index) => ({
    id: uuid(1001 + index),
    fields: { name: `token-${index + 1}` },
  }));
}

function scopesNamed(...names: readonly string[]): Contents['scopes'] {
  return names.map((name, index) => ({ id: uuid(index + 1), name }));
}

describe.each(subjects)('the provider of $name', (subject) => {
  const full = { id: uuid(2001), fields: subject.fields };

  function setUp(contents: Partial<Contents> = {}, variant?: string) {
    const running = subject.start(
      { scopes: scopesNamed('team-a', 'team-b'), tokens: [], ...contents },
      variant,
    );
    return {
      running,
      client: connect(subject, running),
      asked: () => running.requests().map(({ what }) => what),
      sent: (method: string): readonly unknown[] =>
        running
          .requests()
          .filter(({ what }) => what.startsWith(`${method} `))
          .map(({ body }) => JSON.parse(body)),
    };
  }

  describe('finding a scope', () => {
    test('by its name', async () => {
      const { client } = setUp();
      expect(await client.resolve('team-b', signal)).toMatchObject({ id: uuid(2), name: 'team-b' });
    });

    test('by its name, though it is on the third page', async () => {
      const names = Array.from({ length: 230 }, (_, index) => `team-${index + 1}`);
      const { client } = setUp({ scopes: scopesNamed(...names) });
      expect(await client.resolve('team-230', signal)).toMatchObject({ id: uuid(230) });
      expect(await client.scopes(signal)).toHaveLength(230);
    });

    test('by its ID, without a listing', async () => {
      const { client, asked } = setUp();
      const scope = await client.resolve(uuid(2), signal);
      expect(scope.id).toBe(uuid(2));
      expect((await client.list(scope, signal)).tokens).toEqual([]);
      expect(asked()).not.toContain(subject.listing.scopes);
    });

    test('lists the scopes once, whoever asks and however many at once', async () => {
      const { client, asked } = setUp();
      await Promise.all([
        client.resolve('team-a', signal),
        client.resolve('team-b', signal),
        client.scopes(signal),
      ]);
      await client.resolve('team-a', signal);
      expect(asked()).toEqual([subject.listing.scopes]);
    });

    test('fails with NOT_FOUND where there is none of the name', async () => {
      const { client } = setUp();
      await expect(client.resolve('team-c', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('fails with NOT_FOUND where there is none of the ID, as soon as it is used', async () => {
      const { client } = setUp();
      const scope = await client.resolve(noSuchId, signal);
      await expect(client.list(scope, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(client.details(scope, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('fails with AMBIGUOUS where two have the name, and tells both IDs', async () => {
      const { client } = setUp({ scopes: scopesNamed('team-a', 'twin', 'twin') });
      await expect(client.resolve('twin', signal)).rejects.toMatchObject({
        code: 'AMBIGUOUS',
        message: expect.stringMatching(new RegExp(`${uuid(2)}.*${uuid(3)}`)),
      });
    });

    test('tells why no token can be made in one that is being set up', async () => {
      const { client } = setUp({ scopes: [{ id: uuid(1), name: 'team-a', notReady: true }] });
      expect((await client.resolve('team-a', signal)).notReady).toMatch(/New/);
    });

    test('tells the host, by name and by ID', async () => {
      const { client } = setUp();
      const byId = await client.details(await client.resolve(uuid(1), signal), signal);
      const byName = await client.details(await client.resolve('team-a', signal), signal);
      expect(byId.host).toMatch(/^team-a\./);
      expect(byName.host).toBe(byId.host);
    });
  });

  describe('listing', () => {
    test('is complete over several pages', async () => {
      const { client } = setUp({ tokens: smallTokens(250) });
      const { tokens } = await client.list(teamA, signal);
      expect(tokens).toHaveLength(250);
      expect(new Set(tokens.map(({ id }) => id)).size).toBe(250);
      expect(tokens.find(({ name }) => name === 'token-230')?.id).toBe(uuid(1230));
    });

    test('of a scope without tokens is empty', async () => {
      const { client } = setUp();
      expect((await client.list(teamA, signal)).tokens).toEqual([]);
    });

    test("comes with the server's clock", async () => {
      const { client } = setUp();
      expect((await client.list(teamA, signal)).date).toBe(start / 1000);
    });

    test('shows no password', async () => {
      const { client } = setUp({ tokens: smallTokens(2) });
      for (const { object } of (await client.list(teamA, signal)).tokens) {
        expect(JSON.stringify(object)).not.toMatch(/password/i);
      }
    });
  });

  describe('reading', () => {
    test('shows every field', async () => {
      const { client } = setUp({ tokens: [full] });
      expect(await client.read(teamA, full.id, signal)).toMatchObject({
        id: full.id,
        name: subject.fields['name'],
        fields: subject.fields,
      });
    });

    test('a token that is not there gives nothing', async () => {
      const { client } = setUp();
      expect(await client.read(teamA, noSuchId, signal)).toBeUndefined();
    });

    test.each(subject.variants)('gives the same fields and tokens, %s', async (variant) => {
      const small = { id: uuid(2002), fields: { name: 'small' } };
      const contents = { scopes: scopesNamed('a-1', 'a-2', 'a-3', 'a-4', 'a-5'), tokens: [full, small] };
      const { client } = setUp(contents, variant);
      const scope = await client.resolve('a-1', signal);
      const expected = [subject.fields, { ...subject.defaults, name: 'small' }];
      expect((await client.list(scope, signal)).tokens.map(({ fields }) => fields)).toEqual(expected);
      const read = [await client.read(scope, full.id, signal), await client.read(scope, small.id, signal)];
      expect(read.map((token) => token?.fields)).toEqual(expected);
      expect((await client.scopes(signal))?.map(({ name }) => name)).toEqual([
        'a-1',
        'a-2',
        'a-3',
        'a-4',
        'a-5',
      ]);
    });
  });

  describe('making', () => {
    test('gives the secret, the user name and the token, whose object has no password', async () => {
      const { client, running } = setUp();
      const { token, secret, username } = await client.create(teamA, subject.fields, mark(), signal);
      const [password] = running.secrets();
      expect(secret.reveal()).toBe(password);
      expect(username).toBe(subject.fields['name']);
      expect(token.fields).toEqual(subject.fields);
      expect(JSON.stringify(token)).not.toContain(password);
      expect(JSON.stringify(token.object)).not.toMatch(/password/i);
      expect(await client.read(teamA, token.id, signal)).toEqual(token);
    });

    test('tells when and by whom the token was made, and that it is as it was made', async () => {
      const { client } = setUp();
      const { token } = await client.create(teamA, subject.fields, mark(), signal);
      expect(token.origin).toMatchObject({ created: start / 1000, modified: false });
      expect(token.origin.lastUsed ?? null).toBeNull();
      expect(token.origin.createdBy).toEqual(expect.any(String));
    });

    test('with a name alone leaves the rest to the service', async () => {
      const { client } = setUp();
      const { token } = await client.create(teamA, { name: 'small' }, mark(), signal);
      expect(token.fields).toEqual({ ...subject.defaults, name: 'small' });
    });

    test('one that never expires says nothing of an expiry', async () => {
      const { client, sent } = setUp();
      const { fields, body } = subject.neverExpiring('ever');
      const { token } = await client.create(teamA, fields, mark(), signal);
      expect(token.fields).toMatchObject(fields);
      expect(sent('POST')).toEqual([body]);
    });

    test.runIf(subject.ownIds)('under an ID of our own', async () => {
      const { client, asked, running } = setUp();
      const { token, secret } = await client.create(teamA, subject.fields, mark(uuid(4242)), signal);
      expect(token).toMatchObject({ id: uuid(4242), fields: subject.fields });
      expect(secret.reveal()).toBe(running.secrets()[0]);
      expect(asked()).toEqual([expect.stringMatching(new RegExp(`^PUT .*${uuid(4242)}$`))]);
    });

    test('under a name that is taken fails with API_REJECTED, asked once', async () => {
      const { client, asked } = setUp({ tokens: smallTokens(1) });
      const create = client.create(teamA, { name: 'token-1' }, mark(), signal);
      await expect(create).rejects.toMatchObject({ code: 'API_REJECTED', httpStatus: 409 });
      expect(asked()).toHaveLength(1);
      expect((await client.list(teamA, signal)).tokens).toHaveLength(1);
    });
  });

  describe('changing', () => {
    test.each(subject.patches)('$fields sends just that, and the rest stays', async ({ fields, body }) => {
      const { client, sent } = setUp({ tokens: [full] });
      const changed = await client.patch(teamA, full.id, fields, signal);
      expect(sent('PATCH')).toEqual([body]);
      expect(changed.fields).toEqual({ ...subject.fields, ...fields });
      expect(await client.read(teamA, full.id, signal)).toEqual(changed);
    });

    test('keeps the secret and shows no password', async () => {
      const { client, running } = setUp({ tokens: [full] });
      const before = running.secrets();
      const { object } = await client.patch(teamA, full.id, { status: 'enabled' }, signal);
      expect(running.secrets()).toEqual(before);
      expect(JSON.stringify(object)).not.toMatch(/password/i);
    });

    test('a token that is not there fails with NOT_FOUND', async () => {
      const { client } = setUp();
      const patch = client.patch(teamA, noSuchId, { status: 'disabled' }, signal);
      await expect(patch).rejects.toMatchObject({ code: 'NOT_FOUND', httpStatus: 404 });
    });
  });

  describe('deleting', () => {
    test('takes the token away and leaves the others', async () => {
      const { client } = setUp({ tokens: [...smallTokens(2), full] });
      await client.delete(teamA, full.id, signal);
      expect((await client.list(teamA, signal)).tokens.map(({ name }) => name)).toEqual([
        'token-1',
        'token-2',
      ]);
    });

    test('a token that is not there is fine', async () => {
      const { client } = setUp({ tokens: [full] });
      await client.delete(teamA, full.id, signal);
      await expect(client.delete(teamA, full.id, signal)).resolves.toBeUndefined();
    });
  });

  describe.each([
    ['credentials that are not accepted', subject.headers.invalid, 401],
    ['credentials without the privilege', subject.headers.unprivileged, 403],
  ])('%s', (_, authorization, httpStatus) => {
    test.each<[string, (client: Client) => Promise<unknown>]>([
      ['finding a scope', (client) => client.resolve('team-a', signal)],
      ['listing', (client) => client.list(teamA, signal)],
      ['reading', (client) => client.read(teamA, full.id, signal)],
      ['making', (client) => client.create(teamA, { name: 'small' }, mark(), signal)],
      ['changing', (client) => client.patch(teamA, full.id, { status: 'enabled' }, signal)],
      ['deleting', (client) => client.delete(teamA, full.id, signal)],
    ])('fail with AUTH: %s, asked once, and with a hint', async (_what, work) => {
      const { running, asked } = setUp({ tokens: [full] });
      await expect(work(connect(subject, running, authorization))).rejects.toMatchObject({
        code: 'AUTH',
        httpStatus,
        hint: expect.stringMatching(/./),
      });
      expect(asked()).toHaveLength(1);
    });
  });
});
