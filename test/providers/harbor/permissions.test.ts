import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalAccess,
  canonicalPermissions,
  decodeAccess,
  encodeAccess,
  type Permission,
} from '../../../src/providers/harbor/permissions.ts';

const access = fc.array(
  fc.constantFrom('repository:pull', 'repository:push', 'artifact:list', 'tag:create'),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const permissions: fc.Arbitrary<readonly Permission[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('project'),
      namespace: fc.constantFrom('team-a', 'team-b', '*'),
      access,
    }),
    fc.record({ kind: fc.constant('system'), namespace: fc.constant('/'), access }),
  ),
  { maxLength: 6 },
);

describe('permissions', () => {
  test('can be in any order', () => {
    fc.assert(
      fc.property(
        permissions.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          const reversed = shuffled.map((one) => ({ ...one, access: [...one.access].reverse() }));
          expect(canonicalPermissions(reversed)).toEqual(canonicalPermissions(list));
        },
      ),
    );
  });

  test('in one namespace can be in one entry or in several', () => {
    fc.assert(
      fc.property(permissions, (list) => {
        const single = list.flatMap(({ access: all, ...rest }) =>
          all.map((one) => ({ ...rest, access: [one] })),
        );
        expect(canonicalPermissions(single)).toEqual(canonicalPermissions(list));
      }),
    );
  });

  test('in canonical form stay unchanged', () => {
    fc.assert(
      fc.property(permissions, (list) => {
        const once = canonicalPermissions(list);
        expect(canonicalPermissions(once as unknown as readonly Permission[])).toEqual(once);
      }),
    );
  });

  test('of another kind or namespace are separate', () => {
    const list = [
      { kind: 'project', namespace: '*', access: ['label:read'] },
      { kind: 'project', namespace: 'team-a', access: ['label:read'] },
      { kind: 'system', namespace: '/', access: ['label:read'] },
    ];
    expect(canonicalPermissions([...list].reverse())).toEqual(list);
  });

  // Harbor itself adds pull to push only for robots of projects, and returns the accesses as sent.
  test('keep pull beside push', () => {
    const both = ['repository:pull', 'repository:push'];
    expect(canonicalAccess(both)).toEqual(both);
    expect(canonicalAccess(['repository:push'])).toEqual(['repository:push']);
  });
});

describe('the accesses of a response', () => {
  const pull = { resource: 'repository', action: 'pull' };
  test.each([
    ['no effect', pull, 'repository:pull'],
    ['null', { ...pull, effect: null }, 'repository:pull'],
    ['an empty effect', { ...pull, effect: '' }, 'repository:pull'],
    ['allow', { ...pull, effect: 'allow' }, 'repository:pull'],
    ['deny', { ...pull, effect: 'deny' }, 'repository:pull:deny'],
    ['an unknown effect', { ...pull, effect: 'audit' }, 'repository:pull:audit'],
  ])('with %s', (_, body, text) => {
    expect(decodeAccess([body])).toEqual([text]);
  });

  test.each([undefined, null])('can be missing: %s', (body) => {
    expect(decodeAccess(body)).toEqual([]);
  });

  test.each([
    ['a text', 'all'],
    ['a list of texts', ['repository:pull']],
    ['an access without an action', [{ resource: 'repository' }]],
    ['an access whose resource is a number', [{ resource: 1, action: 'pull' }]],
  ])('of an unknown form are not decoded: %s', (_, body) => {
    expect(decodeAccess(body)).toBeUndefined();
  });

  test('are sent as they were read, without the effect of allowed ones', () => {
    const texts = ['repository:pull', 'repository:push:deny'];
    expect(encodeAccess(texts)).toEqual([pull, { resource: 'repository', action: 'push', effect: 'deny' }]);
    expect(decodeAccess(encodeAccess(texts) as never)).toEqual(texts);
  });
});
