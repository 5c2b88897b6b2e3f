import { expect, test } from 'vitest';
import { mergedPermissions, permissionSet, textSet } from '../../src/providers/permission-set.ts';
import { fc } from '../support/property.ts';

const members = ['scope', 'resource', 'action'] as const;

const word = fc.constantFrom('a', 'b', 'B', '["a","b"]', '');
const permission = fc.record({ scope: word, resource: word, action: word });
const grouped = fc.record({ type: word, name: word, actions: fc.array(word, { maxLength: 3 }) });

const merged = (permissions: Parameters<typeof mergedPermissions<'type' | 'name', 'actions'>>[0]) =>
  mergedPermissions(permissions, ['type', 'name'], 'actions', textSet);

test('permissions are sorted by their members, each once, without other members', () => {
  const pull = { scope: 'a', resource: 'repository', action: 'pull' };
  const push = { ...pull, action: 'push' };
  const other = { ...pull, scope: 'B' };
  const more = { ...push, effect: 'allow' };
  expect(permissionSet([push, pull, other, more], members)).toEqual([other, pull, push]);
});

test('the order and repetitions of permissions make no difference', () => {
  fc.assert(
    fc.property(fc.array(permission), fc.array(fc.nat()), (permissions, order) => {
      const shuffled = order.flatMap((index) => permissions[index % permissions.length] ?? []);
      expect(permissionSet([...shuffled, ...permissions], members)).toEqual(
        permissionSet(permissions, members),
      );
    }),
  );
});

test('a set contains the given permissions and no others', () => {
  fc.assert(
    fc.property(fc.array(permission), (permissions) => {
      const set = permissionSet(permissions, members);
      expect(permissions).toEqual(expect.arrayContaining([...set]));
      expect(set).toEqual(expect.arrayContaining(permissions));
    }),
  );
});

test('the actions of one resource are merged, and passed to the reduction once', () => {
  const app = { type: 'repository', name: 'app', actions: ['push'] };
  const counted: (readonly string[])[] = [];
  const set = mergedPermissions(
    [app, { type: 'registry', name: '*', actions: [] }, { ...app, actions: ['pull', 'push'] }],
    ['type', 'name'],
    'actions',
    (actions) => {
      counted.push(actions);
      return textSet(actions);
    },
  );
  expect(counted).toEqual([['push', 'pull', 'push'], []]);
  expect(set).toEqual([
    { type: 'registry', name: '*', actions: [] },
    { type: 'repository', name: 'app', actions: ['pull', 'push'] },
  ]);
});

test('a merged set has one form', () => {
  fc.assert(
    fc.property(fc.array(grouped), (permissions) => {
      const set = merged(permissions);
      expect(merged(set)).toEqual(set);
      expect(merged([...permissions].reverse())).toEqual(set);
      expect(new Set(set.map(({ type, name }) => JSON.stringify([type, name]))).size).toBe(set.length);
    }),
  );
});
