import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/emulator/index.ts';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { ci, createFixture, day, expectDelivered, type Fixture, toFile } from './harbor-fixtures.ts';

test('a robot of a project is created, changed in place, disabled and deleted', async () => {
  const fixture = await createFixture([
    { ...ci, description: 'for the pipeline', expires_at: '2099-01-01T00:00:00Z' },
  ]);
  const { apply, declare, changes, robot, expectNothingToDo, emulator } = fixture;
  const created = await apply();
  const { id, secret } = robot('team-a+ci', 'team-a');
  expect(created.stdout + created.stderr).not.toContain(secret);
  expect(changes()[0]).toBe('POST /robots');
  await expectDelivered(fixture);
  await expectNothingToDo();
  changes();

  for (const [change, as] of [
    [{ description: 'for the release' }, { description: 'for the release' }],
    [{ access: ['repository:pull'] }, { permissions: [{ access: [{ action: 'pull' }] }] }],
    [{ expires_at: 'never' }, { expiresAt: -1 }],
    [{ disable: true }, { disabled: true }],
    [{ disable: false }, { disabled: false }],
  ] as const) {
    await declare({ ...ci, ...change });
    await apply();
    expect(robot('team-a+ci', 'team-a')).toMatchObject({ id, secret, ...as });
    expect(changes()).toEqual([`PUT /robots/${id}`]);
    await expectNothingToDo();
  }

  await declare({ project: 'team-a', name: 'ci', state: 'absent' });
  await apply();
  expect(changes()).toEqual([`DELETE /robots/${id}`]);
  expect(emulator.harbor.robots('team-a')).toEqual([]);
  await expectNothingToDo();
});

/** Returns options whose creates take so long that the service counts a day more than the request assumed. */
function slowCreates(seconds: number, faults: Partial<Record<string, Fault[]>> = {}) {
  let passTime: Fixture['passTime'] | undefined;
  const options: Parameters<typeof createFixture>[1] = {
    fault: ({ method }) => {
      if (method === 'POST') passTime?.(seconds);
      return faults[method]?.shift() ?? 'none';
    },
  };
  return {
    options,
    begin: (fixture: Fixture): void => {
      passTime = fixture.passTime;
    },
  };
}

/** Returns an entry whose expiry is a little more than whole days away, and the expiry in seconds. */
function endingSoonAfterDays(seconds: number) {
  const wanted = Math.floor(Date.now() / 1000) + 30 * day + seconds;
  return { wanted, robot: { ...ci, expires_at: new Date(wanted * 1000).toISOString().replace('.000', '') } };
}

describe('an expiry that the create made too late', () => {
  const expectCorrected = async (fixture: Fixture, wanted: number): Promise<void> => {
    const { expiresAt } = fixture.robot('team-a+ci', 'team-a');
    expect(expiresAt).toBeLessThanOrEqual(wanted);
    expect(expiresAt).toBeGreaterThan(wanted - day);
    await expectDelivered(fixture);
    await fixture.expectNothingToDo();
  };

  test('is corrected by one PUT', async () => {
    const { wanted, robot } = endingSoonAfterDays(60);
    const { options, begin } = slowCreates(120);
    const fixture = await createFixture([robot], options);
    begin(fixture);
    await fixture.apply();
    const { id } = fixture.robot('team-a+ci', 'team-a');
    expect(fixture.changes()).toEqual(['POST /robots', `PUT /robots/${id}`]);
    const { expires_at: inSink } = await fixture.sink('ci.json');
    expect(Date.parse(String(inSink)) / 1000).toBe(fixture.robot('team-a+ci', 'team-a').expiresAt);
    await expectCorrected(fixture, wanted);
  });

  test('is corrected if the response was lost', async () => {
    const { wanted, robot } = endingSoonAfterDays(20);
    const { options, begin } = slowCreates(25, { POST: ['drop_after'] });
    const fixture = await createFixture([robot], options);
    begin(fixture);
    await fixture.apply('--grace', '60');
    const { id } = fixture.robot('team-a+ci', 'team-a');
    expect(fixture.changes()).toEqual(['POST /robots', `PATCH /robots/${id}`, `PUT /robots/${id}`]);
    await expectCorrected(fixture, wanted);
  });

  test.each([
    [
      'the response was lost',
      { POST: ['drop_after'], PATCH: Array.from({ length: 6 }, () => 'drop_before') },
    ],
    ['the correction was lost', { PUT: Array.from({ length: 6 }, () => 'drop_before') }],
  ] as const)('is corrected by the next run if %s', async (_, faults) => {
    const { wanted, robot } = endingSoonAfterDays(20);
    const { options, begin } = slowCreates(25, structuredClone(faults) as Partial<Record<string, Fault[]>>);
    const fixture = await createFixture([robot], options);
    begin(fixture);
    expect((await fixture.run('apply', '-y', '--grace', '60')).code).not.toBe(0);
    expect(await fixture.plan()).toMatchObject([
      { action: 'deliver', fields: [{ field: 'expires_at' }], custody: 'undelivered' },
    ]);
    await fixture.apply('--grace', '60');
    await expectCorrected(fixture, wanted);
  });

  test('stays with a warning if a robot is signed in; its secret is delivered, and a person corrects it', async () => {
    const { wanted, robot } = endingSoonAfterDays(60);
    const { options, begin } = slowCreates(120);
    const maker = {
      name: 'maker',
      secret: 'Maker-of-robots-1',
      access: ['create', 'read', 'list', 'delete']
        .map((action) => `robot:${action}`)
        .concat('project:read', ci.access),
    };
    const fixture = await createFixture([robot], options, {
      projects: [{ name: 'team-a', robots: [maker] }],
    });
    begin(fixture);
    fixture.signInAs('robot$team-a+maker', maker.secret);
    const { stdout } = await fixture.apply('--format', 'json');
    expect(fixture.changes()).toEqual(['POST /robots']);
    await expectDelivered(fixture);
    const end = fixture.robot('team-a+ci', 'team-a').expiresAt;
    expect(end).toBeGreaterThan(wanted);
    const warning = expect.stringContaining(
      `expires_at: the token ends at ${new Date(end * 1000).toISOString().replace('.000', '')}, later than ${robot.expires_at}`,
    );
    expect(JSON.parse(stdout).results).toMatchObject([
      { status: 'applied', warnings: expect.arrayContaining([warning]) },
    ]);
    expect(await fixture.plan()).toMatchObject([{ action: 'noop', warnings: [warning] }]);
    await fixture.apply();
    expect(fixture.changes()).toEqual([]);

    fixture.signInAs('emulator', 'emulator');
    expect(await fixture.plan()).toMatchObject([{ action: 'patch', fields: [{ field: 'expires_at' }] }]);
    await fixture.apply();
    await expectCorrected(fixture, wanted);
  });
});

describe('signed in as a robot', () => {
  const rights = ['create', 'read', 'list', 'delete'].map((action) => `robot:${action}`);
  const seed = {
    projects: [
      {
        name: 'team-a',
        robots: [
          {
            name: 'maker',
            secret: 'Maker-of-robots-1',
            access: [...rights, 'project:read', 'repository:pull', 'repository:push'],
          },
        ],
      },
    ],
  };
  const signedIn = async (robot: object): Promise<Fixture> => {
    const fixture = await createFixture([robot], {}, seed);
    fixture.signInAs('robot$team-a+maker', 'Maker-of-robots-1');
    return fixture;
  };

  test('robots are created, rotated by a successor, and deleted', async () => {
    const fixture = await signedIn({ ...ci, rotate: { every: '30d', lifetime: '45d', overlap: '24h' } });
    const { apply, passTime, emulator, declare, expectNothingToDo } = fixture;
    await apply();
    await expectNothingToDo();
    passTime(31 * day);
    await apply();
    passTime(2 * day);
    await apply();
    expect(emulator.harbor.robots('team-a')).toHaveLength(2);
    await expectNothingToDo();
    await declare({
      project: 'team-a',
      name: 'ci',
      state: 'absent',
      rotate: { every: '30d', lifetime: '45d' },
    });
    await apply();
    expect(emulator.harbor.robots('team-a')).toHaveLength(1);
  });

  test.each([
    ['a change', { ...ci, description: 'new' }],
    ['a disable at once', { ...ci, name: 'new', disable: true }],
    ['a rotation in place', { ...ci, rotate: { how: 'in_place', every: '1d', lifetime: '3d' } }],
  ])('%s is an error in the plan, which tells why', async (_, robot) => {
    const own = {
      ...seed.projects[0],
      robots: [...(seed.projects[0]?.robots ?? []), { name: 'ci', created_ago: '9d', access: ci.access }],
    };
    const fixture = await createFixture([robot], {}, { projects: [own] });
    fixture.signInAs('robot$team-a+maker', 'Maker-of-robots-1');
    expect(await fixture.plan()).toMatchObject([
      { action: 'error', error: { code: 'AUTH', message: expect.stringContaining('it is a robot account') } },
    ]);
    expect(fixture.changes()).toEqual([]);
  });

  test('the robot itself is neither deleted nor pruned', async () => {
    const maker = { project: 'team-a', name: 'maker', state: 'absent' };
    const fixture = await signedIn(maker);
    const { code, stdout } = await fixture.run('apply', '-y');
    expect({ code, stdout }).toEqual({
      code: 3,
      stdout: expect.stringMatching(/the\s+token\s+that\s+this\s+run\s+is\s+signed\s+in\s+with/),
    });
    await writeFile(
      join(fixture.cwd, 'tokens.yaml'),
      JSON.stringify({
        apiVersion: 'reconcile/v1',
        tokens: [{ kind: 'harbor_robot', ...ci }],
        prune: [{ kind: 'harbor_robot', project: 'team-a', match: '*' }],
      }),
    );
    await fixture.apply();
    expect(fixture.emulator.harbor.robots('team-a')).toHaveLength(2);
  });

  test('a create whose response is lost waits for a person, as no robot can set its secret', async () => {
    const fixture = await createFixture(
      [ci],
      { fault: ({ method }) => (method === 'POST' ? 'drop_after' : 'none') },
      seed,
    );
    fixture.signInAs('robot$team-a+maker', 'Maker-of-robots-1');
    const { code, stdout } = await fixture.run('apply', '-y', '--grace', '1', '--format', 'json');
    expect(code).toBe(1);
    const { id } = fixture.robot('team-a+ci', 'team-a');
    expect(JSON.parse(stdout).results).toMatchObject([
      { status: 'failed', error: { code: 'OUTCOME_UNKNOWN', message: expect.stringContaining(`(${id})`) } },
    ]);
    expect(fixture.changes()).toEqual(['POST /robots']);

    // The attempt names its creator, whoever is signed in now.
    fixture.signInAs('emulator', 'emulator');
    expect(await fixture.plan()).toMatchObject([{ action: 'deliver', id: String(id), error: null }]);
    await fixture.apply();
    expect(fixture.changes()).toEqual([`PATCH /robots/${id}`]);
    await expectDelivered(fixture);
    await fixture.expectNothingToDo();
  });
});

test('robots of two installations share a state, although their numbers are equal', async () => {
  const fixture = await createFixture([ci]);
  const other = await servedEmulator(JSON.stringify({ harbor: { projects: [{ name: 'team-a' }] } }));
  const there = {
    ...ci,
    api_url: other.harborEnv['HARBOR_URL'],
    username: 'emulator',
    password: '${env:HARBOR_PASSWORD}',
    name: 'there',
    secret: toFile('there.json'),
  };
  await fixture.declare(ci, there);
  await fixture.apply('--allow-insecure-http');
  const [own] = fixture.emulator.harbor.robots('team-a');
  const [theirs] = other.harbor.robots('team-a');
  expect(own?.id).toBe(theirs?.id);
  expect(await fixture.sink('ci.json')).toMatchObject({ password: own?.secret });
  expect(await fixture.sink('there.json')).toMatchObject({ password: theirs?.secret });
  await fixture.expectNothingToDo();
  // Neither is taken for the other after a change of its name in the manifest.
  await fixture.declare({ ...ci, description: 'changed' }, { ...there, description: 'changed' });
  await fixture.apply();
  await fixture.expectNothingToDo();
});

test.each(['json', 'raw'])(
  'a file (%s) is not overwritten that holds the secret of a robot with the same address at another installation',
  async (format) => {
    const first = await createFixture([{ ...ci, secret: toFile('ci.out', format) }]);
    await first.apply();
    const content = await first.text('ci.out');
    const second = await servedEmulator(JSON.stringify({ harbor: { projects: [{ name: 'team-a' }] } }));
    const { code, stdout } = await reconcile(['plan', '--format', 'json'], {
      cwd: first.cwd,
      env: second.harborEnv,
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).changes).toMatchObject([
      { action: 'error', error: { code: 'MANIFEST_CONFLICT', message: expect.stringContaining('ci.out') } },
    ]);
    expect(await first.text('ci.out')).toBe(content);
  },
);

describe('rotation by a successor', () => {
  const rotating = { ...ci, rotate: { every: '30d', lifetime: '45d', overlap: '24h' } };

  test('makes generations that overlap', async () => {
    const { apply, passTime, emulator, sink, expectNothingToDo } = await createFixture([rotating]);
    const live = () => emulator.harbor.robots('team-a');
    await apply();
    await expectNothingToDo();
    const [first] = live();
    passTime(31 * day);
    await apply();
    expect(live()).toHaveLength(2);
    const second = live().find(({ id }) => id !== first?.id);
    expect(second?.name).toMatch(/^team-a\+ci-\d{12}$/);
    expect(await sink('ci.json')).toMatchObject({
      password: second?.secret,
      username: `robot$${second?.name}`,
    });
    await expectNothingToDo();
    passTime(2 * day);
    await apply();
    expect(live().map(({ id }) => id)).toEqual([second?.id]);
    await expectNothingToDo();
  });
});

describe('rotation in place', () => {
  const rotating = { ...ci, rotate: { how: 'in_place', every: '30d', lifetime: '45d' } };

  test('is done with another change of the robot, at request', async () => {
    const fixture = await createFixture([rotating]);
    const { apply, run, robot, changes, declare, expectNothingToDo } = fixture;
    await apply();
    const { id, secret } = robot('team-a+ci', 'team-a');
    changes();
    await declare({ ...rotating, description: 'new' });
    expect(await run('rotate', 'harbor_robot:project/team-a/ci', '-y')).toMatchObject({ code: 0 });
    expect(changes()).toEqual([`PUT /robots/${id}`, `PATCH /robots/${id}`]);
    expect(robot('team-a+ci', 'team-a')).toMatchObject({ id, description: 'new' });
    expect(robot('team-a+ci', 'team-a').secret).not.toBe(secret);
    await expectDelivered(fixture);
    await expectNothingToDo();
  });

  test('revives an expired robot', async () => {
    const fixture = await createFixture([rotating]);
    const { apply, passTime, robot, expectNothingToDo } = fixture;
    await apply();
    const { id } = robot('team-a+ci', 'team-a');
    passTime(60 * day);
    await apply();
    expect(robot('team-a+ci', 'team-a').id).toBe(id);
    expect(robot('team-a+ci', 'team-a').expiresAt * 1000).toBeGreaterThan(Date.now() + 100 * day * 1000);
    await expectDelivered(fixture);
    await expectNothingToDo();
  });

  test('of an adopted robot begins with the time of its last change', async () => {
    const fixture = await createFixture(
      [rotating],
      {},
      {
        projects: [
          {
            name: 'team-a',
            robots: [
              {
                name: 'ci',
                access: ['repository:pull', 'repository:push'],
                duration: 300,
                created_ago: '40d',
              },
            ],
          },
        ],
      },
    );
    const { apply, robot, expectNothingToDo } = fixture;
    const { id } = robot('team-a+ci', 'team-a');
    await apply();
    expect(robot('team-a+ci', 'team-a').id).toBe(id);
    await expectDelivered(fixture);
    await expectNothingToDo();
  });
});

test('a renewed secret that a sink did not take is delivered from the spool, and not renewed again', async () => {
  const run = ['/bin/sh', '-c', 'test -e open && cat > ci.txt'];
  const {
    cwd,
    apply,
    run: reconcile,
    passTime,
    robot,
    text,
    expectNothingToDo,
  } = await createFixture([
    {
      ...ci,
      secret: [{ command: { run } }],
      rotate: { how: 'in_place', every: '30d', lifetime: '45d' },
    },
  ]);
  await writeFile(join(cwd, 'open'), '');
  await apply();
  passTime(31 * day);
  await rm(join(cwd, 'open'));
  expect(await reconcile('apply', '-y', '--grace', '1')).toMatchObject({ code: 4 });
  await writeFile(join(cwd, 'open'), '');
  expect(await reconcile('spool', 'deliver')).toMatchObject({ code: 0 });
  expect(await text('ci.txt')).toBe(robot('team-a+ci', 'team-a').secret);
  await expectNothingToDo();
});

test('both kinds of rotation at request, twice within a minute', async () => {
  const fixture = await createFixture([
    { ...ci, rotate: { how: 'in_place', every: '30d', lifetime: '45d' } },
    {
      ...ci,
      name: 'gen',
      secret: toFile('gen.json'),
      rotate: { every: '30d', lifetime: '45d', overlap: '24h' },
    },
  ]);
  const { apply, run, emulator, sink, expectNothingToDo, robot } = fixture;
  const live = () => emulator.harbor.robots('team-a');
  const inPlace = 'harbor_robot:project/team-a/ci';
  await apply();
  const { id } = robot('team-a+ci', 'team-a');
  const secrets = new Set([robot('team-a+ci', 'team-a').secret]);
  for (const generations of [2, 3]) {
    expect(await run('rotate', inPlace, 'harbor_robot:project/team-a/gen', '-y')).toMatchObject({ code: 0 });
    expect(robot('team-a+ci', 'team-a').id).toBe(id);
    secrets.add(robot('team-a+ci', 'team-a').secret);
    await expectDelivered(fixture);
    expect(live()).toHaveLength(1 + generations);
    const newest = live().toSorted((one, other) => Number(other.id) - Number(one.id))[0];
    expect(await sink('gen.json')).toMatchObject({ password: newest?.secret });
    await expectNothingToDo();
  }
  expect(secrets.size).toBe(3);
});

test('robots that no manifest declares are pruned; those that Harbor made and those of others are not', async () => {
  const { cwd, run, emulator, apply } = await createFixture(
    [ci],
    {},
    {
      projects: [
        {
          name: 'team-a',
          robots: [
            { name: 'ci-old' },
            { name: 'ci-legacy', editable: false },
            { name: 'release' },
            { name: 'ci-expired', duration: 1, created_ago: '20d' },
          ],
        },
        { name: 'team-b', robots: [{ name: 'ci-other' }] },
      ],
      robots: [{ name: 'ci-system' }],
    },
  );
  await writeFile(
    join(cwd, 'prune.yaml'),
    JSON.stringify({
      apiVersion: 'reconcile/v1',
      prune: [{ kind: 'harbor_robot', project: 'team-a', match: 'ci*' }],
    }),
  );
  await apply('--max-deletes', '10');
  expect(
    emulator.harbor
      .robots('team-a')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['team-a+ci', 'team-a+ci-legacy', 'team-a+release']);
  expect(emulator.harbor.robots('team-b')).toHaveLength(1);
  expect(emulator.harbor.robots()).toHaveLength(1);
  expect(await run('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
});

describe('what there is', () => {
  const seed = {
    prefix: 'bot@',
    projects: [
      {
        name: 'team-a',
        robots: [
          {
            name: 'ci',
            description: 'for the pipeline',
            access: ['repository:push', 'repository:pull'],
            duration: 300,
          },
          { name: 'old', editable: false },
        ],
      },
      { name: 'team-b', robots: [{ name: 'gone', duration: 1, created_ago: '20d' }] },
    ],
    robots: [{ name: 'backup', disable: true }],
  };

  test('is listed for all projects and the system, or one of them', async () => {
    const { run } = await createFixture([], {}, seed);
    const listed = async (...args: readonly string[]) => {
      const { code, stdout } = await run('list', '--format', 'json', ...args);
      expect(code).toBe(0);
      return JSON.parse(stdout).tokens.map(({ address }: { readonly address: string }) => address);
    };
    const inTeamA = ['harbor_robot:project/team-a/ci', 'harbor_robot:project/team-a/team-a+old'];
    const inSystem = ['harbor_robot:system/backup'];
    expect(await listed()).toEqual([...inTeamA, 'harbor_robot:project/team-b/gone', ...inSystem]);
    expect(await listed('--project', 'team-a')).toEqual(inTeamA);
    expect(await listed('--level', 'system')).toEqual(inSystem);
  });

  test('is exported as a manifest for which there is nothing to do', async () => {
    const { run, cwd } = await createFixture([], {}, seed);
    const exported = await run('export');
    expect(exported.code).toBe(0);
    expect(exported.stdout).not.toMatch(/^ {4}name: (team-a\+)?old$/m);
    await writeFile(join(cwd, 'tokens.yaml'), exported.stdout);
    const { code, stdout } = await run('plan', '--detailed-exitcode', '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).summary).toMatchObject({ noop: 2, create: 0, patch: 0 });
  });

  test('is audited', async () => {
    const { run } = await createFixture([], {}, seed);
    const { stdout } = await run('audit', '--format', 'json');
    const found = JSON.parse(stdout).findings.map(
      ({ rule, address }: { readonly rule: string; readonly address: string }) => `${rule} ${address}`,
    );
    expect(found).toEqual(
      expect.arrayContaining([
        'expired harbor_robot:project/team-b/gone',
        'undeclared harbor_robot:project/team-a/ci',
        'over_broad harbor_robot:system/backup',
      ]),
    );
  });

  test('keeps its names when the prefix changes; a rotation tells the sinks the new login name', async () => {
    const { apply, emulator, plan, run, sink } = await createFixture([
      { ...ci, rotate: { how: 'in_place', every: '30d', lifetime: '45d' } },
      {
        ...ci,
        name: 'gen',
        secret: toFile('gen.json'),
        rotate: { every: '30d', lifetime: '45d', overlap: '24h' },
      },
    ]);
    await apply();
    emulator.harbor.setPrefix('bot-');
    expect(await plan()).toMatchObject([
      {
        action: 'noop',
        error: null,
        warnings: [
          expect.stringMatching(
            /from robot\$team-a\+ci to bot-team-a\+ci; file ci\.json still has the old one/,
          ),
        ],
      },
      {
        action: 'noop',
        error: null,
        warnings: [
          expect.stringMatching(
            /from robot\$team-a\+(gen-\d+) to bot-team-a\+\1; file gen\.json still has the old one/,
          ),
        ],
      },
    ]);
    const addresses = ['ci', 'gen'].map((name) => `harbor_robot:project/team-a/${name}`);
    expect(await run('rotate', ...addresses, '-y')).toMatchObject({ code: 0 });
    const [robot] = emulator.harbor.robots('team-a').filter(({ name }) => name === 'team-a+ci');
    expect(await sink('ci.json')).toMatchObject({ username: 'bot-team-a+ci', password: robot?.secret });
    expect(await sink('gen.json')).toMatchObject({ username: expect.stringMatching(/^bot-team-a\+gen-/) });
    expect(await plan()).toMatchObject([{ warnings: [] }, { warnings: [] }]);
  });

  test('holds robots from before Harbor 2.2, which are errors by ID', async () => {
    const { plan } = await createFixture([{ project: 'team-a', id: '3', state: 'absent' }], {}, seed);
    expect(await plan()).toMatchObject([{ action: 'error', id: '3' }]);
  });
});
