import { describe, expect, test } from 'vitest';
import {
  type CreatedBody,
  errorOf,
  harbor,
  permission,
  projectRobot,
  projects,
  robotsPath,
  systemRobot,
} from './fixtures.ts';

const people = `{ ${projects}, users: [
  { name: ada, roles: { team-a: project_admin } },
  { name: max, roles: { team-a: maintainer } },
  { name: dev, password: Pass12, roles: { team-a: developer } },
] }`;
const listA = `${robotsPath}?q=${encodeURIComponent('Level=project,ProjectID=1')}`;
const listB = `${robotsPath}?q=${encodeURIComponent('Level=project,ProjectID=2')}`;

describe('people', () => {
  test('that administer the system manage all robots', async () => {
    const { call, create } = harbor({ seed: people });
    const { id } = await create(projectRobot('ci'));
    await create(systemRobot('ci'));
    for (const path of [robotsPath, listA, listB]) expect((await call('GET', path)).status).toBe(200);
    expect((await call('DELETE', `${robotsPath}/${id}`)).status).toBe(200);
  });

  test('that administer a project manage its robots, and no others', async () => {
    const { call, create } = harbor({ seed: people });
    const as = ['ada', 'ada'] as const;
    const { id } = await create(projectRobot('ci'), as);
    expect((await call('PATCH', `${robotsPath}/${id}`, { as, body: {} })).status).toBe(200);
    expect((await call('GET', listA, { as })).status).toBe(200);
    expect(errorOf(await call('GET', listB, { as }))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(errorOf(await call('GET', robotsPath, { as }))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
      message: 'ada',
    });
    const refused = await call('POST', robotsPath, { as, body: systemRobot('ci') });
    expect(errorOf(refused)).toMatchObject({ status: 403, message: 'ada' });
    expect((await call('DELETE', `${robotsPath}/${id}`, { as })).status).toBe(200);
  });

  test.each([['max', 'max'] as const, ['dev', 'Pass12'] as const])(
    'with the role of %s read and list only',
    async (...as) => {
      const { call, create, read } = harbor({ seed: people });
      const { id } = await create(projectRobot('ci'));
      const path = `${robotsPath}/${id}`;
      expect((await call('GET', listA, { as })).status).toBe(200);
      expect((await call('GET', path, { as })).status).toBe(200);
      expect((await call('POST', robotsPath, { as, body: projectRobot('other') })).status).toBe(403);
      expect((await call('PUT', path, { as, body: await read(id) })).status).toBe(403);
      expect((await call('PATCH', path, { as, body: {} })).status).toBe(403);
      expect((await call('DELETE', path, { as })).status).toBe(403);
    },
  );
});

describe('anonymous callers, and those with wrong credentials', () => {
  test.each([
    ['no credentials', null],
    ['a wrong password', ['emulator', 'wrong']],
    ['an unknown user', ['who', 'wrong']],
    ['an unknown robot', ['robot$who', 'wrong']],
  ] as const)('with %s see public projects, no version, and no robots', async (_, as) => {
    const { call } = harbor();
    const listed = await call<readonly object[]>('GET', '/api/v2.0/projects', { as });
    expect(listed).toMatchObject({ status: 200, body: [{ name: 'library' }] });
    expect(listed.headers.get('x-total-count')).toBe('1');
    const info = await call<object>('GET', '/api/v2.0/systeminfo', { as });
    expect(info.status).toBe(200);
    expect(info.body).not.toHaveProperty('harbor_version');
    expect(info.body).not.toHaveProperty('registry_url');
    for (const path of [
      robotsPath,
      `${robotsPath}/1`,
      '/api/v2.0/projects/team-a',
      '/api/v2.0/configurations',
      '/api/v2.0/permissions',
      '/api/v2.0/users/current',
    ]) {
      expect(errorOf(await call('GET', path, { as }))).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    }
  });
});

describe('the server', () => {
  test('shows its version and its registry to a user', async () => {
    const { call } = harbor({ seedQuirks: '{ version: "2.13" }' });
    const info = await call<object>('GET', '/api/v2.0/systeminfo');
    expect(info.body).toMatchObject({
      harbor_version: 'v2.13.2-436918f8',
      registry_url: 'harbor.example:8443',
      external_url: 'https://harbor.example:8443',
    });
    const current = await call<object>('GET', '/api/v2.0/users/current');
    expect(current.body).toMatchObject({ username: 'emulator', sysadmin_flag: true });
  });

  test('shows its settings to administrators only', async () => {
    const { call } = harbor({ seed: people, seedQuirks: '{ default_duration: 60 }' });
    expect((await call<object>('GET', '/api/v2.0/configurations')).body).toMatchObject({
      robot_name_prefix: { value: 'robot$' },
      robot_token_duration: { value: 60 },
    });
    const refused = await call('GET', '/api/v2.0/configurations', { as: ['ada', 'ada'] });
    expect(errorOf(refused)).toMatchObject({ status: 403 });
  });

  test.each([
    ['2.10', false],
    ['2.12', true],
  ])('lists the rights that robots can get in %s', async (version, robots) => {
    const { call } = harbor({ seed: people, seedQuirks: `{ version: "${version}" }` });
    const path = '/api/v2.0/permissions';
    type Grantable = Readonly<Record<'system' | 'project', readonly object[]>>;
    const { body } = await call<Grantable>('GET', path, { as: ['ada', 'ada'] });
    expect(body.project).toContainEqual({ resource: 'repository', action: 'push' });
    expect(body.system).toContainEqual({ resource: 'project', action: 'list' });
    for (const level of ['system', 'project'] as const) {
      const own = body[level].filter((one) => 'resource' in one && one.resource === 'robot');
      expect(own).toEqual(
        robots ? ['create', 'read', 'list', 'delete'].map((action) => ({ resource: 'robot', action })) : [],
      );
    }
    expect((await call('GET', path, { as: ['max', 'max'] })).status).toBe(403);
  });

  test('finds a project by its name and by its number', async () => {
    const { call } = harbor({ seed: '{ projects: [{ name: team-a, id: 7 }, { name: "7", id: 8 }] }' });
    const read = async (name: string, headers = {}) =>
      (await call<object>('GET', `/api/v2.0/projects/${name}`, { headers })).body;
    expect(await read('team-a')).toMatchObject({ project_id: 7 });
    expect(await read('7')).toMatchObject({ project_id: 7 });
    expect(await read('7', { 'x-is-resource-name': 'true' })).toMatchObject({ project_id: 8 });
    expect((await call('GET', '/api/v2.0/projects/team-x')).status).toBe(404);
    expect((await call('GET', '/api/v2.0/projects/9')).status).toBe(404);
    const as = ['unprivileged', 'unprivileged'] as const;
    expect((await call('GET', '/api/v2.0/projects/team-a', { as })).status).toBe(403);
  });

  test('lists the projects that a user can see, by a part of the name as well', async () => {
    const { call } = harbor({ seed: people });
    const listed = async (query: string, as: readonly [string, string]) =>
      (await call<readonly { name: string }[]>('GET', `/api/v2.0/projects${query}`, { as })).body.map(
        ({ name }) => name,
      );
    expect(await listed('', ['emulator', 'emulator'])).toEqual(['library', 'team-a', 'team-b']);
    expect(await listed('', ['ada', 'ada'])).toEqual(['library', 'team-a']);
    expect(await listed('?name=team', ['emulator', 'emulator'])).toEqual(['team-a', 'team-b']);
    expect(await listed('?q=name%3Dteam-b', ['emulator', 'emulator'])).toEqual(['team-b']);
    expect(await listed('?page=2&page_size=1', ['emulator', 'emulator'])).toEqual(['team-a']);
  });
});

describe('robots as callers', () => {
  const robotRights = ['robot:create', 'robot:read', 'robot:list', 'robot:delete'];

  async function withSystemRobot(version: string, namespace = '*', ...more: readonly string[]) {
    const service = harbor({ seedQuirks: `{ version: "${version}" }` });
    const { name, secret } = await service.create(
      systemRobot('manager', {
        permissions: [
          permission('/', ...robotRights),
          permission(namespace, ...robotRights, 'repository:pull', ...more),
        ],
      }),
    );
    return { ...service, as: [name, secret] as const };
  }

  test('create, read, list and delete robots from 2.12 on, and show as their creators', async () => {
    const { call, as, read } = await withSystemRobot('2.14.1');
    const made = await call<CreatedBody>('POST', robotsPath, { as, body: projectRobot('ci') });
    expect(made.status).toBe(201);
    expect(await read(made.body.id)).toMatchObject({ creator_type: 'robot', creator_ref: 1 });
    for (const path of [robotsPath, listA]) expect((await call('GET', path, { as })).status).toBe(200);
    const path = `${robotsPath}/${made.body.id}`;
    expect((await call('GET', path, { as })).status).toBe(200);
    expect((await call('DELETE', path, { as })).status).toBe(200);
  });

  test('never update one or refresh its secret', async () => {
    const { call, as, create, read } = await withSystemRobot('2.16');
    const { id } = await create(systemRobot('ci'));
    const path = `${robotsPath}/${id}`;
    const forbidden = { status: 403, code: 'FORBIDDEN', message: 'robot$manager' };
    expect(errorOf(await call('PUT', path, { as, body: await read(id) }))).toEqual(forbidden);
    expect(errorOf(await call('PATCH', path, { as, body: {} }))).toEqual(forbidden);
    const own = `${robotsPath}/1`;
    expect(errorOf(await call('PATCH', own, { as, body: { secret: 'Chosen12' } }))).toEqual(forbidden);
  });

  test.each(['2.12', '2.13', '2.14.0'])('of the system create no project robot in %s', async (version) => {
    const { call, as } = await withSystemRobot(version, 'team-a');
    const refused = await call('POST', robotsPath, { as, body: projectRobot('ci') });
    expect(errorOf(refused)).toMatchObject({ status: 403, code: 'DENIED' });
    const permissions = [permission('team-a', 'repository:pull')];
    const made = await call('POST', robotsPath, { as, body: systemRobot('ci', { permissions }) });
    expect(made.status).toBe(201);
  });

  test.each([
    ['2.12', 403],
    ['2.13', 201],
    ['2.16', 201],
  ])('with rights to all projects cover one project in %s: %i', async (version, status) => {
    const { call, as } = await withSystemRobot(version);
    const permissions = [permission('team-a', 'repository:pull')];
    const response = await call('POST', robotsPath, { as, body: systemRobot('ci', { permissions }) });
    expect(response.status).toBe(status);
  });

  const pull = permission('team-a', 'repository:pull').access;

  test.each([
    ['another right', [permission('team-a', 'repository:delete')]],
    ['another project', [permission('team-b', 'repository:pull')]],
    ['all projects', [permission('*', 'repository:pull')]],
    ['the system', [permission('/', 'project:list')]],
    [
      'another effect',
      [{ kind: 'project', namespace: 'team-a', access: pull.map((one) => ({ ...one, effect: 'allow' })) }],
    ],
  ])('create none with more than they have: %s', async (_, permissions) => {
    const { call, as, harbor: actor } = await withSystemRobot('2.16', 'team-a');
    const response = await call('POST', robotsPath, { as, body: systemRobot('ci', { permissions }) });
    expect(errorOf(response)).toMatchObject({ status: 403, code: 'DENIED' });
    expect(actor.robots()).toHaveLength(1);
  });

  test('of a project manage the robots of that project', async () => {
    const { call, create } = harbor({ seedQuirks: '{ version: "2.12" }' });
    const permissions = [permission('team-a', ...robotRights, 'repository:pull')];
    const { name, secret } = await create(projectRobot('manager', { permissions }));
    const as = [name, secret] as const;
    expect((await call('POST', robotsPath, { as, body: projectRobot('ci') })).status).toBe(201);
    expect((await call('GET', listA, { as })).status).toBe(200);
    expect((await call('GET', listB, { as })).status).toBe(403);
    expect(errorOf(await call('GET', robotsPath, { as }))).toMatchObject({ status: 403, message: name });
    const elsewhere = projectRobot('ci', { permissions: [permission('team-b', 'repository:pull')] });
    expect((await call('POST', robotsPath, { as, body: elsewhere })).status).toBe(403);
  });

  test('get no rights to robots in 2.10', async () => {
    const { call, create } = harbor({ seedQuirks: '{ version: "2.10" }' });
    const body = systemRobot('manager', { permissions: [permission('/', 'robot:create')] });
    expect(errorOf(await call('POST', robotsPath, { body }))).toMatchObject({
      status: 400,
      message: expect.stringContaining('robot:create'),
    });
    const { name, secret } = await create(systemRobot('ci'));
    expect((await call('GET', robotsPath, { as: [name, secret] })).status).toBe(403);
  });

  test('have no profile, see the version, and are anonymous once disabled or expired', async () => {
    const { call, create, harbor: actor, advance } = harbor();
    const { id, name, secret } = await create(systemRobot('ci', { duration: 1 }));
    const as = [name, secret] as const;
    const current = () => call('GET', '/api/v2.0/users/current', { as });
    expect(errorOf(await current())).toMatchObject({ status: 412, code: 'PRECONDITION' });
    const info = await call<object>('GET', '/api/v2.0/systeminfo', { as });
    expect(info.body).toHaveProperty('harbor_version');
    actor.updateAs(String(id), { disabled: true });
    expect((await current()).status).toBe(401);
    actor.updateAs(String(id), { disabled: false });
    expect((await current()).status).toBe(412);
    advance(86_400_000);
    expect((await current()).status).toBe(401);
  });
});
