import { describe, expect, test } from 'vitest';
import { harborRobot } from '../../src/providers/harbor/robot.ts';
import { load, manifest, messages, only } from './fixtures.ts';

const declarations = [harborRobot];

/** A manifest of one robot with these lines. */
function robot(...lines: readonly string[]): string {
  return [
    'apiVersion: reconcile/v1',
    'tokens:',
    '  - kind: harbor_robot',
    '    project: team-a',
    '    name: ci',
    '    access: [repository:pull]',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

const rotate = 'rotate: { how: in_place, every: 30d, lifetime: 45d, before_expiry: 7d }';

test('a rotation in place is read in seconds, and is no family', async () => {
  const { renewal, rotation, name } = only(await load(robot(rotate), { declarations }));
  expect(renewal).toEqual({ every: 2_592_000, lifetime: 3_888_000, beforeExpiry: 604_800 });
  expect(rotation).toBeUndefined();
  expect(name).toBe('ci');
});

test('before_expiry may be left out', async () => {
  const text = robot('rotate: { how: in_place, every: 4w, lifetime: 90d }');
  expect(only(await load(text, { declarations })).renewal).toMatchObject({ beforeExpiry: 0 });
});

test('a name that looks like a generation is not part of a family', async () => {
  const text = `${robot(rotate)}  - { kind: harbor_robot, project: team-a, name: ci-202601010000, access: [repository:pull] }\n`;
  expect((await load(text, { declarations })).errors).toEqual([]);
});

describe('is an error', () => {
  test.each([
    {
      why: 'an overlap',
      line: 'rotate: { how: in_place, every: 30d, lifetime: 45d, overlap: 24h }',
      path: 'rotate.overlap',
      says: /no overlap: the old secret ends at once/,
    },
    {
      why: 'a lifetime that is not longer than every',
      line: 'rotate: { how: in_place, every: 30d, lifetime: 30d }',
      path: 'rotate.lifetime',
      says: /lifetime \(30d\) must be longer than every \(30d\)/,
    },
    {
      why: 'a lifetime that whole days shorten to every',
      line: 'rotate: { how: in_place, every: 30d, lifetime: 31d }',
      path: 'rotate.lifetime',
      says: /may shorten it to 30d/,
    },
    {
      why: 'a before_expiry of a whole lifetime',
      line: 'rotate: { how: in_place, every: 30d, lifetime: 45d, before_expiry: 44d }',
      path: 'rotate.before_expiry',
      says: /before_expiry must be shorter than lifetime/,
    },
    {
      why: 'an unknown way',
      line: 'rotate: { how: by_hand, every: 30d, lifetime: 45d }',
      path: 'rotate.how',
      says: /expected "successor" or "in_place"/,
    },
    {
      why: 'an expiry of its own',
      line: `${rotate}\n    expires_at: 2099-01-01T00:00:00Z`,
      path: 'expires_at',
      says: /expires_at and rotate can't be combined/,
    },
    {
      why: 'state: update',
      line: `${rotate}\n    state: update`,
      path: 'state',
      says: /state: update and rotate can't be combined/,
    },
  ])('$why', async ({ line, path, says }) => {
    const { errors } = await load(robot(line), { declarations });
    expect(errors).toMatchObject([{ source: { path: `tokens[0].${path}` } }]);
    expect(errors[0]?.message).toMatch(says);
  });

  test('a kind whose secrets can not be renewed in place', async () => {
    const { errors } = await load(manifest(rotate));
    expect(messages(errors)).toEqual([expect.stringContaining("can't renew the secret of a token in place")]);
  });
});
