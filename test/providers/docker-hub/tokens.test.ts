import { describe, expect, test } from 'vitest';
import type { CreateMarker } from '../../../src/providers/provider.ts';
import { organizationTokens, personalTokens } from '../../contract/providers.ts';
import { type Asked, baseUrl, httpThrough, signal, stub, testClock } from './fixtures.ts';

const clock = testClock();
const acme = { id: 'acme', name: 'Acme' };
const account = { id: 'ann', name: 'Ann' };
const pull = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];
const line = { id: 'id-1', label: 'ci', is_active: true, created_at: '2030-01-01T00:00:00Z' };
const whole = { ...line, description: '', resources: pull };
const pat = { uuid: 'id-1', token_label: 'ci', is_active: true, scopes: ['repo:read'], token: '***' };

const mark: CreateMarker = { nonce: 'nonce-1', id: null, beforeTry: async () => undefined };

/** Clients of both kinds that a stub answers, logged in as this user. */
function clients(answer: (asked: Asked, count: number) => unknown, user = 'Ann') {
  const { fetch, asked } = stub(answer);
  const connection = {
    http: httpThrough(fetch, clock),
    endpoint: baseUrl,
    program: 'reconcile/test',
    user: async () => user,
    now: clock.now,
  };
  return {
    asked: () => asked.map(({ method, path }) => `${method} ${path}`),
    personal: personalTokens.connect(connection),
    org: organizationTokens.connect(connection),
  };
}

const empty = () => new Response(null, { status: 204 });

describe('the response to a change', () => {
  const path = '/v2/orgs/acme/access-tokens/id-1';
  test.each([
    { why: 'shows all', answer: () => whole, asked: [`PATCH ${path}`] },
    { why: 'shows no resources', answer: () => line, asked: [`PATCH ${path}`, `GET ${path}`] },
    {
      why: 'shows resources and no description',
      answer: () => ({ ...line, resources: pull }),
      asked: [`PATCH ${path}`, `GET ${path}`],
    },
    { why: 'is empty', answer: empty, asked: [`PATCH ${path}`, `GET ${path}`] },
  ])("of an organization's token $why: asked are $asked", async ({ answer, asked }) => {
    const { org, asked: sent } = clients(({ method }) => (method === 'GET' ? whole : answer()));
    const token = await org.patch(acme, 'id-1', { is_active: true }, signal);
    expect(token).toMatchObject({ id: 'id-1', fields: { description: '', resources: pull } });
    expect(token).not.toHaveProperty('partial');
    expect(sent()).toEqual(asked);
  });

  test('of a personal token that is empty: the token is asked for', async () => {
    const { personal, asked } = clients(({ method }) => (method === 'GET' ? pat : empty()));
    expect(await personal.patch(account, 'id-1', { is_active: true }, signal)).toMatchObject({ id: 'id-1' });
    expect(asked()).toEqual(['PATCH /v2/access-tokens/id-1', 'GET /v2/access-tokens/id-1']);
  });
});

describe('a create', () => {
  test.each([
    ['without its secret', { ...pat, token: '' }],
    ['with asterisks in the place of its secret', { ...pat, token: '***' }],
    ['without its ID', { ...pat, uuid: undefined, token: 'dckr_pat_x' }],
  ])('of a token that is shown %s has an unknown outcome, as the token is unusable', async (_, body) => {
    const { personal, asked } = clients(() => body);
    const create = personal.create(account, { token_label: 'ci', scopes: ['repo:read'] }, mark, signal);
    await expect(create).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(asked()).toEqual(['POST /v2/access-tokens']);
  });

  test('whose answer is lost is not sent again', async () => {
    const { org, asked } = clients(() => {
      throw new TypeError('fetch failed');
    });
    const create = org.create(acme, { label: 'ci', resources: pull }, mark, signal);
    await expect(create).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(asked()).toHaveLength(1);
  });

  test.each([
    ['a personal token', 'personal', { ...pat, token: 'dckr_pat_x' }],
    ["an organization's token", 'org', { ...whole, token: 'dckr_oat_x' }],
  ] as const)('of %s is marked, and each try of it announced', async (_, kind, body) => {
    const marks: (string | undefined)[] = [];
    const tries: number[] = [];
    const { [kind]: client } = clients(({ userAgent }, count) => {
      marks.push(userAgent);
      return count === 1 ? new Response(null, { status: 429 }) : body;
    });
    const beforeTry = async (number: number) => {
      tries.push(number);
    };
    const fields = { label: 'ci', resources: pull, scopes: ['repo:read'] };
    await client.create(acme, fields, { ...mark, beforeTry }, signal);
    expect(marks).toEqual(['reconcile/test (nonce-1)', 'reconcile/test (nonce-1)']);
    expect(tries).toEqual([1, 2]);
  });

  test.each([
    ['a personal token', 'personal', account, { ...pat, token: 'dckr_pat_x' }, 'Ann'],
    ["an organization's token", 'org', acme, { ...whole, token: 'dckr_oat_x' }, 'Acme'],
  ] as const)(
    'of %s tells the name to log in with, as it is spelled',
    async (_, kind, scope, body, username) => {
      const { [kind]: client } = clients(() => body);
      const fields = { label: 'ci', resources: pull, scopes: ['repo:read'] };
      expect(await client.create(scope, fields, mark, signal)).toMatchObject({ username });
    },
  );
});

describe.each(['personal', 'org'] as const)('a deletion: %s', (kind) => {
  test.each([202, 204, 404, 410])('answered with %d is done', async (status) => {
    const { [kind]: client, asked } = clients(() => new Response(null, { status }));
    await client.delete(acme, 'id-1', signal);
    expect(asked()).toHaveLength(1);
  });

  test.each([
    [400, 'API_REJECTED'],
    [403, 'AUTH'],
    [500, 'API_UNAVAILABLE'],
  ])('answered with %d is not: %s', async (status, code) => {
    const { [kind]: client } = clients(() => new Response(null, { status }));
    await expect(client.delete(acme, 'id-1', signal)).rejects.toMatchObject({ code });
  });
});

describe('the account', () => {
  test('is a scope by its name, in either case the same', async () => {
    const { personal } = clients(() => ({}), 'Ann');
    expect(await personal.resolve('', signal)).toEqual({ id: 'ann', name: 'Ann' });
    expect(await personal.details({ id: 'ann', name: 'Ann' }, signal)).toEqual({ host: 'docker.io' });
  });

  test('that a bearer does not tell can have no logins written down: what to log in with is unknown', async () => {
    const { personal } = clients(() => ({}), '');
    expect(await personal.resolve('', signal)).toMatchObject({
      missingUsernameHint: expect.stringContaining('DOCKER_HUB_USERNAME'),
    });
  });
});

test('names are written into paths so that they stay one part of it', async () => {
  const { org, personal, asked } = clients(() => new Response(null, { status: 404 }));
  await org.read({ id: 'a/../b', name: 'a/../b' }, 'x?y', signal);
  await personal.read(account, '../users', signal);
  expect(asked()).toEqual([
    'GET /v2/orgs/a%2F..%2Fb/access-tokens/x%3Fy',
    'GET /v2/access-tokens/..%2Fusers',
  ]);
});
