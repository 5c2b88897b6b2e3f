import { describe, expect, test } from 'vitest';
import {
  type CreatedBody,
  errorOf,
  harbor,
  permission,
  projectRobot,
  type RobotBody,
  robotsPath,
  systemRobot,
} from './fixtures.ts';

describe('a create', () => {
  test('returns the full name and the secret, and a read returns the rest', async () => {
    const { call, read, harbor: actor } = harbor();
    const body = projectRobot('ci', { description: 'builds', duration: 30 });
    const made = await call<CreatedBody>('POST', robotsPath, { body });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`${robotsPath}/1`);
    expect(made.body).toEqual({
      id: 1,
      name: 'robot$team-a+ci',
      secret: actor.robots('team-a')[0]?.secret,
      creation_time: '2030-01-01T00:00:00.000Z',
      expires_at: Date.parse('2030-01-31T00:00:00Z') / 1000,
    });
    expect(await read(1)).toEqual({
      id: 1,
      name: 'robot$team-a+ci',
      description: 'builds',
      level: 'project',
      duration: 30,
      disable: false,
      editable: true,
      expires_at: made.body.expires_at,
      creation_time: '2030-01-01T00:00:00.000Z',
      update_time: '2030-01-01T00:00:00.000Z',
      permissions: [permission('team-a', 'repository:pull')],
      creator_type: 'local',
      creator_ref: 2,
    });
  });

  test('generates a secret of 32 letters and digits with one of each class', async () => {
    const { create } = harbor();
    for (let index = 0; index < 20; index++) {
      expect((await create(projectRobot(`ci-${index}`))).secret).toMatch(
        /^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[a-zA-Z0-9]{32}$/,
      );
    }
  });

  test('ignores a secret and disable', async () => {
    const { call, read, login } = harbor();
    const body = projectRobot('ci', { secret: 'Chosen12', disable: true });
    const { status, body: made } = await call<CreatedBody>('POST', robotsPath, { body, wrong: true });
    expect(status).toBe(201);
    expect(made.secret).not.toBe('Chosen12');
    expect(await read(made.id)).toMatchObject({ disable: false });
    expect(await login(made.name, made.secret)).toBe(200);
  });

  test('conflicts with a robot of the same name in the same scope only', async () => {
    const { call, create, names } = harbor();
    await create(projectRobot('ci'));
    await create(systemRobot('ci'));
    await create(projectRobot('ci', { permissions: [permission('team-b', 'repository:pull')] }));
    const again = await call('POST', robotsPath, { body: projectRobot('ci') });
    expect(errorOf(again)).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(errorOf(again).message).toMatch(/team-a\+ci.* 1 /);
    expect(await names()).toEqual(['robot$ci']);
  });

  test.each([
    ['a capital in its name', { name: 'CI' }],
    ['a plus sign in its name', { name: 'team-a+ci' }],
    ['two separators in its name', { name: 'a--b' }],
    ['an empty name', { name: '' }],
    ['another level', { level: 'robot' }],
    ['no permissions', { permissions: [] }],
    ['a permission without rights', { permissions: [permission('team-a')] }],
    ['two projects', { permissions: [permission('team-a', 'tag:list'), permission('team-b', 'tag:list')] }],
    ['all projects', { permissions: [permission('*', 'tag:list')] }],
    ['rights to the system', { permissions: [permission('/', 'project:list')] }],
    ['a right that does not exist', { permissions: [permission('team-a', 'helm-chart:read')] }],
    ['a wildcard', { permissions: [permission('team-a', '*:*')] }],
    ['a right to update robots', { permissions: [permission('team-a', 'robot:update')] }],
    ['a duration of 0', { duration: 0 }],
    ['no duration', { duration: undefined }],
    ['a duration below -1', { duration: -2 }],
    ['a duration that is too long', { duration: 2 ** 31 - 1 }],
    ['a null permission', { permissions: [null] }],
  ])('is a 400 with %s', async (_, more) => {
    const { call, harbor: actor } = harbor();
    const response = await call('POST', robotsPath, { body: projectRobot('ci', more), wrong: true });
    expect(errorOf(response)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(actor.robots('team-a')).toEqual([]);
  });

  test('names the right that it rejects', async () => {
    const { call } = harbor();
    const body = projectRobot('ci', { permissions: [permission('team-a', 'labels:read')] });
    expect(errorOf(await call('POST', robotsPath, { body })).message).toContain('labels:read');
  });

  test('is a 404 for a project that does not exist, and a 403 for others than administrators', async () => {
    const { call } = harbor();
    const body = projectRobot('ci', { permissions: [permission('team-x', 'tag:list')] });
    expect(errorOf(await call('POST', robotsPath, { body }))).toMatchObject({ status: 404 });
    const as = ['unprivileged', 'unprivileged'] as const;
    expect(errorOf(await call('POST', robotsPath, { body, as }))).toMatchObject({ status: 403 });
  });

  test('stores equal rights and namespaces once', async () => {
    const { create, read } = harbor();
    const pull = permission('team-a', 'repository:pull', 'repository:pull');
    const { id } = await create(
      systemRobot('ci', { permissions: [pull, permission('team-a', 'tag:list'), pull] }),
    );
    expect((await read(id)).permissions).toHaveLength(1);
    expect((await read(id)).permissions[0]?.access).toHaveLength(2);
  });
});

describe('an update', () => {
  const whole = (more: object = {}) => ({
    name: 'robot$team-a+ci',
    level: 'project',
    permissions: [permission('team-a', 'repository:push')],
    ...more,
  });

  async function withRobot(seedQuirks = '{}') {
    const { create, call, ...rest } = harbor({ seedQuirks });
    const { id } = await create(projectRobot('ci', { description: 'builds', duration: 90 }));
    const put = (body: object) => call('PUT', `${robotsPath}/${id}`, { body, wrong: true });
    return { ...rest, id, put, create, call };
  }

  test('has an empty response, and replaces description, disable and permissions', async () => {
    const { put, read, id, advance } = await withRobot();
    advance(5_000);
    const response = await put(whole({ description: 'deploys', disable: true, duration: 90 }));
    expect(response).toMatchObject({ status: 200, text: '' });
    expect(await read(id)).toMatchObject({
      description: 'deploys',
      disable: true,
      update_time: '2030-01-01T00:00:05.000Z',
      permissions: [permission('team-a', 'repository:push')],
    });
  });

  test('without a description empties it, and without disable enables the robot', async () => {
    const { put, read, id } = await withRobot();
    await put(whole({ disable: true, description: 'deploys' }));
    await put(whole());
    const robot = await read(id);
    expect(robot).not.toHaveProperty('description');
    expect(robot).toMatchObject({ disable: false, duration: 90 });
  });

  test('accepts the robot as it was read', async () => {
    const { put, read, id } = await withRobot();
    const before = await read(id);
    expect((await put(before)).status).toBe(200);
    expect(await read(id)).toEqual(before);
  });

  test.each([
    ['the short name', { name: 'ci' }],
    ['the name without its prefix', { name: 'team-a+ci' }],
    ['another level', { level: 'system' }],
    ['another project', { permissions: [permission('team-b', 'repository:push')] }],
    ['no permissions', { permissions: [] }],
    ['a duration of 0', { duration: 0 }],
  ])('is a 400 with %s', async (_, more) => {
    const { put, read, id } = await withRobot();
    const before = await read(id);
    expect(errorOf(await put(whole(more)))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    expect(await read(id)).toEqual(before);
  });

  test.each([undefined, null])('keeps the duration from 2.11 on if that is %s', async (duration) => {
    const { put, read, id } = await withRobot();
    await put(whole({ duration }));
    expect(await read(id)).toMatchObject({ duration: 90 });
  });

  test.each([undefined, null, 0])('sets the default in 2.10 if the duration is %s', async (duration) => {
    const { put, read, id } = await withRobot('{ version: "2.10" }');
    await put(whole({ duration }));
    expect(await read(id)).toMatchObject({ duration: 30 });
  });
});

describe('a PATCH', () => {
  async function withRobot() {
    const { create, call, ...rest } = harbor();
    const { id, name, secret } = await create(projectRobot('ci'));
    const patch = (body: object) =>
      call<{ readonly secret?: string }>('PATCH', `${robotsPath}/${id}`, { body, wrong: true });
    return { ...rest, id, name, secret, patch, call };
  }

  test.each([{}, { secret: '' }, { disable: true }])(
    'of %o makes a new secret, and ends the old one',
    async (body) => {
      const { patch, login, name, secret, read, id } = await withRobot();
      const response = await patch(body);
      expect(response.body.secret).toMatch(/^[a-zA-Z0-9]{32}$/);
      expect(await login(name, secret)).toBe(401);
      expect(await login(name, response.body.secret ?? '')).toBe(200);
      expect(await read(id)).toMatchObject({ disable: false });
    },
  );

  test('sets a chosen secret without showing it, and can be repeated', async () => {
    const { patch, login, name, secret } = await withRobot();
    for (let time = 0; time < 2; time++) {
      const response = await patch({ secret: 'Chosen12' });
      expect(response).toMatchObject({ status: 200, text: '{}' });
      expect(await login(name, 'Chosen12')).toBe(200);
      expect(await login(name, secret)).toBe(401);
    }
  });

  test.each([
    ['7 characters', 'Chosen1'],
    ['129 characters', `C${'h'.repeat(127)}1`],
    ['no capital', 'chosen12'],
    ['no small letter', 'CHOSEN12'],
    ['no digit', 'Chosenab'],
  ])('is a 400 for a secret with %s', async (_, chosen) => {
    const { patch, login, name, secret } = await withRobot();
    expect((await patch({ secret: chosen })).status).toBe(400);
    expect(await login(name, secret)).toBe(200);
  });

  test('accepts 128 characters', async () => {
    expect((await (await withRobot()).patch({ secret: `C${'h'.repeat(126)}1` })).status).toBe(200);
  });
});

describe('a delete', () => {
  test('is a 200, and a 404 afterwards', async () => {
    const { create, call, login } = harbor();
    const { id, name, secret } = await create(systemRobot('ci'));
    const path = `${robotsPath}/${id}`;
    expect(await call('DELETE', path)).toMatchObject({ status: 200, text: '' });
    for (const method of ['GET', 'DELETE']) {
      expect(errorOf(await call(method, path))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
    expect(await login(name, secret)).toBe(401);
  });

  test('never gives an ID away again', async () => {
    const { create, call } = harbor();
    const first = await create(systemRobot('ci'));
    await call('DELETE', `${robotsPath}/${first.id}`);
    expect((await create(systemRobot('ci'))).id).toBe(first.id + 1);
  });
});

describe('a list', () => {
  test('without a query has system robots only', async () => {
    const { create, names } = harbor();
    await create(projectRobot('ci'));
    await create(systemRobot('mirror'));
    expect(await names()).toEqual(['robot$mirror']);
    expect(await names('Level=system')).toEqual(['robot$mirror']);
    expect(await names('Level=project,ProjectID=1')).toEqual(['robot$team-a+ci']);
    expect(await names('Level=project,ProjectID=2')).toEqual([]);
  });

  test('of Level=system has the robots of all projects up to 2.12', async () => {
    const { create, names } = harbor({ seedQuirks: '{ version: "2.12" }' });
    await create(projectRobot('ci'));
    await create(systemRobot('mirror'));
    expect(await names()).toEqual(['robot$mirror']);
    expect(await names('Level=system')).toEqual(['robot$mirror', 'robot$team-a+ci']);
  });

  test.each([
    ['a level that does not exist', 'Level=none', 400],
    ['no project', 'Level=project', 400],
    ['the name of a project', 'Level=project,ProjectID=team-a', 400],
    ['a project ID of 0', 'Level=project,ProjectID=0', 400],
    ['a malformed query', 'Level', 400],
  ])('is refused for %s', async (_, q, status) => {
    const { call } = harbor();
    const response = await call('GET', `${robotsPath}?q=${encodeURIComponent(q)}`);
    expect(errorOf(response)).toMatchObject({ status });
  });

  test('fails on a malformed query before 2.16', async () => {
    const { call } = harbor({ seedQuirks: '{ version: "2.14.1" }' });
    expect(errorOf(await call('GET', `${robotsPath}?q=Level`))).toEqual({
      status: 500,
      code: 'UNKNOWN',
      message: 'internal server error',
    });
  });

  test('ignores a query in small letters', async () => {
    const { create, names } = harbor();
    await create(projectRobot('ci'));
    await create(systemRobot('mirror'));
    expect(await names('level=project,project_id=1')).toEqual(['robot$mirror']);
  });

  test('accepts a query that is encoded twice', async () => {
    const { create, names } = harbor();
    await create(projectRobot('ci'));
    expect(await names(encodeURIComponent('Level=project,ProjectID=1'))).toEqual(['robot$team-a+ci']);
  });

  test('filters by the stored name, exactly or by a part', async () => {
    const { create, names } = harbor();
    await create(projectRobot('ci'));
    await create(projectRobot('ci-push'));
    const scope = 'Level=project,ProjectID=1';
    expect(await names(`${scope},name=team-a+ci`)).toEqual(['robot$team-a+ci']);
    expect(await names(`${scope},name=~push`)).toEqual(['robot$team-a+ci-push']);
    expect(await names(`${scope},name=ci`)).toEqual([]);
  });

  const many = `{ robots: [${Array.from({ length: 250 }, (_, index) => `{ name: ci-${index} }`)}] }`;

  test('has pages of 10, and of 100 at most, with the total and links', async () => {
    const { call } = harbor({ seed: many });
    const first = await call<readonly RobotBody[]>('GET', robotsPath);
    expect(first.body).toHaveLength(10);
    expect(first.headers.get('x-total-count')).toBe('250');
    const ids = new Set<number>();
    for (const page of [1, 2, 3]) {
      const path = `${robotsPath}?sort=id&page=${page}&page_size=100`;
      const { body, headers } = await call<readonly RobotBody[]>('GET', path);
      for (const { id } of body) ids.add(id);
      expect(body).toHaveLength(page === 3 ? 50 : 100);
      expect(headers.get('link')?.includes('rel="next"')).toBe(page < 3);
      expect(headers.get('link')?.includes('rel="prev"')).toBe(page > 1);
    }
    expect(ids.size).toBe(250);
    const link = first.headers.get('link');
    expect(link).toBe('</api/v2.0/robots?page=2&page_size=10>; rel="next"');
    expect(errorOf(await call('GET', `${robotsPath}?page_size=101`, { wrong: true }))).toMatchObject({
      status: 422,
      code: 'UNPROCESSABLE_ENTITY',
    });
    expect((await call<unknown>('GET', `${robotsPath}?page=9&page_size=100`)).body).toEqual([]);
  });

  test('is sorted by the stored name unless a field is given', async () => {
    const { create, call } = harbor();
    for (const name of ['c', 'a', 'b']) await create(systemRobot(name));
    const listed = async (query: string) =>
      (await call<readonly RobotBody[]>('GET', robotsPath + query)).body.map(({ name }) => name.slice(-1));
    expect(await listed('')).toEqual(['a', 'b', 'c']);
    expect(await listed('?sort=id')).toEqual(['c', 'a', 'b']);
    expect(await listed('?sort=-id')).toEqual(['b', 'a', 'c']);
  });

  test('has a total that moves for some pages', async () => {
    const { call } = harbor({ seed: many, seedQuirks: '{ moving_totals: 1 }' });
    const totals: (string | null)[] = [];
    for (let page = 1; page <= 3; page++) {
      const { headers } = await call<unknown>('GET', `${robotsPath}?page=${page}&page_size=100`);
      totals.push(headers.get('x-total-count'));
    }
    expect(totals).toEqual(['251', '250', '250']);
  });
});

describe('an ID', () => {
  test.each([
    ['a name', 'ci', '2.16', 422],
    ['more than 32 bits before 2.16', '3000000000', '2.14.1', 422],
    ['more than 32 bits', '3000000000', '2.16', 404],
  ])('that is %s', async (_, id, version, status) => {
    const { call } = harbor({ seedQuirks: `{ version: "${version}" }` });
    expect((await call('GET', `${robotsPath}/${id}`, { wrong: true })).status).toBe(status);
  });
});
