import { describe, expect, test } from 'vitest';
import type { HubQuirks } from '../../src/emulator/quirks.ts';
import { connect, failOnSpecViolations, mark } from './connect.ts';
import { type HubContents, startDockerHub } from './docker-hub-subjects.ts';
import { organizationTokens, personalTokens } from './providers.ts';
import { start, uuid } from './subject.ts';

failOnSpecViolations();

const { signal } = new AbortController();

const account = { id: 'emulator', name: 'emulator' };
const acme = { id: 'acme', name: 'acme' };
const id = uuid(1);
const read = ['repo:read'];
const pull = [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull'] }];

function setUp(contents: HubContents = {}, quirks: Partial<HubQuirks> = {}) {
  const running = startDockerHub(contents, quirks);
  return {
    ...running,
    personal: connect(personalTokens, running),
    org: connect(organizationTokens, running),
    asked: () => running.requests().map(({ what }) => what),
  };
}

describe('a personal token', () => {
  test.each([
    { why: 'made by hand', seed: { generatedBy: 'manual' }, generated: undefined },
    { why: 'made by a product of Docker for itself', seed: { generatedBy: 'desktop' }, generated: true },
    { why: 'without a generator', seed: { generatedBy: null }, generated: undefined },
  ])('$why: listed and read alike, generated: $generated', async ({ seed, generated }) => {
    const { personal } = setUp({ personal: [{ id, label: 'ci', scopes: read, ...seed }] });
    const { tokens } = await personal.list(account, signal);
    expect(tokens.map((token) => token.generated)).toEqual([generated]);
    expect((await personal.read(account, id, signal))?.generated).toBe(generated);
  });

  test('of an old client shows no scopes, which is not the same as none', async () => {
    const { personal } = setUp({ personal: [{ id, label: 'old' }] });
    const { tokens } = await personal.list(account, signal);
    expect(tokens.map(({ fields }) => fields['scopes'])).toEqual([null]);
    expect((await personal.read(account, id, signal))?.fields['scopes']).toBeNull();
  });

  test('has the marker of its create, and its object shows no requester', async () => {
    const { personal } = setUp();
    const { token } = await personal.create(account, { token_label: 'ci', scopes: read }, mark(), signal);
    expect(token.origin.userAgent).toBe('reconcile/test (nonce-1)');
    const [listed] = (await personal.list(account, signal)).tokens;
    expect(listed?.origin.userAgent).toBe('reconcile/test (nonce-1)');
    expect(JSON.stringify(listed?.object)).not.toMatch(/nonce-1|192\.0\.2\.1/);
  });

  test('tells when it was last used', async () => {
    const lastUsed = { at: start - 60_000 };
    const { personal } = setUp({ personal: [{ id, label: 'ci', scopes: read, lastUsed }] });
    expect((await personal.read(account, id, signal))?.origin.lastUsed).toBe(start / 1000 - 60);
  });

  test('is all that the one scope of the account holds', async () => {
    const { personal } = setUp();
    expect(await personal.scopes(signal)).toEqual([account]);
  });
});

describe("an organization's token", () => {
  const token = { id, label: 'ci', description: 'for the pipeline', resources: pull, createdBy: 'emulator' };

  test('is listed without its resources, with one request a page', async () => {
    const { org, asked } = setUp({ org: [token, { ...token, id: uuid(2) }] });
    const { tokens } = await org.list(acme, signal);
    expect(tokens).toMatchObject([{ partial: true }, { partial: true }]);
    for (const { fields } of tokens)
      expect(Object.keys(fields)).toEqual(['label', 'is_active', 'expires_at']);
    expect(asked()).toEqual(['GET /v2/orgs/acme/access-tokens']);
  });

  test('is whole when it is read, though the service shows no descriptions at all', async () => {
    const { org } = setUp({ org: [token] }, { description: false });
    const found = await org.read(acme, id, signal);
    expect(found?.fields).toMatchObject({ resources: pull });
    expect(found?.fields).not.toHaveProperty('description');
    expect(found).not.toHaveProperty('partial');
  });

  test('is requested if the response to a change lacks the description', async () => {
    const { org, asked } = setUp({ org: [token] }, { description: false });
    expect(await org.patch(acme, id, { is_active: false }, signal)).toMatchObject({
      fields: { is_active: false, resources: pull },
    });
    expect(asked()).toEqual([
      `PATCH /v2/orgs/acme/access-tokens/${id}`,
      `GET /v2/orgs/acme/access-tokens/${id}`,
    ]);
  });

  test('is not requested if the response to a change shows all', async () => {
    const { org, asked } = setUp({ org: [token] });
    expect((await org.patch(acme, id, { is_active: false }, signal)).fields).toMatchObject({
      description: 'for the pipeline',
      resources: pull,
    });
    expect(asked()).toHaveLength(1);
  });

  test('tells who made it and when it was last used', async () => {
    const { org } = setUp({ org: [{ ...token, lastUsed: { at: start - 60_000 } }] });
    const origin = { createdBy: 'emulator', lastUsed: start / 1000 - 60, userAgent: null };
    expect((await org.list(acme, signal)).tokens).toMatchObject([{ origin }]);
  });

  test('can be in an organization of any name: the API tells of none', async () => {
    const { org, asked } = setUp();
    expect(await org.scopes(signal)).toBeUndefined();
    expect(await org.resolve('Acme', signal)).toEqual({ id: 'acme', name: 'Acme' });
    expect(asked()).toEqual([]);
  });

  test('of an organization that is not there fails with NOT_FOUND, which names it', async () => {
    const { org } = setUp();
    const nowhere = await org.resolve('nowhere', signal);
    await expect(org.list(nowhere, signal)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      httpStatus: 404,
      message: expect.stringContaining('the organization nowhere was not found'),
      hint: expect.stringContaining('owner'),
    });
    await expect(org.verify(nowhere, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const create = org.create(nowhere, { label: 'ci', resources: pull }, mark(), signal);
    await expect(create).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('nowhere'),
    });
  });
});

describe('an expired token', () => {
  const over = { id, label: 'ci', expiry: { at: start }, active: true };
  const ahead = { id: uuid(2), label: 'ci', expiry: { at: start + 1000 }, active: true };
  const kinds = [
    {
      kind: 'personal' as const,
      scope: account,
      contents: { personal: [over, ahead].map((token) => ({ ...token, scopes: read })) },
    },
    {
      kind: 'org' as const,
      scope: acme,
      contents: {
        org: [over, ahead].map((token) => ({ ...token, resources: pull, createdBy: 'emulator' })),
      },
    },
  ];

  test.each(kinds)(
    '$kind: is listed and read as expired, whatever else it says',
    async ({ kind, scope, contents }) => {
      const { [kind]: client } = setUp(contents);
      const { tokens } = await client.list(scope, signal);
      expect(tokens.map(({ expired }) => expired)).toEqual([true, undefined]);
      expect(await client.read(scope, id, signal)).toMatchObject({
        expired: true,
        fields: { is_active: true },
      });
    },
  );

  test.each(kinds)('$kind: can be deleted and not be changed', async ({ kind, scope, contents }) => {
    const { [kind]: client } = setUp(contents);
    const change = client.patch(scope, id, { is_active: false }, signal);
    await expect(change).rejects.toMatchObject({ code: 'API_REJECTED', httpStatus: 400 });
    await client.delete(scope, id, signal);
    expect((await client.list(scope, signal)).tokens.map((token) => token.id)).toEqual([uuid(2)]);
  });
});

describe('a user who may not manage tokens', () => {
  test.each([
    ['personal tokens', personalTokens, account],
    ['organization tokens', organizationTokens, acme],
  ])(
    '%s, with the bearer of a login with an access token: AUTH, and the hint names the ways out',
    async (_, provider, scope) => {
      const running = startDockerHub({});
      const client = connect(provider, running, await running.authorizations.unprivileged());
      await expect(client.list(scope, signal)).rejects.toMatchObject({
        code: 'AUTH',
        httpStatus: 403,
        hint: expect.stringMatching(/an access token can't manage.*DOCKER_HUB_PASSWORD.*DOCKER_HUB_TOKEN/),
      });
    },
  );

  test('of an organization, as no owner: AUTH, and the hint speaks of owners', async () => {
    const client = connect(organizationTokens, startDockerHub({}), 'Bearer emulator-other');
    const error = {
      code: 'AUTH',
      httpStatus: 403,
      hint: expect.stringContaining('as an owner of the organization'),
    };
    await expect(client.list(acme, signal)).rejects.toMatchObject(error);
    await expect(client.delete(acme, id, signal)).rejects.toMatchObject(error);
  });

  test('with an access token as the bearer: AUTH, whatever its owner', async () => {
    const secret = 'dckr_pat_of-mine';
    const running = startDockerHub({ personal: [{ label: 'ci', scopes: ['repo:admin'], secret }] });
    const client = connect(personalTokens, running, `Bearer ${secret}`);
    await expect(client.list(account, signal)).rejects.toMatchObject({ code: 'AUTH', httpStatus: 401 });
  });
});
