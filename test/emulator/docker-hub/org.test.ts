import { describe, expect, test } from 'vitest';
import { dockerHub, host, type OrgBody, type OrgPage, resources, withOrgTokens } from './fixtures.ts';

const path = '/v2/orgs/acme/access-tokens';

describe("an organization's token", () => {
  test('is created with its secret, listed without its resources, and read with them', async () => {
    const { call, createOrg, hub } = dockerHub();
    const { status, body } = await createOrg('ci', {
      description: 'builds',
      expires_at: '2031-01-01T00:00:00.5Z',
    });
    expect(status).toBe(201);
    const { token, ...rest } = body;
    expect(token).toBe(hub.orgTokens('acme')[0]?.secret);
    expect(token).toMatch(/^dckr_oat_\S{20,}$/);
    const line = {
      id: expect.any(String),
      label: 'ci',
      is_active: true,
      created_at: '2030-01-01T00:00:00.000000Z',
      expires_at: '2031-01-01T00:00:00.500Z',
      last_used_at: null,
    };
    expect(rest).toEqual({ ...line, description: 'builds', resources });
    const page = (await call<OrgPage>('GET', path)).body;
    expect(page).toEqual({
      total: 1,
      next: null,
      previous: null,
      results: [{ ...line, created_by: 'emulator' }],
    });
    expect((await call('GET', `${path}/${rest.id}`)).body).toEqual({ ...rest, created_by: 'emulator' });
  });

  test('tells who made it at once, and no description, where quirks say so', async () => {
    const { createOrg, call } = dockerHub({ hubQuirks: { createdBy: true, description: false } });
    const { body } = await createOrg('ci', { description: 'builds' });
    expect(body).toMatchObject({ created_by: 'emulator' });
    expect(body).not.toHaveProperty('description');
    expect((await call('GET', `${path}/${body.id}`)).body).not.toHaveProperty('description');
  });

  test('shows its resources and their scopes in another order', async () => {
    const { createOrg } = dockerHub();
    const { body } = await createOrg('ci', {
      resources: [
        { type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-pull', 'scope-tag-read'] },
        { type: 'TYPE_ORG', path: 'acme', scopes: ['scope-member-read'] },
      ],
    });
    expect(body.resources).toEqual([
      { type: 'TYPE_ORG', path: 'acme', scopes: ['scope-member-read'] },
      { type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-tag-read', 'scope-image-pull'] },
    ]);
  });

  test.each([
    ['no label', { label: undefined }],
    ['a label that is too long', { label: 'x'.repeat(101) }],
    ['no resources', { resources: undefined }],
    ['an empty list of resources', { resources: [] }],
    ['a resource without a path', { resources: [{ type: 'TYPE_REPO', scopes: ['scope-image-pull'] }] }],
    ['a resource without scopes', { resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: [] }] }],
    [
      'a type that is none',
      { resources: [{ type: 'repo', path: 'acme/app', scopes: ['scope-image-pull'] }] },
    ],
    ['a description that is no text', { description: 1 }],
    ['an expiry that is over', { expires_at: '2029-01-01T00:00:00Z' }],
    ['what is not known', { is_active: false }],
  ])('is not made with %s', async (_, more) => {
    const { call, hub } = dockerHub();
    const response = await call('POST', path, { body: { label: 'ci', resources, ...more }, wrong: true });
    expect(response.status).toBe(400);
    expect(hub.orgTokens('acme')).toEqual([]);
  });

  test('is not for a repository that is not there, where the seed names those that are', async () => {
    const { createOrg } = dockerHub({ accounts: withOrgTokens('[]', ', repositories: [acme/app]') });
    const forPath = (at: string) =>
      createOrg('ci', { resources: [{ type: 'TYPE_REPO', path: at, scopes: ['scope-image-pull'] }] });
    expect((await forPath('acme/app')).status).toBe(201);
    expect((await forPath('acme/*')).status).toBe(201);
    expect((await forPath('*/*/public')).status).toBe(201);
    expect((await forPath('acme/none')).status).toBe(400);
  });

  test('changes in all but its expiry', async () => {
    const { createOrg, call } = dockerHub();
    const { id } = (await createOrg('ci')).body;
    const more = [{ type: 'TYPE_REPO', path: 'acme/*', scopes: ['scope-image-push'] }];
    const changes = { label: 'cd', description: 'ships', resources: more, is_active: false };
    const patched = await call<OrgBody>('PATCH', `${path}/${id}`, { body: changes });
    expect(patched).toMatchObject({ status: 200, body: changes });
    expect(patched.body).not.toHaveProperty('token');
    expect((await call('GET', `${path}/${id}`)).body).toEqual(patched.body);
    expect((await call('PATCH', `${path}/${id}`, { body: { label: 'ce' } })).body).toMatchObject({
      ...changes,
      label: 'ce',
    });
    for (const body of [{ expires_at: '2031-01-01T00:00:00Z' }, { resources: [] }]) {
      expect((await call('PATCH', `${path}/${id}`, { body, wrong: true })).status).toBe(400);
    }
  });

  test('keeps its expiry though a change of it is answered, where a quirk says so', async () => {
    const { createOrg, call } = dockerHub({ hubQuirks: { immutable: 'ignore' } });
    const { id } = (await createOrg('ci')).body;
    const body = { expires_at: '2031-01-01T00:00:00Z' };
    expect(await call('PATCH', `${path}/${id}`, { body, wrong: true })).toMatchObject({
      status: 200,
      body: { expires_at: null },
    });
  });

  test('is deleted, then 404', async () => {
    const { createOrg, call } = dockerHub();
    const { id } = (await createOrg('ci')).body;
    expect((await call('DELETE', `${path}/${id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await call(method, `${path}/${id}`)).status).toBe(404);
    expect((await call('PATCH', `${path}/${id}`, { body: { label: 'cd' } })).status).toBe(404);
  });

  test('stays when it has expired, and can only be deleted then', async () => {
    const { createOrg, call, advance } = dockerHub();
    const { id } = (await createOrg('ci', { expires_at: '2030-01-01T01:00:00Z' })).body;
    advance(3_600_000);
    expect((await call('GET', path)).body).toMatchObject({ total: 1, results: [{ id, is_active: true }] });
    expect((await call('PATCH', `${path}/${id}`, { body: { label: 'cd' } })).status).toBe(400);
    expect((await call('DELETE', `${path}/${id}`)).status).toBe(204);
  });
});

test('an organization has only so many tokens; inactive and expired ones count', async () => {
  const { createOrg, call, hub, advance } = dockerHub({ accounts: withOrgTokens('[]', ', limit: 2') });
  const { id } = (await createOrg('one')).body;
  await call('PATCH', `${path}/${id}`, { body: { is_active: false } });
  await createOrg('two', { expires_at: '2030-01-01T01:00:00Z' });
  advance(3_600_000);
  const response = await createOrg('three');
  expect(response).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('2 access tokens') },
  });
  expect(() => hub.org.createAs('emulator', 'acme', { label: 'three', resources })).toThrow(
    '2 access tokens',
  );
  await call('DELETE', `${path}/${id}`);
  expect((await createOrg('three')).status).toBe(201);
});

test('an organization has ten tokens unless the seed says more', async () => {
  const { createOrg } = dockerHub();
  for (let number = 1; number <= 10; number++) expect((await createOrg('ci')).status).toBe(201);
  expect((await createOrg('ci')).status).toBe(403);
});

test('the list has pages of ten', async () => {
  const tokens = Array.from({ length: 12 }, (_, index) => `{ label: t${index} }`).join(', ');
  const { call } = dockerHub({ accounts: withOrgTokens(`[${tokens}]`) });
  const first = (await call<OrgPage>('GET', path)).body;
  expect([first.total, first.results.length, first.next]).toEqual([
    12,
    10,
    `${host}${path}?page=2&page_size=10`,
  ]);
  expect((await call<OrgPage>('GET', first.next ?? '')).body).toMatchObject({
    next: null,
    results: [{ label: 't10' }, { label: 't11' }],
  });
});

describe('who may', () => {
  test('an owner only', async () => {
    const { call } = dockerHub({ accounts: withOrgTokens('[]', ', owners: [other]') });
    expect((await call('GET', path)).status).toBe(403);
    expect((await call('GET', path, { authorization: 'Bearer emulator-other' })).status).toBe(200);
    expect((await call('GET', path, { authorization: '' })).status).toBe(401);
  });

  test('nothing for a missing organization', async () => {
    const { call } = dockerHub();
    expect((await call('GET', '/v2/orgs/nowhere/access-tokens')).status).toBe(404);
    const body = { label: 'ci', resources };
    expect((await call('POST', '/v2/orgs/nowhere/access-tokens', { body })).status).toBe(404);
  });
});

test('another user creates, changes, uses and deletes tokens beside the API', async () => {
  const { hub, call, advance } = dockerHub();
  const { id } = hub.org.createAs('somebody', 'acme', { label: 'ci', resources });
  hub.org.patchAs('somebody', 'acme', id, { description: 'builds', active: false });
  advance(1_000);
  hub.used(id);
  expect((await call('GET', `${path}/${id}`)).body).toMatchObject({
    created_by: 'somebody',
    description: 'builds',
    is_active: false,
    last_used_at: '2030-01-01T00:00:01.000000Z',
  });
  hub.org.deleteAs('somebody', 'acme', id);
  expect(hub.orgTokens('acme')).toEqual([]);
  expect(() => hub.orgTokens('nowhere')).toThrow('nowhere');
});
