import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/util/json.ts';
import { harborRobot } from '../../../src/providers/harbor/robot.ts';

const now = Date.parse('2026-01-01T00:00:00Z') / 1000;
const check = (values: JsonObject) => harborRobot.check(values, now);
const ofProject = { project: 'team-a', name: 'ci', access: ['repository:pull'], state: 'present' };
const permissions = [{ kind: 'project', namespace: '*', access: ['repository:pull'] }];
const ofSystem = { level: 'system', name: 'mirror', permissions, state: 'present' };

describe('the checks of a manifest', () => {
  test.each([
    ofProject,
    ofSystem,
    { ...ofProject, expires_at: 'never' },
    { ...ofProject, expires_at: '2026-01-02T00:00:00Z' },
    { project: 'team-a', id: '17', state: 'absent' },
    { level: 'system', name: 'mirror', state: 'update', disable: true },
  ])('accept %j', (values) => {
    expect(check(values)).toEqual([]);
  });

  test.each([
    [
      'neither project nor level',
      { ...ofProject, project: undefined },
      [],
      'expected either project or level',
    ],
    ['both', { ...ofProject, level: 'system' }, [], 'expected either project or level'],
    ['neither name nor id', { ...ofProject, name: undefined }, [], 'expected name or id'],
    [
      'permissions of a project',
      { ...ofProject, permissions },
      ['permissions'],
      'permissions is for robots of the system',
    ],
    [
      'access of the system',
      { ...ofSystem, access: ['tag:list'] },
      ['access'],
      'access is for robots of projects',
    ],
    [
      'a right without an action',
      { ...ofProject, access: ['tag:list', 'repository'] },
      ['access', 1],
      'RESOURCE:ACTION',
    ],
    [
      'a right with two actions',
      { ...ofProject, access: ['repository:pull:push'] },
      ['access', 0],
      'RESOURCE:ACTION',
    ],
    [
      'a right of the system without an action',
      {
        ...ofSystem,
        permissions: [...permissions, { kind: 'system', namespace: '/', access: ['registry'] }],
      },
      ['permissions', 1, 'access', 0],
      'RESOURCE:ACTION',
    ],
    [
      'rights on the system in all projects',
      { ...ofSystem, permissions: [{ kind: 'system', namespace: '*', access: ['registry:list'] }] },
      ['permissions', 0, 'namespace'],
      'invalid namespace for kind "system": "*"',
    ],
    [
      'rights in projects on the system',
      {
        ...ofSystem,
        permissions: [...permissions, { kind: 'project', namespace: '/', access: ['tag:list'] }],
      },
      ['permissions', 1, 'namespace'],
      'invalid namespace for kind "project": "/"',
    ],
    [
      'an expiry without a zone',
      { ...ofProject, expires_at: '2027-01-01T00:00:00' },
      ['expires_at'],
      'expected an instant',
    ],
    ['a date', { ...ofProject, expires_at: '2027-01-01' }, ['expires_at'], 'expected an instant'],
  ])('reject %s', (_, values, path, message) => {
    const errors = check(values as JsonObject).filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ path, message: expect.stringContaining(message) }]);
  });

  test.each(['ci', 'ci-push', 'a.b_c-d', '0', 'ci-202601010930'])('accept the name %s', (name) => {
    expect(check({ ...ofProject, name })).toEqual([]);
  });

  test.each(['CI', 'robot$ci', 'team-a+ci', 'ci--push', 'ci.', '-ci', 'ci push', 'ä', ''])(
    'reject the name %j',
    (name) => {
      expect(check({ ...ofProject, name })).toMatchObject([{ severity: 'error', path: ['name'] }]);
    },
  );

  describe('limit the stored name to 255 characters', () => {
    const rotate = { every: '30d', lifetime: '45d' };
    test.each([
      ['with the project', {}, 248],
      ['with the project and the mark of a generation', { rotate }, 235],
      ['without a mark if the secret is renewed in place', { rotate: { ...rotate, how: 'in_place' } }, 248],
    ])('%s', (_, more, length) => {
      expect(check({ ...ofProject, ...more, name: 'a'.repeat(length) })).toEqual([]);
      expect(check({ ...ofProject, ...more, name: 'a'.repeat(length + 1) })).toMatchObject([
        { severity: 'error', path: ['name'], hint: `choose a name of up to ${length} characters` },
      ]);
    });

    test('at the system level without a project', () => {
      expect(check({ ...ofSystem, name: 'a'.repeat(255) })).toEqual([]);
    });
  });

  describe('of push without pull', () => {
    const pushing = { kind: 'project', namespace: 'team-a', access: ['repository:push'] };

    test('warn for a robot of the system', () => {
      expect(check({ ...ofSystem, permissions: [pushing] })).toMatchObject([
        { severity: 'warning', path: ['permissions', 0, 'access'], hint: 'add repository:pull' },
      ]);
      const elsewhere = { ...pushing, namespace: 'team-b', access: ['repository:pull'] };
      expect(check({ ...ofSystem, permissions: [elsewhere, pushing] })).toMatchObject([
        { severity: 'warning', path: ['permissions', 1, 'access'] },
      ]);
    });

    test.each([
      ['pull beside it', [{ ...pushing, access: ['repository:pull', 'repository:push'] }]],
      ['pull in another entry', [pushing, { ...pushing, access: ['repository:pull'] }]],
      ['pull in all projects', [{ ...pushing, namespace: '*', access: ['repository:pull'] }, pushing]],
    ])('accept %s', (_, list) => {
      expect(check({ ...ofSystem, permissions: list })).toEqual([]);
    });

    test('accept a robot of a project, as Harbor adds pull', () => {
      expect(check({ ...ofProject, access: ['repository:push'] })).toEqual([]);
    });
  });

  test('accept any name to delete, as old robots have others', () => {
    expect(check({ project: 'team-a', name: 'Legacy', state: 'absent' })).toEqual([]);
  });

  test.each(['2026-01-01T23:59:59Z', '2025-12-31T00:00:00Z'])(
    'warn about an expiry less than a day ahead: %s',
    (expires_at) => {
      expect(check({ ...ofProject, expires_at })).toMatchObject([
        { severity: 'warning', path: ['expires_at'] },
      ]);
    },
  );
});

describe('the identity', () => {
  test.each([
    [ofProject, { scope: 'project/team-a', place: 'the project team-a', name: 'ci' }],
    [ofSystem, { scope: 'system', place: 'the system level of Harbor', name: 'mirror' }],
    [
      { ...ofProject, name: undefined, id: '17' },
      { scope: 'project/team-a', id: '17' },
    ],
    [
      { ...ofProject, id: 17 },
      { name: 'ci', id: '17' },
    ],
  ])('of %j', (values, identity) => {
    expect(harborRobot.identify(values as JsonObject)).toMatchObject(identity);
  });
});

describe('rights that are too broad', () => {
  test.each([
    { access: ['repository:pull', 'repository:push'] },
    { access: ['tag:delete', 'artifact:delete'] },
    { permissions: [{ kind: 'project', namespace: 'team-a', access: ['repository:push'] }] },
    {},
  ])('are not %j', (fields) => {
    expect(harborRobot.overBroad?.(fields)).toBeUndefined();
  });

  test.each([
    [{ access: ['repository:push', 'tag:delete'] }, ['push and delete']],
    [{ access: ['artifact:delete', 'repository:push', 'repository:delete'] }, ['push and delete']],
    [{ permissions }, ['all projects (*)']],
    [{ permissions: [{ kind: 'system', namespace: '/', access: ['registry:list'] }] }, ['the system level']],
    [
      {
        permissions: [
          { kind: 'system', namespace: '/', access: ['registry:list'] },
          { kind: 'project', namespace: '*', access: ['repository:push', 'artifact:delete'] },
          { kind: 'project', namespace: 'team-a', access: ['repository:push', 'artifact:delete'] },
        ],
      },
      ['the system level', 'all projects (*)', 'push and delete'],
    ],
  ])('are %j', (fields, rights) => {
    expect(harborRobot.overBroad?.(fields)).toMatchObject({ rights });
  });
});
