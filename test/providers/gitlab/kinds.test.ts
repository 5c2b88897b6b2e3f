import { describe, expect, test } from 'vitest';
import type { TokenKind } from '../../../src/core/model/token-kind.ts';
import type { JsonObject } from '../../../src/core/util/json.ts';
import { accessToken } from '../../../src/providers/gitlab/access-token.ts';
import { deployToken } from '../../../src/providers/gitlab/deploy-token.ts';

const now = Date.parse('2026-01-01T12:00:00Z') / 1000;
const deploy = { project: 'team/app', name: 'ci', scopes: ['read_registry'], state: 'present' };
const access = { ...deploy, access_level: 'developer', expires_at: '2026-06-30' };
const check = (kind: TokenKind, values: object) => kind.check(values as JsonObject, now);

describe('the checks of a deploy token', () => {
  test.each([
    deploy,
    { ...deploy, project: 12 },
    { ...deploy, project: '12' },
    { ...deploy, project: undefined, group: 'team' },
    { ...deploy, name: undefined, id: 17 },
    { ...deploy, username: 'gitlab+deploy-token-17' },
    { ...deploy, scopes: ['read_registry', 'write_registry'] },
    { ...deploy, expires_at: 'never' },
    { ...deploy, expires_at: '2026-01-01T12:00:01Z' },
    { ...deploy, registry_host: 'registry.example.com:5050' },
    { ...deploy, registry_host: 'registry.gitlab.com' },
    { project: 'team/app', name: 'gitlab-deploy-token', state: 'absent' },
  ])('accept %j', (values) => {
    expect(check(deployToken, values)).toEqual([]);
  });

  test.each([
    ['neither project nor group', { ...deploy, project: undefined }, [], 'expected either project or group'],
    ['both', { ...deploy, group: 'team' }, [], 'expected either project or group'],
    ['neither name nor id', { ...deploy, name: undefined }, [], 'expected name or id'],
    ['a project without its group', { ...deploy, project: 'app' }, ['project'], 'invalid project'],
    [
      'an address as project',
      { ...deploy, project: 'https://gitlab.com/a/b' },
      ['project'],
      'invalid project',
    ],
    ['an encoded path', { ...deploy, project: 'team%2Fapp' }, ['project'], 'invalid project'],
    ['a user name with a colon', { ...deploy, username: 'ci:push' }, ['username'], 'invalid username'],
    ['a reference as user name', { ...deploy, username: '${env:HOME}' }, ['username'], 'invalid username'],
    ['a password', { ...deploy, password: 'x' }, ['password'], 'GitLab accepts no password'],
    [
      'a host of another service',
      { ...deploy, registry_host: 'docker.io' },
      ['registry_host'],
      'belongs to another',
    ],
    [
      'a host with a path',
      { ...deploy, registry_host: 'a.example/team' },
      ['registry_host'],
      'not a host name',
    ],
    ['a date', { ...deploy, expires_at: '2026-06-30' }, ['expires_at'], 'expected an instant'],
  ])('reject %s', (_, values, path, message) => {
    const errors = check(deployToken, values).filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ path, message: expect.stringContaining(message) }]);
  });

  test.each([
    ['an unknown scope', { ...deploy, scopes: ['read_registri'] }, ['scopes', 0], 'not a known scope'],
    ['a push without a pull', { ...deploy, scopes: ['write_registry'] }, ['scopes', 0], 'a push needs both'],
    ['the name that jobs get', { ...deploy, name: 'gitlab-deploy-token' }, ['name'], 'every CI job'],
    [
      'an expiry in the past',
      { ...deploy, expires_at: '2026-01-01T12:00:00Z' },
      ['expires_at'],
      'in the past',
    ],
  ])('warn about %s', (_, values, path, message) => {
    expect(check(deployToken, values)).toMatchObject([
      { severity: 'warning', path, message: expect.stringContaining(message) },
    ]);
  });
});

describe('the checks of an access token', () => {
  test.each([
    access,
    { ...access, expires_at: 'never' },
    { ...access, expires_at: '2026-01-02' },
    { ...access, expires_at: '2026-06-30T08:00:00Z' },
    { ...access, description: 'x'.repeat(180) },
    { ...access, access_level: 'reporter' },
  ])('accept %j', (values) => {
    expect(check(accessToken, values)).toEqual([]);
  });

  test.each([
    ['a description without room for the mark', { ...access, description: 'x'.repeat(181) }, ['description']],
    ['a user name', { ...access, username: 'ci' }, ['username']],
    ['a date that is none', { ...access, expires_at: '2026-6-30' }, ['expires_at']],
  ])('reject %s', (_, values, path) => {
    expect(check(accessToken, values)).toMatchObject([{ severity: 'error', path }]);
  });

  test.each([
    ['today', { ...access, expires_at: '2026-01-01' }, ['expires_at']],
    ['an instant today', { ...access, expires_at: '2026-01-01T23:00:00Z' }, ['expires_at']],
    [
      'a push by a reporter',
      { ...access, access_level: 'reporter', scopes: ['read_registry', 'write_registry'] },
      ['access_level'],
    ],
  ])('warn about %s', (_, values, path) => {
    expect(check(accessToken, values)).toMatchObject([{ severity: 'warning', path }]);
  });
});

test.each([
  [deploy, { scope: 'project:team/app', place: 'the project team/app', name: 'ci' }],
  [
    { project: 12, id: 17 },
    { scope: 'project:12', place: 'the project 12', id: '17' },
  ],
  [
    { group: 'team', id: '17' },
    { scope: 'group:team', place: 'the group team', id: '17' },
  ],
])('the identity of %j', (values, identity) => {
  expect(deployToken.identify(values as JsonObject)).toEqual(identity);
});

describe('rights that are too broad', () => {
  test.each([
    [{ scopes: ['read_registry'], access_level: 'developer' }, undefined],
    [{ scopes: ['read_api'], access_level: 'reporter' }, undefined],
    [{ scopes: ['read_api', 'read_registry'], access_level: 'reporter' }, ['read_api']],
    [{ scopes: ['api'], access_level: 'developer' }, ['api']],
    [{ scopes: ['read_registry'], access_level: 'owner' }, ['the role owner']],
    [
      { scopes: ['api', 'write_repository', 'write_registry'], access_level: 'maintainer' },
      ['api', 'write_repository', 'the role maintainer'],
    ],
  ])('%j: %j', (fields, rights) => {
    expect(accessToken.overBroad(fields)?.rights).toEqual(rights);
  });
});
