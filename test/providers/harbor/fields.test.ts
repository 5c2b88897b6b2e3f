import { describe, expect, test } from 'vitest';
import { canonicalizeFields, fitFields, valueProblem } from '../../../src/core/model/field-rules.ts';
import type { Fields } from '../../../src/core/model/token.ts';
import { emptyFieldWarnings } from '../../../src/core/plan/create.ts';
import { diffFields } from '../../../src/core/plan/diff.ts';
import { parseInstant } from '../../../src/core/util/instant.ts';
import { decodeRobot } from '../../../src/providers/harbor/decode.ts';
import { robotRules } from '../../../src/providers/harbor/fields.ts';
import { robot, systemRobot } from './fixtures.ts';

/** The fields that differ between a manifest and a robot. */
function differing(wanted: Fields, live: Fields): readonly string[] {
  return diffFields(canonicalizeFields(robotRules, wanted), live).map(({ field }) => field);
}

describe('no change is shown for', () => {
  test.each([
    ['another order of accesses', ['repository:push', 'repository:pull']],
    ['a repeated access', ['repository:pull', 'repository:push', 'repository:pull']],
  ])("%s of a project's robot", (_, access) => {
    const { fields } = decodeRobot(robot, { project: 'team-a' }, () => 'ci', 0);
    expect(differing({ access }, fields)).toEqual([]);
  });

  test.each([undefined, null, '', 'allow'])('the effect %j', (effect) => {
    const access = [
      { resource: 'repository', action: 'push', effect },
      { resource: 'repository', action: 'pull', effect: 'allow' },
    ];
    const permissions = [{ kind: 'project', namespace: 'team-a', access }];
    const { fields } = decodeRobot({ ...robot, permissions } as never, { project: 'team-a' }, () => 'ci', 0);
    expect(differing({ access: ['repository:pull', 'repository:push'] }, fields)).toEqual([]);
  });

  test('the random order of permissions', () => {
    const { fields } = decodeRobot(
      { ...systemRobot, permissions: [...systemRobot.permissions].reverse() },
      'system',
      () => 'mirror',
      0,
    );
    const permissions = systemRobot.permissions.map(({ kind, namespace, access }) => ({
      kind,
      namespace,
      access: access.map(({ resource, action }) => `${resource}:${action}`),
    }));
    expect(differing({ permissions }, fields)).toEqual([]);
  });

  test('another spelling of the expiry', () => {
    const { fields } = decodeRobot(robot, { project: 'team-a' }, () => 'ci', 0);
    expect(differing({ expires_at: '2026-01-31T01:00:00.5+01:00' }, fields)).toEqual([]);
  });

  test('an expiry within the day after the one that Harbor keeps', () => {
    const { fields, origin } = decodeRobot(robot, { project: 'team-a' }, () => 'ci', 0);
    const at = (expires_at: string): readonly string[] =>
      differing(fitFields(robotRules, { expires_at }, origin.created, fields), fields);
    expect(at('2026-01-31T23:59:59Z')).toEqual([]);
    expect(at('2026-02-01T00:00:00Z')).toEqual(['expires_at']);
    expect(at('2026-01-30T23:59:59Z')).toEqual(['expires_at']);
  });
});

test('an access that is denied is a change', () => {
  const permissions = [
    { kind: 'project', namespace: 'team-a', access: [{ resource: 'tag', action: 'list', effect: 'deny' }] },
  ];
  const { fields } = decodeRobot({ ...robot, permissions }, { project: 'team-a' }, () => 'ci', 0);
  expect(differing({ access: ['tag:list'] }, fields)).toEqual(['access']);
});

test('only the name can not be changed in place', () => {
  const immutable = Object.entries(robotRules).filter(([, { change }]) => change === 'replace');
  expect(immutable.map(([field]) => field)).toEqual(['name']);
});

describe('the expiry of a new robot', () => {
  const now = parseInstant('2026-01-01T00:00:00Z', 'utc') ?? 0;
  test.each([
    ['2026-01-02T00:00:00Z', undefined],
    ['2026-01-01T23:59:59Z', '2026-01-01T23:59:59Z is less than a whole day ahead'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z is in the past'],
    ['never', undefined],
  ])('%s: %s', (text, why) => {
    expect(valueProblem(robotRules.expires_at, text, now)).toBe(why);
  });

  test('is never if omitted, with a warning', () => {
    expect(emptyFieldWarnings(robotRules, { name: 'ci' })).toEqual([
      'expires_at is omitted, so the robot never expires',
    ]);
    expect(emptyFieldWarnings(robotRules, { name: 'ci', expires_at: 'never' })).toEqual([]);
  });
});
