import { describe, expect, test } from 'vitest';
import { doubtfulRights, effectWarnings } from '../../../src/providers/harbor/doubtful.ts';

const doubts = (version: string, ...access: readonly string[]) =>
  doubtfulRights({ access }, { version, registryUrl: '' });

describe('an access that not all versions grant is a warning', () => {
  test.each([
    ['v2.10.3-ce5f2a11', 'repository:*'],
    ['v2.16.0', '*:*'],
    ['v2.10.0', 'robot:create'],
    ['v2.11.2', 'robot:list'],
    ['v2.16.0', 'robot:update'],
    ['v2.10.0', 'sbom:create'],
    ['v2.8.0', 'helm-chart:read'],
    ['v2.16.0', 'labels:list'],
  ])('in %s: %s', (version, access) => {
    const [numbers] = /\d+\.\d+\.\d+/.exec(version) ?? [];
    expect(doubts(version, 'repository:pull', access)).toEqual([
      expect.stringMatching(`^access: Harbor ${numbers} may reject ${access.replaceAll('*', '\\*')}, `),
    ]);
  });

  test.each([
    ['v2.9.5', 'robot:create'],
    ['v2.9.5', 'repository:*'],
    ['v2.12.0', 'robot:create'],
    ['v2.11.0', 'sbom:create'],
    ['v2.7.0', 'helm-chart:read'],
    ['v2.16.0', 'label:list'],
    ['', 'robot:update'],
    ['dev', 'robot:update'],
  ])('but not in %s: %s', (version, access) => {
    expect(doubts(version, access)).toEqual([]);
  });

  test('in the permissions of a robot of the system, too', () => {
    const permissions = [{ kind: 'system', namespace: '/', access: ['labels:list'] }];
    expect(doubtfulRights({ permissions }, { version: 'v2.16.0', registryUrl: '' })).toEqual([
      'permissions: Harbor 2.16.0 may reject labels:list, or grant nothing by it; the resource is label',
    ]);
  });
});

test('a version before 2.2 is a warning by itself', () => {
  expect(doubts('v2.1.6', 'repository:pull', 'sbom:create')).toEqual([
    'Harbor 2.1.6 has robot accounts of another kind; reconcile supports Harbor 2.2 and later',
  ]);
});

describe('an effect other than allow is a warning', () => {
  const live = { access: ['repository:pull', 'repository:push:deny'] };
  const shown = 'access: the robot has repository:push with the effect deny, whose meaning Harbor';

  test('with what becomes of it', () => {
    expect(effectWarnings(live, { description: 'new' })).toEqual([
      `${shown} doesn't document; it is kept as it is`,
    ]);
    expect(effectWarnings(live, { access: ['repository:push'] })).toEqual([
      `${shown} doesn't document; this change drops it`,
    ]);
  });

  test('for each permission of a robot of the system', () => {
    const permissions = [{ kind: 'project', namespace: '*', access: ['tag:list:deny', 'tag:create:audit'] }];
    expect(effectWarnings({ permissions }, {})).toHaveLength(2);
  });

  test('and no warning without one', () => {
    expect(effectWarnings({ access: ['repository:pull'] }, {})).toEqual([]);
  });
});
