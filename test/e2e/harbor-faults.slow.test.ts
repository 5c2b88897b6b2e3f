import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/emulator/index.ts';
import { ci, createFixture, expectDelivered, type Fixture } from './harbor-fixtures.ts';

/** The faults of the requests of one run, by their method, in their order. */
type Faults = Partial<Readonly<Record<string, readonly Fault[]>>>;

/** Creates a fixture whose next run has faults. */
async function faulty(robot: object, quirks: object = {}) {
  let next: Record<string, Fault[]> = {};
  const fixture = await createFixture(
    [robot],
    { fault: ({ method }) => next[method]?.shift() ?? 'none', harborQuirks: { lateCommit: 1_500 } },
    undefined,
    quirks,
  );
  const startFaults = (faults: Faults): void => {
    next = Object.fromEntries(Object.entries(faults).map(([method, list = []]) => [method, [...list]]));
  };
  return {
    ...fixture,
    startFaults,
    /** Applies once with faults, and if that fails, again without. */
    async applyWith(faults: Faults): Promise<void> {
      startFaults(faults);
      const { code } = await fixture.run('apply', '-y', '--grace', '2');
      startFaults({});
      if (code !== 0) await fixture.apply();
    },
  };
}

/** Expects one robot with its valid secret in the sink, which nothing has deleted, and nothing left to do. */
async function expectSettled(fixture: Fixture): Promise<void> {
  expect(fixture.emulator.harbor.robots('team-a')).toHaveLength(1);
  await expectDelivered(fixture);
  expect(fixture.changes().filter((what) => what.startsWith('DELETE'))).toEqual([]);
  await fixture.expectNothingToDo();
}

describe('a create with a disable afterwards survives', () => {
  test.each<Faults>([
    { POST: ['drop_before'] },
    { POST: ['drop_after'] },
    { POST: ['late'] },
    { POST: ['error_before'] },
    { POST: ['error_after'] },
    { POST: ['truncate'] },
    { POST: ['no_secret'] },
    { POST: ['drop_after'], PATCH: ['drop_before'] },
    { POST: ['drop_after'], PATCH: ['drop_after'] },
    { POST: ['drop_after'], PATCH: ['error_after', 'drop_after'] },
    { POST: ['drop_after'], PATCH: Array.from({ length: 5 }, () => 'drop_after' as const) },
    { PUT: ['drop_before'] },
    { PUT: ['drop_after'] },
    { PUT: ['error_after', 'drop_after', 'drop_before'] },
    { POST: ['drop_after'], PATCH: ['drop_after'], PUT: ['drop_after'] },
  ])('%o', async (faults) => {
    const fixture = await faulty({ ...ci, description: 'for the pipeline', disable: true });
    await fixture.applyWith(faults);
    expect(fixture.robot('team-a+ci', 'team-a').disabled).toBe(true);
    await expectSettled(fixture);
  });
});

describe('a renewal in place survives', () => {
  const rotating = { ...ci, rotate: { how: 'in_place', every: '30d', lifetime: '45d' } };

  test.each<Faults>([
    { PUT: ['drop_before'] },
    { PUT: ['drop_after'] },
    { PUT: Array.from({ length: 8 }, () => 'drop_before' as const) },
    { PUT: Array.from({ length: 8 }, () => 'drop_after' as const) },
    { PATCH: ['drop_before'] },
    { PATCH: ['drop_after'] },
    { PATCH: ['error_after'] },
    { PATCH: Array.from({ length: 5 }, () => 'drop_before' as const) },
    { PATCH: Array.from({ length: 30 }, () => 'drop_after' as const) },
    { PUT: ['drop_after'], PATCH: ['drop_after', 'drop_before'] },
  ])('%o', async (faults) => {
    const fixture = await faulty(rotating);
    await fixture.apply();
    const { id, secret, expiresAt } = fixture.robot('team-a+ci', 'team-a');
    fixture.passTime(31 * 86_400);
    await fixture.applyWith(faults);
    const renewed = fixture.robot('team-a+ci', 'team-a');
    expect(renewed.id).toBe(id);
    expect(renewed.secret).not.toBe(secret);
    expect(renewed.expiresAt).toBeGreaterThan(expiresAt);
    await expectSettled(fixture);
  });
});

test('dropping an interrupted renewal warns that the token may have the dropped secret, until it is rotated', async () => {
  const rotating = { ...ci, rotate: { how: 'in_place', every: '30d', lifetime: '45d' } };
  const fixture = await faulty(rotating);
  const { run, apply, startFaults } = fixture;
  const address = 'harbor_robot:project/team-a/ci';
  await apply();
  startFaults({ PATCH: Array.from({ length: 30 }, () => 'drop_after' as const) });
  expect(await run('rotate', address, '-y', '--grace', '1')).toMatchObject({ code: 1 });
  startFaults({});
  const dropped = await run('spool', 'drop', address, '-y');
  expect(dropped).toMatchObject({ code: 0, stdout: '1 dropped.\n' });
  expect(dropped.stderr).toMatch(
    /the renewal of the secret of ci \(1\) was interrupted: the token may already have the secret/,
  );
  expect(dropped.stderr).toContain(`reconcile rotate ${address}`);
  expect(await run('rotate', address, '-y')).toMatchObject({ code: 0 });
  await expectSettled(fixture);
});

describe('a lost response leaves a robot of another user alone', () => {
  const theirs = [{ before: { method: 'POST', nth: 1 }, create: { project: 'team-a', name: 'ci' } }];

  test.each<Fault>(['drop_before', 'drop_after', 'error_after'])('after %s', async (fault) => {
    const { startFaults, run, emulator, changes } = await faulty(ci, { harbor: { second_actor: theirs } });
    startFaults({ POST: [fault] });
    const { code, stdout } = await run('apply', '-y', '--grace', '2', '--format', 'json');
    expect(code).toBe(1);
    const [result] = JSON.parse(stdout).results;
    expect(result).toMatchObject({ status: 'failed', error: { code: 'OUTCOME_UNKNOWN' } });
    const [robot, ...more] = emulator.harbor.robots('team-a');
    expect(more).toEqual([]);
    expect(robot).toMatchObject({ creator: { type: 'local', id: 3 }, description: '' });
    expect(result.error.message).toContain(`(${robot?.id})`);
    expect(changes()).toEqual(['POST /robots']);
  });
});

test.each([
  { holder: 'a project', first: ci, address: 'harbor_robot:project/team-a/ci' },
  {
    holder: 'the system',
    first: {
      level: 'system',
      name: 'ci',
      permissions: [{ kind: 'project', namespace: '*', access: ['repository:pull'] }],
      secret: ci.secret,
    },
    address: 'harbor_robot:system/ci',
  },
])(
  'a file with the secret of a live robot of $holder takes no other, though the ledger is lost',
  async ({ first, address }) => {
    const { apply, changes, cwd, declare, plan } = await createFixture([first]);
    await apply();
    await rm(join(cwd, '.reconcile'), { recursive: true });
    await declare({ ...ci, project: 'team-b' });
    changes();
    expect(await plan()).toMatchObject([
      {
        error: {
          code: 'MANIFEST_CONFLICT',
          message: expect.stringContaining(`another live token, ${address}`),
        },
      },
    ]);
    expect(changes()).toEqual([]);
  },
);
