import { describe, expect, test } from 'vitest';
import { decodeCreatedRobot, decodeProject, decodeRobot } from '../../../src/providers/harbor/decode.ts';
import { shortNameIn, withoutPrefix } from '../../../src/providers/harbor/names.ts';
import { robot, systemRobot } from './fixtures.ts';

const teamA = { project: 'team-a' };
const created = Date.parse('2026-01-01T00:00:00Z') / 1000;
const now = Date.parse('2026-01-15T00:00:00Z') / 1000;

const decode = (body: object, at = now) =>
  decodeRobot(body as never, teamA, (full) => shortNameIn(full, 'team-a'), at);
const decodeSystem = (body: object) =>
  decodeRobot(body as never, 'system', (full) => withoutPrefix(full, 'robot$'), now);

/** Returns a body whose accesses are sorted by their actions, as all of them are of one resource. */
function inOrder<Body extends typeof robot | typeof systemRobot>(body: Body): object {
  const permissions = body.permissions.map((one) => ({
    ...one,
    access: [...one.access].sort((a, b) => (a.action < b.action ? -1 : 1)),
  }));
  return { ...body, permissions };
}

/** Returns a body without a member. */
function without(body: object, key: string): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== key));
}

test("a project's robot has its short name, its fields, its origin and its login name", () => {
  expect(decode(robot)).toEqual({
    id: '17',
    name: 'ci',
    fields: {
      name: 'ci',
      description: 'for the pipeline',
      access: ['repository:pull', 'repository:push'],
      disable: false,
      expires_at: '2026-01-31T00:00:00Z',
    },
    origin: { created, createdBy: 'local 5', requestMark: null, modified: false },
    loginName: 'robot$team-a+ci',
    assumed: [],
    object: inOrder(robot),
  });
});

test('the object shows the permissions in the same order, whatever that of the response is', () => {
  const shuffled = {
    ...systemRobot,
    permissions: [...systemRobot.permissions]
      .reverse()
      .map(({ access, ...rest }) => ({ ...rest, access: [...access].reverse() })),
  };
  expect(decodeSystem(shuffled).object).toEqual(inOrder(systemRobot));
  expect(JSON.stringify(decodeSystem(shuffled).object)).toBe(
    JSON.stringify(decodeSystem(systemRobot).object),
  );
});

test('a robot of the system has permissions', () => {
  expect(decodeSystem(systemRobot)).toMatchObject({
    name: 'mirror',
    loginName: 'robot$mirror',
    fields: {
      permissions: [
        { kind: 'project', namespace: 'team-a', access: ['repository:pull'] },
        { kind: 'project', namespace: 'team-b', access: ['repository:pull'] },
        { kind: 'system', namespace: '/', access: ['registry:list', 'registry:read'] },
      ],
      expires_at: 'never',
    },
  });
  expect(decodeSystem(systemRobot).fields).not.toHaveProperty('access');
});

test.each(['robot_', 'bot@', 'ci-'])('the prefix can be %j', (prefix) => {
  const fullName = `${prefix}team-a+ci`;
  expect(decode({ ...robot, name: fullName })).toMatchObject({ name: 'ci', loginName: fullName });
});

test('a robot of the system with another prefix keeps its full name', () => {
  expect(decodeSystem({ ...systemRobot, name: 'bot@mirror' })).toMatchObject({ name: 'bot@mirror' });
});

test('an ID can have more than 32 bits', () => {
  expect(decode({ ...robot, id: 5_000_000_000 }).id).toBe('5000000000');
});

describe('a field that is left out', () => {
  test('is empty if it is the description, which Harbor omits then', () => {
    const bare = decode(without(robot, 'description'));
    expect(bare.fields['description']).toBe('');
    expect(bare.assumed).toEqual([]);
  });

  test('is assumed if it is disable', () => {
    const bare = decode(without(robot, 'disable'));
    expect(bare.fields['disable']).toBe(false);
    expect(bare.assumed).toEqual(['disable']);
  });
});

describe('a permission', () => {
  // Harbor finds projects by their number, and leaves out the permissions of deleted ones.
  test('of a deleted project is missing', () => {
    const [first, ...rest] = systemRobot.permissions;
    expect(first).toBeDefined();
    expect(decodeSystem({ ...systemRobot, permissions: rest }).fields['permissions']).toHaveLength(2);
  });

  test.each([null, []])('can be missing altogether: %j', (permissions) => {
    expect(decode({ ...robot, permissions }).fields['access']).toEqual([]);
    expect(decodeSystem({ ...systemRobot, permissions }).fields['permissions']).toEqual([]);
  });

  test('in two entries for one namespace counts once', () => {
    const permissions = [...robot.permissions, ...robot.permissions];
    expect(decode({ ...robot, permissions }).fields).toEqual(decode(robot).fields);
  });

  test.each([
    ['that is null', [null]],
    ['without a kind', [{ namespace: 'team-a', access: [] }]],
    ['without a namespace', [{ kind: 'project', access: [] }]],
    ['with a text as its accesses', [{ kind: 'project', namespace: 'team-a', access: 'all' }]],
  ])('%s is an error: ignoring it would show a change', (_, permissions) => {
    expect(() => decode({ ...robot, permissions })).toThrow('unexpected response from Harbor');
  });
});

describe('the expiry', () => {
  test.each([
    ['-1', { expires_at: -1, duration: -1 }],
    ['0', { expires_at: 0, duration: -1 }],
    ['missing, with a duration of -1', { expires_at: undefined, duration: -1 }],
  ])('of a robot is never: %s', (_, fields) => {
    const decoded = decode({ ...robot, ...fields });
    expect(decoded.fields['expires_at']).toBe('never');
    expect(decoded).not.toHaveProperty('expired');
  });

  test('is computed from the duration if it is missing', () => {
    expect(decode(without(robot, 'expires_at')).fields['expires_at']).toBe('2026-01-31T00:00:00Z');
  });

  // Harbor counts days in its own time zone: summer time moves the end by an hour.
  test('is the one that is shown, also if it is an hour off', () => {
    expect(decode({ ...robot, expires_at: robot.expires_at - 3600 }).fields['expires_at']).toBe(
      '2026-01-30T23:00:00Z',
    );
  });

  test.each([
    ['a second before', -1, undefined],
    ['at', 0, true],
    ['a year after', 365 * 86_400, true],
  ])('makes a robot that is still listed %s it expired: %s %s', (_, seconds, expired) => {
    expect(decode(robot, robot.expires_at + seconds).expired).toBe(expired);
  });
});

describe('the origin', () => {
  test.each([
    ['a user', { creator_type: 'local', creator_ref: 5 }, 'local 5'],
    ['a robot', { creator_type: 'robot', creator_ref: 12 }, 'robot 12'],
    ['a service that spells the number as a text', { creator_type: 'robot', creator_ref: '12' }, 'robot 12'],
    ['Harbor before 2.12', { creator_type: undefined, creator_ref: undefined }, null],
    ['a robot from before 2.12', { creator_type: '', creator_ref: 0 }, null],
    ['a robot from before 2.12, with a type', { creator_type: 'local', creator_ref: 0 }, null],
  ])('of %s', (_, creator, createdBy) => {
    expect(decode({ ...robot, ...creator }).origin.createdBy).toBe(createdBy);
  });

  test.each([
    ['the same', '2026-01-01T00:00:00.900Z', false],
    ['two seconds later', '2026-01-01T00:00:02Z', false],
    ['three seconds later', '2026-01-01T00:00:03Z', true],
    ['the year 1', '0001-01-01T00:00:00.000Z', false],
    ['missing', undefined, false],
  ])('is changed if the time of the change is %s: %s', (_, update_time, modified) => {
    const { origin } = decode({ ...robot, update_time });
    expect(origin.modified).toBe(modified);
    expect(origin.changedAt).toBe(modified ? created + 3 : undefined);
  });

  test('has no time of creation if none is shown', () => {
    expect(decode(without(robot, 'creation_time')).origin).toMatchObject({ created: null, modified: false });
  });
});

test.each([
  ['robot$ci', 'robot$ci'],
  ['legacy', 'legacy'],
])('a robot from before Harbor 2.2 is not managed: %s', (fullName, name) => {
  expect(decode({ ...robot, name: fullName, editable: false })).toMatchObject({ name, generated: true });
  expect(decode(robot)).not.toHaveProperty('generated');
});

test('the object has no secret, whatever the response shows', () => {
  const { object } = decode({ ...robot, secret: 'S3cretS3cretS3cret', Token: 'S3cretS3cretS3cret' });
  expect(JSON.stringify(object)).not.toContain('S3cret');
});

test.each([
  ['no object', []],
  ['no number', { ...robot, id: '17' }],
  ['a broken number', { ...robot, id: 1.5 }],
  ['no name', { ...robot, name: null }],
  ['a text that says whether it is disabled', { ...robot, disable: 'no' }],
  ['a number as its description', { ...robot, description: 1 }],
])('a robot with %s is an error', (_, body) => {
  expect(() => decode(body)).toThrow('unexpected response from Harbor: expected');
});

describe('the response to a create', () => {
  const body = {
    id: 17,
    name: 'robot$team-a+ci',
    secret: 'S3cretS3cretS3cret',
    creation_time: '2026-01-01T00:00:00.000Z',
    expires_at: -1,
  };

  test('has the number, the full name and the secret, which is in nothing else', () => {
    const { secret, ...rest } = body;
    expect(decodeCreatedRobot(body)).toEqual({ id: 17, fullName: body.name, secret, body: rest });
  });

  test.each(['', null, undefined])('can lack the secret: %j', (secret) => {
    expect(decodeCreatedRobot({ ...body, secret } as never)).toMatchObject({ id: 17, secret: undefined });
  });

  test.each([
    undefined,
    null,
    [],
    { ...body, id: undefined },
    { ...body, id: '17' },
    { ...body, name: undefined },
  ])('that names no robot is not decoded: %j', (other) => {
    expect(decodeCreatedRobot(other as never)).toBeUndefined();
  });
});

describe('a project', () => {
  test('has a number and a name, and tells whether everyone sees it', () => {
    expect(decodeProject({ project_id: 1, name: 'team-a', metadata: {} })).toEqual({
      id: 1,
      name: 'team-a',
      isPublic: false,
    });
    const isPublic = { project_id: 2, name: 'library', metadata: { public: 'true' } };
    expect(decodeProject(isPublic)).toEqual({ id: 2, name: 'library', isPublic: true });
  });

  test.each([undefined, null, {}, { project_id: '1', name: 'team-a' }, { project_id: 1 }])(
    'of another form is an error: %j',
    (body) => {
      expect(() => decodeProject(body as never)).toThrow('expected a project');
    },
  );
});
