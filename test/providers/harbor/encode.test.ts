import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatInstant } from '../../../src/core/util/instant.ts';
import { encodeNewRobot, encodeWholeRobot } from '../../../src/providers/harbor/encode.ts';
import { robot, systemRobot } from './fixtures.ts';

const teamA = { project: 'team-a' };
const daySeconds = 86_400;
const created = Date.parse('2026-01-01T00:00:00Z') / 1000;

describe('a create', () => {
  test("of a project's robot has its short name, and one permission in its project", () => {
    const fields = {
      name: 'ci',
      description: 'for the pipeline',
      access: ['repository:pull', 'repository:push'],
      expires_at: '2026-01-31T00:00:00Z',
    };
    expect(encodeNewRobot(fields, teamA, created)).toEqual({
      name: 'ci',
      description: 'for the pipeline',
      level: 'project',
      duration: 30,
      permissions: [
        {
          kind: 'project',
          namespace: 'team-a',
          access: [
            { resource: 'repository', action: 'pull' },
            { resource: 'repository', action: 'push' },
          ],
        },
      ],
    });
  });

  test('of a robot of the system has its permissions', () => {
    const permissions = [
      { kind: 'project', namespace: '*', access: ['repository:pull'] },
      { kind: 'system', namespace: '/', access: ['registry:list'] },
    ];
    expect(encodeNewRobot({ name: 'mirror', permissions }, 'system', created)).toEqual({
      name: 'mirror',
      level: 'system',
      duration: -1,
      permissions: [
        { kind: 'project', namespace: '*', access: [{ resource: 'repository', action: 'pull' }] },
        { kind: 'system', namespace: '/', access: [{ resource: 'registry', action: 'list' }] },
      ],
    });
  });

  // The server ignores both: disabling takes a change, and the secret is in the response.
  test('has neither disable nor a secret', () => {
    const body = encodeNewRobot({ name: 'ci', access: ['tag:list'], disable: true }, teamA, created);
    expect(Object.keys(body)).toEqual(['name', 'level', 'duration', 'permissions']);
  });

  // 0 would be the server's default.
  test.each([{}, { expires_at: 'never' }])('of %j never expires', (fields) => {
    expect(encodeNewRobot({ name: 'ci', ...fields }, teamA, created)['duration']).toBe(-1);
  });
});

describe('a duration', () => {
  test.each([
    ['2026-01-02T00:00:00Z', 1],
    ['2026-01-02T23:59:59Z', 1],
    ['2026-01-31T00:00:00Z', 30],
    ['2026-01-31T23:59:59Z', 30],
    ['2027-01-01T00:00:00Z', 365],
  ])('until %s is %d days', (expires_at, duration) => {
    expect(encodeNewRobot({ name: 'ci', expires_at }, teamA, created)).toMatchObject({ duration });
    expect(encodeWholeRobot(robot, { expires_at }, teamA, created)).toMatchObject({ duration });
  });

  test('never ends later than wanted, and less than a day earlier', () => {
    const seconds = fc.integer({ min: daySeconds, max: 10_000 * daySeconds });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 2 ** 31 }), (life, start) => {
        const { duration } = encodeNewRobot(
          { name: 'ci', expires_at: formatInstant(start + life) },
          teamA,
          start,
        );
        const kept = Number(duration) * daySeconds;
        expect(kept).toBeLessThanOrEqual(life);
        expect(kept).toBeGreaterThan(life - daySeconds);
      }),
    );
  });

  // 0 is a default on old servers, and -1 no end at all.
  test.each(['2026-01-01T23:59:59Z', '2026-01-01T00:00:00Z', '2025-12-31T12:00:00Z', '2020-01-01T00:00:00Z'])(
    'of less than a day is rejected: until %s',
    (expires_at) => {
      expect(() => encodeNewRobot({ name: 'ci', expires_at }, teamA, created)).toThrow('less than a day');
      expect(() => encodeWholeRobot(robot, { expires_at }, teamA, created)).toThrow('less than a day');
    },
  );

  test('counts from the creation, also years later', () => {
    const body = encodeWholeRobot(robot, { expires_at: '2028-01-01T00:00:00Z' }, teamA, created);
    expect(body).toMatchObject({ duration: 730 });
  });
});

describe('a change sends the whole robot', () => {
  test.each([
    [{}, {}],
    [{ disable: true }, { disable: true }],
    [{ description: '' }, { description: '' }],
    [{ expires_at: 'never' }, { duration: -1 }],
  ])('with %j changed', (fields, changed) => {
    expect(encodeWholeRobot(robot, fields, teamA, created)).toEqual({ ...robot, ...changed });
  });

  test('with its full name, and the duration that it has', () => {
    expect(encodeWholeRobot(robot, { disable: true }, teamA, created)).toMatchObject({
      name: 'robot$team-a+ci',
      level: 'project',
      duration: 30,
    });
  });

  // An omitted description empties it, and an omitted disable enables the robot.
  test('with the fields that its response leaves out', () => {
    const { description: _, disable: __, ...bare } = robot;
    const body = encodeWholeRobot(bare, { expires_at: 'never' }, teamA, created);
    expect(body).toMatchObject({ description: '', disable: false });
  });

  test('that stays disabled', () => {
    const body = encodeWholeRobot({ ...robot, disable: true }, { description: 'x' }, teamA, created);
    expect(body).toMatchObject({ disable: true });
  });

  test('with all permissions of a robot of the system, if they are not changed', () => {
    const body = encodeWholeRobot(systemRobot, { description: 'x' }, 'system', created);
    expect(body['permissions']).toEqual(systemRobot.permissions);
  });

  test('with fields that are not known', () => {
    const body = encodeWholeRobot({ ...robot, future: { a: 1 } }, { disable: true }, teamA, created);
    expect(body['future']).toEqual({ a: 1 });
  });
});

describe('changed permissions', () => {
  const live = (effect: string | null | undefined) => ({
    ...robot,
    permissions: [
      {
        kind: 'project',
        namespace: 'team-a',
        access: [{ resource: 'repository', action: 'pull', ...(effect !== undefined && { effect }) }],
      },
    ],
  });

  test.each([
    ['allow', { effect: 'allow' }],
    ['', { effect: '' }],
    [undefined, {}],
  ])('keep the effect %j of an access that stays, and send none for a new one', (effect, kept) => {
    const { permissions } = encodeWholeRobot(
      live(effect),
      { access: ['repository:pull', 'repository:push'] },
      teamA,
      created,
    );
    expect(permissions).toEqual([
      {
        kind: 'project',
        namespace: 'team-a',
        access: [
          { resource: 'repository', action: 'pull', ...kept },
          { resource: 'repository', action: 'push' },
        ],
      },
    ]);
  });

  test('allow an access that was denied', () => {
    const { permissions } = encodeWholeRobot(live('deny'), { access: ['repository:pull'] }, teamA, created);
    expect(permissions).toEqual([
      { kind: 'project', namespace: 'team-a', access: [{ resource: 'repository', action: 'pull' }] },
    ]);
  });

  test('deny an access that is carried over', () => {
    const { permissions } = encodeWholeRobot(
      live('deny'),
      { access: ['repository:pull:deny', 'tag:list'] },
      teamA,
      created,
    );
    expect(permissions).toMatchObject([
      {
        access: [
          { resource: 'repository', action: 'pull', effect: 'deny' },
          { resource: 'tag', action: 'list' },
        ],
      },
    ]);
  });

  test('keep the effects of each namespace', () => {
    const access = (effect: string) => [{ resource: 'repository', action: 'pull', effect }];
    const permissions = [
      { kind: 'project', namespace: 'team-a', access: access('allow') },
      { kind: 'project', namespace: 'team-b', access: access('') },
    ];
    const wanted = ['team-a', 'team-b', 'team-c'].map((namespace) => ({
      kind: 'project',
      namespace,
      access: ['repository:pull'],
    }));
    const body = encodeWholeRobot(
      { ...systemRobot, permissions },
      { permissions: wanted },
      'system',
      created,
    );
    expect(body['permissions']).toEqual([
      ...permissions,
      { kind: 'project', namespace: 'team-c', access: [{ resource: 'repository', action: 'pull' }] },
    ]);
  });

  test('can be given to a robot that has none, as its project was deleted', () => {
    const body = encodeWholeRobot({ ...robot, permissions: null }, { access: ['tag:list'] }, teamA, created);
    expect(body['permissions']).toEqual([
      { kind: 'project', namespace: 'team-a', access: [{ resource: 'tag', action: 'list' }] },
    ]);
  });
});
