import { describe, expect, test } from 'vitest';
import { ci, createFixture, day, expectDelivered, toFile } from './harbor-fixtures.ts';

test('a robot of the system is created disabled, with permissions of several kinds', async () => {
  const { apply, robot, sink, changes, expectNothingToDo } = await createFixture([
    {
      level: 'system',
      name: 'backup',
      disable: true,
      permissions: [
        { kind: 'system', namespace: '/', access: ['project:list'] },
        { kind: 'project', namespace: '*', access: ['repository:pull', 'artifact:list'] },
      ],
      secret: toFile('backup.json'),
    },
  ]);
  await apply();
  const { id, secret, disabled } = robot('backup');
  expect(disabled).toBe(true);
  expect(changes()).toEqual(['POST /robots', `PUT /robots/${id}`]);
  expect(await sink('backup.json')).toMatchObject({ username: 'robot$backup', password: secret });
  await expectNothingToDo();
});

test('login names with a dollar sign reach every format of a sink as they are', async () => {
  const { apply, text, robot, emulator } = await createFixture([
    {
      ...ci,
      secret: [
        { file: { path: 'ci.env', format: 'env' } },
        { file: { path: 'ci.docker.json', format: 'dockerconfigjson' } },
        { file: { path: 'ci.k8s.json', format: 'kubernetes', name: 'pull-secret' } },
      ],
    },
  ]);
  await apply();
  const { secret } = robot('team-a+ci', 'team-a');
  const { host } = new URL(emulator.url);
  const auth = Buffer.from(`robot$team-a+ci:${secret}`).toString('base64');
  expect(await text('ci.env')).toContain("USERNAME='robot$team-a+ci'");
  const config = { auths: { [host]: { username: 'robot$team-a+ci', password: secret, auth } } };
  expect(JSON.parse(await text('ci.docker.json'))).toEqual(config);
  const kubernetes = await text('ci.k8s.json');
  const [, data = ''] = /"?\.dockerconfigjson"?: "?([A-Za-z0-9+/=]+)/.exec(kubernetes) ?? [];
  expect(JSON.parse(Buffer.from(data, 'base64').toString())).toEqual(config);
});

describe('rotation in place', () => {
  const rotating = { ...ci, rotate: { how: 'in_place', every: '30d', lifetime: '45d' } };

  test('gives the robot a new secret and a later end when it is due, and keeps its login name', async () => {
    const fixture = await createFixture([rotating]);
    const { apply, passTime, robot, changes, expectNothingToDo } = fixture;
    await apply();
    const { id, secret, expiresAt } = robot('team-a+ci', 'team-a');
    await expectDelivered(fixture);
    passTime(29 * day);
    await expectNothingToDo();
    changes();
    passTime(2 * day);
    await apply();
    expect(changes()).toEqual([`PUT /robots/${id}`, `PATCH /robots/${id}`]);
    const renewed = robot('team-a+ci', 'team-a');
    expect(renewed).toMatchObject({ id, name: 'team-a+ci' });
    expect(renewed.secret).not.toBe(secret);
    expect(renewed.expiresAt - expiresAt).toBeGreaterThanOrEqual(30 * day);
    await expectDelivered(fixture);
    await expectNothingToDo();
    passTime(29 * day);
    await expectNothingToDo();
    passTime(2 * day);
    await apply();
    await expectDelivered(fixture);
    await expectNothingToDo();
  });
});

test.each([
  { level: 'a project', robot: { project: 'team-a', name: 'ci' }, field: 'access' },
  { level: 'the system', robot: { level: 'system', name: 'ci' }, field: 'permissions' },
])('a new robot of $level without $field is an error in the plan', async ({ robot, field }) => {
  const { run, plan, changes } = await createFixture([{ ...robot, secret: 'discard' }]);
  expect(await plan()).toMatchObject([
    { error: { code: 'MANIFEST_INVALID', message: `${field} is required to create a token` } },
  ]);
  expect(await run('apply', '-y')).toMatchObject({ code: 1 });
  expect(changes()).toEqual([]);
});

test('rights that Harbor can not grant are errors of a change, too, and another effect than allow is a warning', async () => {
  const robots = ['one', 'two'].map((name) => ({
    name,
    permissions: [
      {
        kind: 'project',
        namespace: 'team-a',
        access: [
          { resource: 'repository', action: 'pull' },
          { resource: 'repository', action: 'push', effect: 'deny' },
        ],
      },
    ],
  }));
  const { plan } = await createFixture(
    [
      { project: 'team-a', name: 'one', access: ['repository:pul'], secret: 'discard' },
      { project: 'team-a', name: 'two', description: 'new', secret: 'discard' },
    ],
    {},
    { projects: [{ name: 'team-a', robots }] },
  );
  expect(await plan()).toMatchObject([
    {
      action: 'error',
      error: { code: 'MANIFEST_INVALID', message: expect.stringContaining('repository:pul ') },
    },
    { action: 'patch', warnings: [expect.stringContaining('repository:push with the effect deny')] },
  ]);
});
