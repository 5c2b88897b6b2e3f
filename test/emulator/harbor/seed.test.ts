import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultHarborQuirks } from '../../../src/emulator/quirks.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { harbor, permission, type RobotBody, robotsPath } from './fixtures.ts';

const example = readFileSync(new URL('../../../examples/emulator/seed.yaml', import.meta.url), 'utf8');

describe('the example', () => {
  test('describes all quirks there are', () => {
    const uncommented = example.replace(/^[\s\S]*?(?=# quirks:)/, '').replace(/^# ?/gm, '');
    const seed = parseSeed(`${example}\n${uncommented}`).harbor;
    expect(Object.keys(seed?.quirks ?? {}).sort()).toEqual(Object.keys(defaultHarborQuirks).sort());
    expect(seed?.quirks).toMatchObject({ version: '2.14.0', prefix: 'bot@', listLag: 5_000 });
    expect(seed?.lost).toHaveLength(1);
    expect(seed?.secondActor).toMatchObject([
      { project: 'team-a', act: { create: { name: 'ci' } } },
      { act: { delete: 'mirror' } },
    ]);
  });

  test('has a project with robots, one of them expired, and a system robot', () => {
    const seed = parseSeed(example).harbor;
    expect(seed?.quirks).toEqual({});
    expect(seed?.projects?.map(({ name, robots }) => [name, robots?.map((robot) => robot.name)])).toEqual([
      ['team-a', ['deploy', 'build', 'trial']],
      ['library', []],
    ]);
    expect(seed?.robots?.map(({ name }) => name)).toEqual(['mirror']);
  });
});

describe('a seed', () => {
  test('sets the fields of robots', async () => {
    const { read } = harbor({
      seed: `{ projects: [{ name: team-a, id: 5, robots: [
        { name: ci, id: 9, description: builds, duration: 90, disable: true, created_ago: 10d,
          access: ['repository:push', { resource: tag, action: list, effect: allow }] },
      ] }], robots: [
        { name: mirror, created_at: 2029-12-01T00:00:00Z, permissions: [{ namespace: /, access: ['project:list'] }] },
        { name: puller },
      ] }`,
    });
    expect(await read(9)).toEqual({
      id: 9,
      name: 'robot$team-a+ci',
      description: 'builds',
      level: 'project',
      duration: 90,
      disable: true,
      editable: true,
      expires_at: Date.parse('2030-03-22T00:00:00Z') / 1000,
      creation_time: '2029-12-22T00:00:00.000Z',
      update_time: '2029-12-22T00:00:00.000Z',
      creator_type: 'local',
      creator_ref: 2,
      permissions: [
        {
          kind: 'project',
          namespace: 'team-a',
          // In any order.
          access: expect.arrayContaining([
            { resource: 'repository', action: 'push' },
            { resource: 'tag', action: 'list', effect: 'allow' },
          ]),
        },
      ],
    });
    expect(await read(1)).toMatchObject({
      name: 'robot$mirror',
      creation_time: '2029-12-01T00:00:00.000Z',
      expires_at: -1,
      permissions: [permission('/', 'project:list')],
    });
    expect(await read(2)).toMatchObject({ permissions: [permission('*', 'repository:pull')] });
  });

  test('has robots at once, whatever lags, and new ones get the next ID', async () => {
    const { call } = harbor({
      seed: '{ robots: [{ name: one, id: 7 }] }',
      seedQuirks: '{ list_lag: 5, read_lag: 5 }',
    });
    const listed = await call<readonly RobotBody[]>('GET', robotsPath);
    expect(listed.body).toMatchObject([{ id: 7 }]);
    const body = {
      name: 'two',
      level: 'system',
      duration: -1,
      permissions: [permission('*', 'tag:list')],
    };
    expect((await call('POST', robotsPath, { body })).body).toMatchObject({ id: 8 });
  });

  test('has a version and a prefix, which quirks override', () => {
    const text = '{ harbor: { version: "2.12", prefix: bot@ }, quirks: { harbor: { version: "2.13" } } }';
    expect(parseSeed(text).harbor?.quirks).toEqual({ version: '2.13', prefix: 'bot@' });
  });

  test.each([
    ['{ version: "2.11" }', 'harbor.version: expected one of 2.10, 2.12'],
    ['{ prefix: "" }', 'harbor.prefix: expected a string'],
    ['{ robot: [] }', 'harbor.robot: unknown key; known keys: version, prefix'],
    ['{ robots: [{}] }', 'harbor.robots[0].name: expected a string'],
    ['{ robots: [{ name: ci, expires: 1 }] }', 'harbor.robots[0].expires: unknown key'],
    ['{ robots: [{ name: ci, duration: 0 }] }', 'harbor.robots[0].duration: expected a whole number'],
    ['{ robots: [{ name: ci, access: [] }] }', 'harbor.robots[0].access: only the robots of a project'],
    [
      '{ projects: [{ name: a, robots: [{ name: ci, access: [pull] }] }] }',
      'harbor.projects[0].robots[0].access[0]: expected resource:action',
    ],
    [
      '{ robots: [{ name: ci, permissions: [{ access: [] }] }] }',
      'harbor.robots[0].permissions[0].namespace: expected a string',
    ],
    ['{ users: [{ name: ada, roles: { team-a: owner } }] }', 'harbor.users[0].roles.team-a: expected one of'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseSeed(`{ harbor: ${text} }`)).toThrow(message);
  });

  test.each([
    ['{ moving_totals: -1 }', 'quirks.harbor.moving_totals: expected a whole number'],
    ['{ effect: deny }', 'quirks.harbor.effect: expected one of as_sent, empty, allow'],
    ['{ cookies: true }', 'quirks.harbor.cookies: unknown key; known keys: list_lag'],
    [
      '{ second_actor: [{ before: { method: PUT, nth: 1 } }] }',
      'quirks.harbor.second_actor[0]: expected either create or delete',
    ],
  ])('with the quirks %s is refused: %s', (quirks, message) => {
    expect(() => parseSeed(`{ quirks: { harbor: ${quirks} } }`)).toThrow(message);
  });
});
