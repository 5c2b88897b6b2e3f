import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prefixIn, shortNameIn, withoutPrefix } from '../../../src/providers/harbor/names.ts';

describe("the full name of a project's robot", () => {
  test.each([
    ['robot$team-a+ci', 'team-a', 'robot$', 'ci'],
    ['robot_team-a+ci', 'team-a', 'robot_', 'ci'],
    ['bot@team-a+ci.push_2-x', 'team-a', 'bot@', 'ci.push_2-x'],
    // A prefix can hold anything, also the name of a project and the separator.
    ['team-a+team-a+ci', 'team-a', 'team-a+', 'ci'],
    ['a+b+ci', 'b', 'a+', 'ci'],
  ])('%s of project %s has prefix %s and short name %s', (fullName, project, prefix, short) => {
    expect(shortNameIn(fullName, project)).toBe(short);
    expect(prefixIn(fullName, project)).toBe(prefix);
  });

  test.each(['robot$ci', 'robot$team-b+ci', 'ci', ''])('of team-a is not %j', (fullName) => {
    expect(shortNameIn(fullName, 'team-a')).toBeUndefined();
    expect(prefixIn(fullName, 'team-a')).toBeUndefined();
  });

  test('is split into its parts, whatever the prefix', () => {
    const name = fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+){0,2}$/);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), name, name, (prefix, project, short) => {
        const fullName = `${prefix}${project}+${short}`;
        expect(shortNameIn(fullName, project)).toBe(short);
        expect(prefixIn(fullName, project)).toBe(prefix);
      }),
    );
  });
});

test.each([
  ['robot$ci', 'robot$', 'ci'],
  ['robot_ci', 'robot_', 'ci'],
  ['bot+ci', 'bot+', 'ci'],
  // The prefix has changed since it was read.
  ['robot$ci', 'bot@', undefined],
  ['ci', 'robot$', undefined],
])(
  'the full name %s of a robot of the system, with prefix %s, has the short name %s',
  (fullName, prefix, short) => {
    expect(withoutPrefix(fullName, prefix)).toBe(short);
  },
);
