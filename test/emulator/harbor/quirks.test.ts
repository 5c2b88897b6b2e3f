import { describe, expect, test } from 'vitest';
import {
  errorOf,
  harbor,
  permission,
  projectRobot,
  projects,
  type RobotBody,
  robotsPath,
  systemRobot,
} from './fixtures.ts';

const day = 86_400;

describe('the prefix', () => {
  test.each(['robot_', 'bot@'])('can be %s', async (prefix) => {
    const { create, names, login, call } = harbor({ seed: `{ ${projects}, prefix: "${prefix}" }` });
    const made = await create(projectRobot('ci'));
    expect(made.name).toBe(`${prefix}team-a+ci`);
    expect(await names('Level=project,ProjectID=1')).toEqual([made.name]);
    expect(await login(made.name, made.secret)).toBe(200);
    expect((await call<object>('GET', '/api/v2.0/configurations')).body).toMatchObject({
      robot_name_prefix: { value: prefix },
    });
  });

  test('can change, and the login names of all robots with it', async () => {
    const { create, names, login, harbor: actor } = harbor();
    const made = await create(systemRobot('ci'));
    actor.setPrefix('bot@');
    expect(await names()).toEqual(['bot@ci']);
    expect(await login(made.name, made.secret)).toBe(401);
    expect(await login('bot@ci', made.secret)).toBe(200);
  });
});

describe('permissions', () => {
  test('are in another order at each read', async () => {
    const { create, read } = harbor();
    const { id } = await create(
      systemRobot('ci', {
        permissions: [
          permission('team-a', 'repository:pull', 'repository:push', 'tag:list'),
          permission('team-b', 'repository:pull', 'repository:push'),
          permission('/', 'project:list'),
        ],
      }),
    );
    const reads = [await read(id), await read(id), await read(id)];
    const orders = reads.map(({ permissions }) => permissions.map(({ namespace }) => namespace));
    expect(new Set(orders.map(String)).size).toBe(3);
    for (const order of orders) expect([...order].sort()).toEqual(['/', 'team-a', 'team-b']);
    const rights = reads.map(({ permissions }) =>
      permissions.find(({ namespace }) => namespace === 'team-a')?.access.map(({ action }) => action),
    );
    expect(new Set(rights.map(String)).size).toBeGreaterThan(1);
  });

  test.each([
    ['as_sent', [undefined, 'allow']],
    ['empty', ['', '']],
    ['allow', ['allow', 'allow']],
  ])('have effects: %s', async (effect, expected) => {
    const { create, read } = harbor({ seedQuirks: `{ effect: ${effect} }` });
    const access = [
      { resource: 'repository', action: 'pull' },
      { resource: 'repository', action: 'push', effect: 'allow' },
    ];
    const permissions = [{ kind: 'project', namespace: 'team-a', access }];
    const { id } = await create(projectRobot('ci', { permissions }));
    const shown = (await read(id)).permissions[0]?.access ?? [];
    expect([...shown].sort((a, b) => (a.action < b.action ? -1 : 1)).map((one) => one.effect)).toEqual(
      expected,
    );
  });

  test('of a deleted project are gone, and none may be left', async () => {
    const { create, read, call, harbor: actor } = harbor();
    const both = [permission('team-a', 'tag:list'), permission('team-b', 'tag:list')];
    const { id } = await create(systemRobot('ci', { permissions: both }));
    actor.deleteProject('team-b');
    expect((await read(id)).permissions).toEqual([permission('team-a', 'tag:list')]);
    actor.deleteProject('team-a');
    const robot = await read(id);
    expect(robot.permissions).toEqual([]);
    const put = await call('PUT', `${robotsPath}/${id}`, { body: robot, wrong: true });
    expect(errorOf(put)).toMatchObject({ status: 400 });
  });

  test('of a deleted project take its robots with them', async () => {
    const { create, call, harbor: actor } = harbor();
    const { id } = await create(projectRobot('ci'));
    actor.deleteProject('team-a');
    expect((await call('GET', `${robotsPath}/${id}`)).status).toBe(404);
  });
});

describe('an expiry', () => {
  test('counts from the creation at each change of the duration', async () => {
    const { create, read, call, advance } = harbor();
    const { id, expires_at } = await create(projectRobot('ci', { duration: 90 }));
    const created = expires_at - 90 * day;
    advance(80 * day * 1000);
    const put = async (duration: number) => {
      const { permissions, name, level } = await read(id);
      await call('PUT', `${robotsPath}/${id}`, { body: { permissions, name, level, duration } });
      return (await read(id)).expires_at;
    };
    expect(await put(90)).toBe(expires_at);
    expect(await put(180)).toBe(created + 180 * day);
    expect(await put(-1)).toBe(-1);
  });

  test('leaves the robot listed, and a longer duration revives it with its secret', async () => {
    const { create, read, call, advance, login } = harbor();
    const { id, name, secret } = await create(systemRobot('ci', { duration: 30 }));
    advance(40 * day * 1000);
    expect(await login(name, secret)).toBe(401);
    const listed = await call<readonly RobotBody[]>('GET', robotsPath);
    expect(listed.body).toMatchObject([{ id, duration: 30, disable: false }]);
    await call('PATCH', `${robotsPath}/${id}`, { body: { secret: 'Chosen12' } });
    expect(await login(name, 'Chosen12')).toBe(401);
    await call('PUT', `${robotsPath}/${id}`, { body: { ...(await read(id)), duration: 60 } });
    expect(await login(name, 'Chosen12')).toBe(200);
  });

  test.each([
    [180, 3600],
    [30, 0],
    [360, 0],
  ])('after %i days is %i seconds early in a zone with daylight saving time', async (duration, early) => {
    const { create, now } = harbor({ seedQuirks: '{ daylight_saving: true }' });
    const { expires_at } = await create(projectRobot('ci', { duration }));
    expect(now() / 1000 + duration * day - expires_at).toBe(early);
  });

  test.each([0, undefined])('is the default in 2.10 for a duration of %s', async (duration) => {
    const { call, read } = harbor({ seedQuirks: '{ version: "2.10", default_duration: 45 }' });
    const body = projectRobot('ci', { duration });
    expect((await call('POST', robotsPath, { body, wrong: true })).status).toBe(201);
    expect(await read(1)).toMatchObject({ duration: 45 });
  });
});

describe('cookies', () => {
  test('are set, and a change that sends one back is refused without a CSRF token', async () => {
    const { call, create } = harbor();
    const first = await call('GET', robotsPath);
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(cookie).toMatch(/^sid=\w+$/);
    const body = projectRobot('ci');
    const refused = await call('POST', robotsPath, { body, headers: { cookie } });
    expect(errorOf(refused)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(errorOf(refused).message).toContain('CSRF');

    const read = await call('GET', robotsPath, { headers: { cookie } });
    expect(read.status).toBe(200);
    const token = read.headers.get('x-harbor-csrf-token') ?? '';
    const headers = { cookie, 'x-harbor-csrf-token': token };
    expect((await call('POST', robotsPath, { body, headers })).status).toBe(201);
    await expect(create(projectRobot('other'))).resolves.toMatchObject({ id: 2 });
  });

  test('differ from the ID of a request, which is sent back', async () => {
    const { call } = harbor();
    const { headers } = await call('GET', robotsPath, { headers: { 'x-request-id': 'nonce-1' } });
    expect(headers.get('x-request-id')).toBe('nonce-1');
  });
});

describe('robots of earlier releases', () => {
  const seed = `{ projects: [{ name: team-a, robots: [
    { name: old, editable: false, secret: Secret12 },
    { name: unknown, creator: null },
    { name: known, creator: { type: robot, id: 9 } },
  ] }] }`;

  test('have no prefix, and no update changes them', async () => {
    const { call, read, login } = harbor({ seed });
    const robot = await read(1);
    expect(robot).toMatchObject({ name: 'team-a+old', editable: false, creator_type: '', creator_ref: 0 });
    const put = await call('PUT', `${robotsPath}/1`, { body: robot });
    expect(errorOf(put)).toMatchObject({ status: 403, code: 'DENIED' });
    expect(await login('team-a+old', 'Secret12')).toBe(200);
  });

  test('have no creator', async () => {
    const { read } = harbor({ seed });
    expect(await read(2)).toMatchObject({ editable: true, creator_type: '', creator_ref: 0 });
    expect(await read(3)).toMatchObject({ editable: true, creator_type: 'robot', creator_ref: 9 });
  });

  test('show no creator before 2.12', async () => {
    const { read } = harbor({ seed, seedQuirks: '{ version: "2.10" }' });
    expect(await read(3)).not.toHaveProperty('creator_type');
    expect(await read(3)).not.toHaveProperty('creator_ref');
  });
});

describe('faults', () => {
  const lost = (method: string, fault: string, more = '') =>
    `{ lost: [{ method: ${method}, nth: 1, fault: ${fault} }]${more} }`;

  test('before the effect are a 500 of Harbor', async () => {
    const { call, harbor: actor } = harbor({ seedQuirks: lost('POST', 'error_before') });
    const response = await call('POST', robotsPath, { body: systemRobot('ci') });
    expect(errorOf(response)).toEqual({ status: 500, code: 'UNKNOWN', message: 'internal server error' });
    expect(actor.robots()).toEqual([]);
  });

  test('before the effect are a 502 of a proxy if set', async () => {
    const { call, harbor: actor } = harbor({ seedQuirks: lost('POST', 'error_before', ', errors: proxy') });
    const response = await call('POST', robotsPath, { body: systemRobot('ci') });
    expect(response).toMatchObject({ status: 502, text: expect.stringContaining('<html>') });
    expect(actor.robots()).toEqual([]);
  });

  test('after the effect are a 504 of a proxy', async () => {
    const { call, harbor: actor } = harbor({ seedQuirks: lost('POST', 'error_after') });
    const response = await call('POST', robotsPath, { body: systemRobot('ci') });
    expect(response).toMatchObject({ status: 504, text: expect.stringContaining('<html>') });
    expect(actor.robots()).toHaveLength(1);
  });

  test('can take the secret out of a create, or end the connection', async () => {
    const { call, harbor: actor } = harbor({
      seedQuirks:
        '{ lost: [{ method: POST, nth: 1, fault: no_secret }, { method: POST, nth: 2, fault: drop_after }] }',
    });
    const made = await call<object>('POST', robotsPath, { body: systemRobot('one') });
    expect(made).toMatchObject({ status: 201, body: { secret: '' } });
    await expect(call('POST', robotsPath, { body: systemRobot('two') })).rejects.toThrow('fetch failed');
    expect(actor.robots()).toHaveLength(2);
  });

  test('of PUTs and late requests take effect later', async () => {
    const { create, read, call, advance, emulator } = harbor({ seedQuirks: lost('PUT', 'late') });
    const { id } = await create(systemRobot('ci'));
    const body = { ...(await read(id)), description: 'late' };
    await expect(call('PUT', `${robotsPath}/${id}`, { body })).rejects.toThrow('fetch failed');
    expect(await read(id)).not.toHaveProperty('description');
    advance(5_000);
    await emulator.settled();
    expect(await read(id)).toMatchObject({ description: 'late' });
  });

  test('can be rate limits of a proxy', async () => {
    const { call } = harbor({
      seedQuirks: '{ rate_limited: [{ method: GET, nth: 1, wait: 2 }] }',
    });
    const limited = await call('GET', robotsPath);
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toBe('2');
    expect((await call('GET', robotsPath)).status).toBe(200);
  });

  test('can be lags of lists', async () => {
    const { create, names, advance } = harbor({ seedQuirks: '{ list_lag: 5 }' });
    await create(systemRobot('ci'));
    expect(await names()).toEqual([]);
    advance(5_000);
    expect(await names()).toEqual(['robot$ci']);
  });
});

test('a robot that reads do not show yet can be changed and deleted by its ID', async () => {
  const { create, call, harbor: actor } = harbor({ seedQuirks: '{ list_lag: 5, read_lag: 5 }' });
  const { id, name } = await create(projectRobot('ci'));
  const path = `${robotsPath}/${id}`;
  expect((await call('GET', path)).status).toBe(404);
  const body = projectRobot(name, { disable: true });
  expect((await call('PUT', path, { body })).status).toBe(200);
  expect((await call('PATCH', path, { body: { secret: 'Chosen-secret-1' } })).status).toBe(200);
  expect(actor.robots('team-a')).toMatchObject([{ disabled: true, secret: 'Chosen-secret-1' }]);
  expect((await call('DELETE', path)).status).toBe(200);
  expect((await call('DELETE', path)).status).toBe(404);
});

describe('another user', () => {
  test('creates and deletes robots just before a request', async () => {
    const {
      call,
      create,
      read,
      harbor: actor,
    } = harbor({
      seed: `{ ${projects}, robots: [{ name: mirror }] }`,
      seedQuirks: `{ second_actor: [
        { before: { method: POST, nth: 1 }, create: { project: team-a, name: ci, access: ['repository:push'] } },
        { before: { method: POST, nth: 2 }, delete: { name: mirror } },
        { before: { method: POST, nth: 2 }, delete: { project: team-x, name: mirror } },
      ] }`,
    });
    expect((await call('POST', robotsPath, { body: projectRobot('ci') })).status).toBe(409);
    const [robot] = actor.robots('team-a');
    expect(await read(Number(robot?.id))).toMatchObject({ creator_ref: 3, duration: -1 });
    await create(projectRobot('other'));
    expect(actor.robots()).toEqual([]);
  });
});
