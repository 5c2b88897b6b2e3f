import { expect, test } from 'vitest';
import {
  decodeProjectRegistry,
  decodeScope,
  movedTo,
  parseRef,
} from '../../../src/providers/gitlab/namespace.ts';

test('a project is a scope', () => {
  expect(decodeScope({ id: 12, path_with_namespace: 'team/app' }, 'project')).toEqual({
    id: 'projects/12',
    name: 'project:team/app',
    level: 'project',
  });
});

test('a group is a scope', () => {
  expect(decodeScope({ id: 3, full_path: 'team/sub' }, 'group')).toEqual({
    id: 'groups/3',
    name: 'group:team/sub',
    level: 'group',
  });
});

test.each([null, {}, { id: '12', path_with_namespace: 'a/b' }, { id: 12, full_path: 'a/b' }])(
  '%j is no project',
  (body) => {
    expect(() => decodeScope(body as never, 'project')).toThrow('expected a project');
  },
);

test.each([
  ['project:team/app', { level: 'project', path: 'team/app' }],
  ['project:12', { level: 'project', path: '12' }],
  ['group:team', { level: 'group', path: 'team' }],
  ['projects/12', { level: 'project', path: '12' }],
  ['groups/3', { level: 'group', path: '3' }],
  ['team/app', { path: 'team/app' }],
  ['projects/app', { path: 'projects/app' }],
])('the reference %s', (ref, parsed) => {
  expect(parseRef(ref)).toEqual(parsed);
});

test.each([
  [
    { container_registry_image_prefix: 'registry.example.com:5050/team/app' },
    'registry.example.com:5050',
    true,
  ],
  [
    {
      container_registry_image_prefix: 'registry.example.com/team/app',
      container_registry_access_level: 'private',
    },
    'registry.example.com',
    true,
  ],
  [
    {
      container_registry_image_prefix: 'registry.example.com/team/app',
      container_registry_access_level: 'disabled',
    },
    'registry.example.com',
    false,
  ],
  [{ container_registry_access_level: 'enabled' }, '', false],
  [{ container_registry_image_prefix: null }, '', false],
])('the registry of %j', (body, host, isEnabled) => {
  expect(decodeProjectRegistry(body as never)).toEqual({ host, isEnabled });
});

const endpoint = 'https://gitlab.example.com/root/api/v4';

test.each([
  ['https://gitlab.example.com/root/api/v4/projects/12', '12'],
  ['https://gitlab.example.com/root/api/v4/projects/12/deploy_tokens?page=2', '12'],
  ['/root/api/v4/projects/12', '12'],
  ['https://evil.example/root/api/v4/projects/12', undefined],
  ['http://gitlab.example.com/root/api/v4/projects/12', undefined],
  ['https://gitlab.example.com:8443/root/api/v4/projects/12', undefined],
  ['https://gitlab.example.com/root/api/v4/projects/team%2Fapp', undefined],
  ['https://gitlab.example.com/root/api/v4/projects/12app', undefined],
  ['https://gitlab.example.com/users/sign_in', undefined],
  ['//evil.example/root/api/v4/projects/12', undefined],
  [null, undefined],
])('the redirect to %s', (location, id) => {
  expect(movedTo(location, endpoint)).toBe(id);
});
