import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { plainQuirks } from '../../src/emulator/quirks.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { createTeamEmulator, seedOf } from './fixtures.ts';

const example = readFileSync(new URL('../../examples/emulator/seed.yaml', import.meta.url), 'utf8');

describe('the quirks of a seed', () => {
  test('are as the example describes them, which names all there are', () => {
    const uncommented = example.replace(/^[\s\S]*?(?=# quirks:)/, '').replace(/^# ?/gm, '');
    const seed = parseSeed(`${example}\n${uncommented}`);
    expect(Object.keys(seed.quirks ?? {}).sort()).toEqual(Object.keys(plainQuirks).sort());
    expect(seed.quirks).toMatchObject({ listLag: 5_000, lateCommit: 10_000, ignorePatch: ['scopes'] });
    expect(seed.lost).toHaveLength(2);
    expect(seed.secondActor).toMatchObject([
      { user: 'other', registry: 'team-a', act: { create: { name: 'ci-push' } } },
      { user: 'colleague', act: { delete: 'legacy' } },
    ]);
  });

  test('are off in the example as it is', () => {
    expect(parseSeed(example)).toMatchObject({ quirks: {}, lost: [], secondActor: [] });
  });

  test('may be spelled as in code, with times in seconds', () => {
    expect(parseSeed(seedOf('[]', '{ listLag: 1.5, statusLag: 2 }')).quirks).toEqual({
      listLag: 1_500,
      statusLag: 2_000,
    });
  });

  test.each([
    ['[]', 'quirks: expected a mapping'],
    ['{ list_lags: 1 }', 'quirks.list_lags: unknown key; known keys: ignore_patch'],
    ['{ list_lag: soon }', 'quirks.list_lag: expected a number of seconds'],
    ['{ late_commit: -1 }', 'quirks.late_commit: expected a number of seconds'],
    ['{ duplicate_names: 1 }', 'quirks.duplicate_names: expected true or false'],
    ['{ login_challenge: digest }', 'quirks.login_challenge: expected one of basic, bearer'],
    ['{ ignore_patch: [name] }', 'quirks.ignore_patch[0]: expected one of status, expiryDate, scopes'],
    ['{ lost: { method: POST } }', 'quirks.lost: expected a list'],
    ['{ lost: [{ method: post, nth: 1, fault: late }] }', 'quirks.lost[0].method: expected one of GET, POST'],
    [
      '{ lost: [{ method: POST, nth: 0, fault: late }] }',
      'quirks.lost[0].nth: expected a whole number of at least 1',
    ],
    ['{ lost: [{ method: POST, nth: 1, fault: gone }] }', 'quirks.lost[0].fault: expected one of none'],
    [
      '{ lost: [{ method: POST, nth: 1, fat: late }] }',
      'quirks.lost[0].fat: unknown key; known keys: method',
    ],
    ['{ second_actor: [{ create: {} }] }', 'quirks.second_actor[0].before: expected a mapping'],
    [
      '{ second_actor: [{ before: { method: POST, nth: 1 } }] }',
      'quirks.second_actor[0]: expected either create or delete',
    ],
    [
      '{ second_actor: [{ before: { method: POST, nth: 1 }, create: { registry: team-x, name: ci } }] }',
      'quirks.second_actor[0].create.registry: expected one of team-a',
    ],
    [
      '{ second_actor: [{ before: { method: POST, nth: 1 }, create: { registry: team-a } }] }',
      'quirks.second_actor[0].create.name: expected a string',
    ],
    [
      '{ second_actor: [{ before: { method: POST, nth: 1 }, delete: { registry: team-a, id: b } }] }',
      'quirks.second_actor[0].delete.id: unknown key; known keys: registry, name',
    ],
  ])('%s is refused: %s', (quirks, message) => {
    expect(() => parseSeed(seedOf('[]', quirks))).toThrow(message);
  });

  test('set faults, which code may override', async () => {
    const seedQuirks = '{ lost: [{ method: POST, nth: 2, fault: error_before }] }';
    const { post, live } = createTeamEmulator({ seedQuirks });
    expect([(await post('aa')).status, (await post('bb')).status]).toEqual([201, 500]);
    expect(live()).toEqual(['aa']);
    const other = createTeamEmulator({ seedQuirks, fault: () => 'none' });
    expect([(await other.post('aa')).status, (await other.post('bb')).status]).toEqual([201, 201]);
  });

  test('let another user create a token just before ours, and delete one', async () => {
    const { post, create, listed, live } = createTeamEmulator({
      tokens: '[{ name: legacy }]',
      seedQuirks: `
  second_actor:
    - { before: { method: POST, nth: 1 }, create: { registry: team-a, name: ci, status: disabled } }
    - { before: { method: POST, nth: 2 }, user: somebody, delete: { registry: team-a, name: legacy } }
    - { before: { method: POST, nth: 2 }, user: somebody, create: { registry: team-a, name: ci } }`,
    });
    expect((await post('ci')).status).toBe(409);
    expect((await listed()).at(-1)).toMatchObject({
      metadata: { createdBy: 'other' },
      properties: { name: 'ci', status: 'disabled' },
    });
    await create('mine');
    expect(live()).toEqual(['ci', 'mine']);
  });
});
