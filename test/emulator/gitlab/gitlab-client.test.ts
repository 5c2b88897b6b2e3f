import { type AccessTokenScopes, Gitlab } from '@gitbeaker/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../../../src/emulator/index.ts';
import { type Served, serve } from '../../../src/emulator/serve.ts';

let emulator: Emulator;
let served: Served;
let client: InstanceType<typeof Gitlab>;

beforeEach(async () => {
  emulator = createEmulator({
    seed: {
      registries: [],
      gitlab: {
        groups: [{ path: 'team-a' }],
        projects: [{ path: 'team-a/app' }, { path: 'team-a/lib', formerPaths: ['team-a/old'] }],
      },
    },
  });
  served = await serve(emulator, { port: 0 });
  client = new Gitlab({ host: served.url, token: 'glpat-emulator' });
});

afterEach(() => served.close());

const expiresAt = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
const laterExpiry = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);

describe.each([
  ['project', { projectId: 'team-a/app' }],
  ['group', { groupId: 'team-a' }],
] as const)('another client manages the tokens of a %s', (kind, owner) => {
  const path = 'projectId' in owner ? owner.projectId : owner.groupId;

  test('deploy tokens: creates, lists, shows and removes them', async () => {
    const made = await client.DeployTokens.create('pull', ['read_registry', 'write_registry'], {
      ...owner,
      username: 'puller',
      expires_at: '2099-01-01T00:00:00Z',
    });
    expect(made).toMatchObject({ name: 'pull', username: 'puller', expires_at: '2099-01-01T00:00:00.000Z' });
    expect(made.token).toBe(emulator.gitlab.deployTokens(kind, path)[0]?.secret);

    const { token: _, ...shown } = made;
    expect(await client.DeployTokens.all(owner)).toEqual([shown]);
    expect(await client.DeployTokens.show(made.id, owner)).toEqual(shown);

    await client.DeployTokens.remove(made.id, owner);
    expect(await client.DeployTokens.all(owner)).toEqual([]);
    await expect(client.DeployTokens.show(made.id, owner)).rejects.toMatchObject({
      cause: { description: '404 Not found' },
    });
  });

  test('access tokens: creates, lists, shows, rotates and revokes them', async () => {
    const tokens = kind === 'project' ? client.ProjectAccessTokens : client.GroupAccessTokens;
    const scopes: AccessTokenScopes[] = ['read_registry', 'write_registry'];
    const made = await tokens.create(path, 'ci', scopes, expiresAt, { accessLevel: 30 });
    expect(made).toMatchObject({ name: 'ci', scopes, access_level: 30, expires_at: expiresAt, active: true });
    expect(made.token).toBe(emulator.gitlab.accessTokens(kind, path)[0]?.secret);

    const { token: _, ...shown } = made;
    expect(await tokens.all(path)).toEqual([shown]);
    expect(await tokens.show(path, made.id)).toEqual(shown);

    const rotated = await tokens.rotate(path, made.id, { expiresAt: laterExpiry });
    expect(rotated).toMatchObject({ name: 'ci', user_id: made.user_id, expires_at: laterExpiry });
    expect(rotated.id).not.toBe(made.id);
    expect(rotated.token).not.toBe(made.token);

    await tokens.revoke(path, rotated.id);
    expect((await tokens.all(path)).map(({ revoked }) => revoked)).toEqual([true, true]);
  });
});

test('another client reads all pages of a list', async () => {
  for (let index = 0; index < 45; index++)
    emulator.gitlab.createDeployToken('project', 'team-a/app', { name: `token-${index}` });
  const owner = { projectId: 1 };
  const all = await client.DeployTokens.all({ ...owner, perPage: 20 });
  expect(all.map(({ name }) => name)).toEqual(Array.from({ length: 45 }, (_, index) => `token-${index}`));
  const { data, paginationInfo } = await client.DeployTokens.all({
    ...owner,
    perPage: 20,
    page: 2,
    maxPages: 1,
    showExpanded: true,
  });
  expect(data).toHaveLength(20);
  expect(paginationInfo).toEqual({ total: 45, totalPages: 3, current: 2, perPage: 20, next: 3, previous: 1 });
});

test('another client finds projects and groups, and the version', async () => {
  expect(await client.Projects.show('team-a/app')).toMatchObject({
    id: 1,
    path_with_namespace: 'team-a/app',
  });
  expect(await client.Projects.show('team-a/old')).toMatchObject({ id: 2 });
  expect(await client.Groups.show('team-a')).toMatchObject({ id: 1, full_path: 'team-a' });
  const projects = await client.Projects.all({ membership: true });
  expect(projects.map(({ id }) => id)).toEqual([2, 1]);
  expect((await client.Groups.allProjects('team-a')).map(({ id }) => id)).toEqual([2, 1]);
  expect((await client.Groups.all()).map(({ id }) => id)).toEqual([1]);
  expect(await client.Metadata.show()).toMatchObject({ version: expect.stringMatching(/^18\./) });
  expect(await client.PersonalAccessTokens.show()).toMatchObject({ name: 'emulator', scopes: ['api'] });
});

test('another client gets the reason of a rejection', async () => {
  const unknown = 'admin' as AccessTokenScopes;
  const rejected = client.ProjectAccessTokens.create(1, 'ci', [unknown], expiresAt);
  await expect(rejected).rejects.toMatchObject({
    cause: { description: 'scopes does not have a valid value' },
  });
});
