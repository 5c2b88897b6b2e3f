import { describe, expect, test } from 'vitest';
import { ReconcileError } from '../../src/core/model/errors.ts';
import { SecretRejectedError } from '../../src/core/model/secret-rejected.ts';
import type { Fields } from '../../src/core/model/token.ts';
import type { Emulator } from '../../src/emulator/index.ts';
import type { Client } from '../../src/providers/provider.ts';
import { connect, failOnSpecViolations, mark } from './connect.ts';
import { basic, inDays, startHarbor } from './harbor-subjects.ts';
import { harborRobots } from './providers.ts';
import { start } from './subject.ts';

failOnSpecViolations();

const { signal } = new AbortController();
const day = 86_400_000;
const teamA = { id: 'projects/1', name: 'project/team-a' };
const teamB = { id: 'projects/2', name: 'project/team-b' };
const system = { id: 'system', name: 'system' };

type Options = NonNullable<Parameters<typeof startHarbor>[2]>;
type Harbor = NonNullable<Parameters<typeof startHarbor>[0]>;
type SeedRobot = NonNullable<Harbor['robots']>[number];

const pull = { resource: 'repository', action: 'pull', effect: '' };
const push = { ...pull, action: 'push' };

interface Contents {
  readonly robots?: readonly SeedRobot[];
  readonly system?: readonly SeedRobot[];
}

function setUp({ robots = [], system: own = [] }: Contents = {}, options: Options = {}) {
  const running = startHarbor(
    { projects: [{ name: 'team-a', robots }, { name: 'team-b' }], robots: own },
    'team-a',
    options,
  );
  const sent: Request[] = [];
  const fetch = (request: Request): Promise<Response> => {
    sent.push(request.clone());
    return running.fetch(request);
  };
  const as = (authorization = running.authorizations.valid): Client =>
    connect(harborRobots, { ...running, fetch }, authorization);
  const { emulator } = running;
  return {
    emulator,
    as,
    client: as(),
    sent,
    bodies: async (method: string): Promise<readonly Record<string, unknown>[]> =>
      Promise.all(
        sent
          .filter((one) => one.method === method)
          .map((one) => one.json() as Promise<Record<string, unknown>>),
      ),
    /** The queries of lists of robots. */
    queries: () =>
      sent
        .map(({ url }) => new URL(url))
        .filter(({ pathname }) => pathname.endsWith('/robots'))
        .map(({ searchParams }) => searchParams),
  };
}

const many = (count: number): readonly SeedRobot[] =>
  Array.from({ length: count }, (_, index) => ({ name: `ci-${index + 1}` }));

const names = async (client: Client, scope = teamA): Promise<readonly string[]> =>
  (await client.list(scope, signal)).tokens.map(({ name }) => name);

/** Returns the actual robot of a project, or of the system, with this stored name. */
function stored(emulator: Emulator, name: string, project?: string) {
  const found = emulator.harbor.robots(project).find((robot) => robot.name === name);
  if (!found) throw new Error(`there is no robot ${name}`);
  return found;
}

/** The credentials of the robot that a run is signed in as. */
function robotLogin(emulator: Emulator, name: string, project?: string): string {
  const robot = stored(emulator, name, project);
  return basic(emulator.harbor.loginName(robot), robot.secret);
}

describe('a list', () => {
  test('of 250 robots is asked for in three pages of a stable order', async () => {
    const { client, queries } = setUp({ robots: many(250) });
    expect(await names(client)).toHaveLength(250);
    expect(queries().map((query) => [query.get('page'), query.get('page_size'), query.get('sort')])).toEqual([
      ['1', '100', 'id'],
      ['2', '100', 'id'],
      ['3', '100', 'id'],
    ]);
  });

  test('whose total moves is read again, and is complete then', async () => {
    const { client, queries } = setUp({ robots: many(250) }, { harborQuirks: { movingTotals: 2 } });
    const found = await names(client);
    expect(new Set(found).size).toBe(250);
    expect(queries()).toHaveLength(6);
  });

  test('that is incomplete twice fails', async () => {
    const { client } = setUp({ robots: many(3) }, { harborQuirks: { movingTotals: 20 } });
    await expect(client.list(teamA, signal)).rejects.toThrow(/3 items of a list/);
  });

  test('of the system holds no robot of a project, though release 2.12 lists them', async () => {
    const { client } = setUp(
      { robots: many(2), system: [{ name: 'backup' }] },
      { harborQuirks: { version: '2.12' } },
    );
    expect(await names(client, system)).toEqual(['backup']);
  });

  test('of all scopes takes one request for each, beside those for the account', async () => {
    const { client, sent } = setUp({ robots: many(2), system: [{ name: 'backup' }] });
    const scopes = (await client.scopes(signal)) ?? [];
    for (const { name } of scopes) await client.list(await client.resolve(name, signal), signal);
    const requests = sent.map(({ url }) => new URL(url).pathname.replace('/api/v2.0', '')).sort();
    expect(requests).toEqual([
      '/configurations',
      '/projects',
      // One tells whether the credential can list the robots of the system, the others are the lists.
      '/robots',
      '/robots',
      '/robots',
      '/robots',
      '/systeminfo',
    ]);
  });

  test('of a project holds its own robots only', async () => {
    const { client } = setUp({ robots: many(2), system: [{ name: 'backup' }] });
    expect(await names(client)).toEqual(['ci-1', 'ci-2']);
    expect(await names(client, teamB)).toEqual([]);
  });
});

describe('names', () => {
  const robots = [{ name: 'ci' }];

  test.each(['robot$', 'bot@', 'robot_'])('of a project are the same with the prefix %s', async (prefix) => {
    const { client } = setUp({ robots }, { harborQuirks: { prefix } });
    const [token] = (await client.list(teamA, signal)).tokens;
    expect(token).toMatchObject({ name: 'ci', fields: { name: 'ci' }, loginName: `${prefix}team-a+ci` });
  });

  test('of the system are found with the prefix of the settings', async () => {
    const { client } = setUp({ system: robots }, { harborQuirks: { prefix: 'robot_' } });
    const [token] = (await client.list(system, signal)).tokens;
    expect(token).toMatchObject({ name: 'ci', loginName: 'robot_ci' });
  });

  test('of the system are found with the prefix of a project, if the settings are closed to the credential', async () => {
    const { emulator, as } = setUp(
      {
        robots,
        system: [
          {
            name: 'lister',
            permissions: [
              { kind: 'system', namespace: '/', access: [{ resource: 'robot', action: 'list', effect: '' }] },
              {
                kind: 'project',
                namespace: 'team-a',
                access: [{ resource: 'robot', action: 'list', effect: '' }],
              },
            ],
          },
        ],
      },
      { harborQuirks: { prefix: 'bot@' } },
    );
    expect(await names(as(robotLogin(emulator, 'lister')), system)).toEqual(['lister']);
  });

  test.each([
    ['robot$', 1],
    ['bot@', 1],
    ['token-', 1],
    ['robots-of-', 2],
    ['robot', 5],
  ])(
    'of the system with the prefix %s are found by the short name of one, if the credential sees nothing else',
    async (prefix, asked) => {
      const access = [{ resource: 'robot', action: 'list', effect: '' }];
      const { emulator, as, queries } = setUp(
        {
          system: [
            { name: 'own', permissions: [{ kind: 'system', namespace: '/', access }] },
            { name: 'own-other' },
          ],
        },
        { harborQuirks: { prefix } },
      );
      expect(await names(as(robotLogin(emulator, 'own')), system)).toEqual(['own', 'own-other']);
      expect(queries().filter((query) => query.get('q')?.startsWith('name='))).toHaveLength(asked);
    },
  );

  test('stay the same after the prefix was changed; the login names follow', async () => {
    const { emulator, client, as } = setUp({ robots, system: robots });
    await client.list(teamA, signal);
    emulator.harbor.setPrefix('bot-');
    for (const [scope, loginName] of [
      [teamA, 'bot-team-a+ci'],
      [system, 'bot-ci'],
    ] as const) {
      const [token] = (await as().list(scope, signal)).tokens;
      expect(token).toMatchObject({ name: 'ci', loginName });
    }
  });

  test('in a PUT are full ones', async () => {
    const { client, bodies } = setUp({ robots });
    await client.patch(teamA, '1', { description: 'new' }, signal);
    expect(await bodies('PUT')).toMatchObject([{ name: 'robot$team-a+ci' }]);
  });
});

describe('permissions', () => {
  test('in random order, and with either spelling of allow, read the same', async () => {
    const permissions = [{ kind: 'project', namespace: 'team-a', access: [push, pull] }];
    const { client } = setUp(
      { robots: [{ name: 'ci', permissions }] },
      { harborQuirks: { effect: 'allow' } },
    );
    for (let reads = 0; reads < 3; reads += 1) {
      const [token] = (await client.list(teamA, signal)).tokens;
      expect(token?.fields).toMatchObject({ access: ['repository:pull', 'repository:push'] });
    }
  });

  test('with another effect are shown', async () => {
    const permissions = [
      { kind: 'project', namespace: 'team-a', access: [pull, { ...push, effect: 'deny' }] },
    ];
    const { client } = setUp({ robots: [{ name: 'ci', permissions }] });
    const [token] = (await client.list(teamA, signal)).tokens;
    expect(token?.fields).toMatchObject({ access: ['repository:pull', 'repository:push:deny'] });
  });

  test('of a deleted project are missing', async () => {
    const permissions = ['team-a', 'team-b'].map((namespace) => ({
      kind: 'project',
      namespace,
      access: [pull],
    }));
    const { client, emulator } = setUp({ system: [{ name: 'ci', permissions }] });
    emulator.harbor.deleteProject('team-b');
    const [token] = (await client.list(system, signal)).tokens;
    expect(token?.fields).toMatchObject({
      permissions: [{ kind: 'project', namespace: 'team-a', access: ['repository:pull'] }],
    });
  });

  test('that stay keep the effect that they have', async () => {
    const permissions = [{ kind: 'project', namespace: 'team-a', access: [{ ...pull, effect: 'allow' }] }];
    const { client, bodies } = setUp({ robots: [{ name: 'ci', permissions }] });
    await client.patch(teamA, '1', { access: ['repository:pull', 'repository:push'] }, signal);
    expect(await bodies('PUT')).toMatchObject([
      {
        permissions: [
          {
            access: [
              { resource: 'repository', action: 'pull', effect: 'allow' },
              { resource: 'repository', action: 'push' },
            ],
          },
        ],
      },
    ]);
  });
});

describe('warnings about rights', () => {
  const doubtful = { access: ['repository:pull', 'robot:update'] };

  test('come from the version if the server does not show what it can grant', async () => {
    const { emulator, as } = setUp({ robots: [{ name: 'own' }] });
    const warnings = await as(robotLogin(emulator, 'team-a+own', 'team-a')).warnings?.(
      doubtful,
      undefined,
      signal,
    );
    expect(warnings).toEqual([expect.stringContaining('may reject robot:update')]);
  });

  test('are not needed if it does, as such rights are errors then', async () => {
    const { client } = setUp();
    expect(await client.warnings?.(doubtful, undefined, signal)).toEqual([]);
    expect(await client.rejects?.(teamA, doubtful, signal)).toContain('robot:update');
  });

  test('take no request if no rights are sent', async () => {
    const { client, sent } = setUp();
    expect(await client.warnings?.({ description: 'new' }, { access: ['repository:pull'] }, signal)).toEqual(
      [],
    );
    expect(sent).toEqual([]);
  });
});

describe('a change', () => {
  test('keeps what was changed by hand after the plan', async () => {
    const { client, emulator } = setUp({ robots: [{ name: 'ci', description: 'old', duration: 90 }] });
    await client.list(teamA, signal);
    emulator.harbor.updateAs('1', { description: 'by hand', disabled: true, duration: 120 });
    await client.patch(teamA, '1', { access: ['repository:push'] }, signal);
    expect(stored(emulator, 'team-a+ci', 'team-a')).toMatchObject({
      description: 'by hand',
      disabled: true,
      duration: 120,
      permissions: [{ access: [push] }],
    });
  });

  test('never sends a PATCH, which would change the secret', async () => {
    const { client, emulator, sent } = setUp({ robots: [{ name: 'ci' }] });
    const { secret } = stored(emulator, 'team-a+ci', 'team-a');
    const changes: readonly Fields[] = [
      { disable: true },
      { description: 'new' },
      { access: ['repository:push'] },
      { expires_at: inDays(30) },
      { disable: false, expires_at: 'never' },
    ];
    for (const fields of changes) await client.patch(teamA, '1', fields, signal);
    expect(sent.filter(({ method }) => method === 'PATCH')).toEqual([]);
    expect(stored(emulator, 'team-a+ci', 'team-a').secret).toBe(secret);
  });

  test('of the secret is a PATCH of nothing else', async () => {
    const { client, bodies } = setUp({ robots: [{ name: 'ci', disabled: true }] });
    await client.setSecret?.(teamA, '1', 'Chosen-by-us-0123456789', signal);
    expect(await bodies('PATCH')).toEqual([{ secret: 'Chosen-by-us-0123456789' }]);
    expect(await bodies('PUT')).toEqual([]);
  });

  test.each([
    ['is rejected for good if the only try is', [403], SecretRejectedError, 1],
    ['may have had an effect if an earlier try failed', [503, 403], ReconcileError, 2],
    ['may have had an effect if the robot can not be read afterwards', [200, 403], ReconcileError, 1],
    ['may have had an effect after a 5xx', [500, 500, 500, 500, 500, 500], ReconcileError, 6],
  ])('of the secret %s', async (_, statuses, type, tries) => {
    const left: number[] = [...statuses];
    const sent: string[] = [];
    const running = startHarbor({ projects: [{ name: 'team-a', robots: [{ name: 'ci' }] }] }, 'team-a');
    const fetch = async (request: Request): Promise<Response> => {
      sent.push(request.method);
      const status = left.shift() ?? 200;
      return status === 200 ? running.fetch(request) : new Response(null, { status });
    };
    const error = await connect(harborRobots, { ...running, fetch })
      .setSecret?.(teamA, '1', 'Chosen-by-us-0123456789', signal)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error instanceof SecretRejectedError).toBe(type === SecretRejectedError);
    expect(sent.filter((method) => method === 'PATCH')).toHaveLength(tries);
  });

  test('of a robot from before Harbor 2.2 is rejected', async () => {
    const { client } = setUp({ robots: [{ name: 'old', editable: false }] });
    const [token] = (await client.list(teamA, signal)).tokens;
    expect(token).toMatchObject({ name: 'team-a+old', generated: true });
    await expect(client.patch(teamA, '1', { description: 'new' }, signal)).rejects.toMatchObject({
      code: 'AUTH',
    });
  });
});

describe('a create', () => {
  const fields = { name: 'ci', access: ['repository:pull'], disable: true, description: 'for the pipeline' };

  test('says neither a secret nor disable, as the service ignores both', async () => {
    const { client, bodies } = setUp();
    const { token } = await client.create(teamA, fields, mark(), signal);
    const [body] = await bodies('POST');
    expect(Object.keys(body ?? {}).sort()).toEqual([
      'description',
      'duration',
      'level',
      'name',
      'permissions',
    ]);
    expect(token.fields).toMatchObject({ disable: false });
  });

  test('sends its nonce as the ID of the request, which an error names', async () => {
    const { client, sent } = setUp({ robots: [{ name: 'ci' }] });
    await expect(client.create(teamA, fields, mark(), signal)).rejects.toThrow(
      /POST \/robots, request ID nonce-1/,
    );
    expect(sent.find(({ method }) => method === 'POST')?.headers.get('x-request-id')).toBe('nonce-1');
  });

  test('is sent as no more than one request', async () => {
    const { client, sent } = setUp();
    await client.create(teamA, fields, mark(), signal);
    expect(sent.map(({ method }) => method).filter((method) => method !== 'GET')).toEqual(['POST']);
  });

  test.each(['drop_after', 'error_after', 'no_secret'] as const)(
    'is not sent again after %s',
    async (fault) => {
      const { client, sent, emulator } = setUp(
        {},
        { fault: ({ method }) => (method === 'POST' ? fault : 'none') },
      );
      await expect(client.create(teamA, fields, mark(), signal)).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
      });
      expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(1);
      expect(emulator.harbor.robots('team-a')).toHaveLength(1);
    },
  );
});

describe('an expiry', () => {
  const hour = 3_600;
  const create = (expiry: string) => ({ name: 'ci', access: ['repository:pull'], expires_at: expiry });

  test('of a new robot is rounded down to a day since its creation', async () => {
    const { client } = setUp();
    const until = new Date(start + 30 * day + 23 * hour * 1000).toISOString();
    const { token } = await client.create(teamA, create(until), mark(), signal);
    expect(token.fields).toMatchObject({ expires_at: inDays(30) });
  });

  test('of a new robot leaves time for the request if a robot is signed in, which could not correct it', async () => {
    const access = ['create', 'read', 'list'].map((action) => ({ resource: 'robot', action, effect: '' }));
    const permissions = [{ kind: 'project', namespace: 'team-a', access: [...access, pull] }];
    const { emulator, as, client } = setUp({ robots: [{ name: 'own', permissions }] });
    const until = new Date(start + 30 * day + 10_000).toISOString();
    const byPerson = await client.create(teamA, { ...create(until), name: 'one' }, mark(), signal);
    expect(byPerson.token.fields).toMatchObject({ expires_at: inDays(30) });
    const own = as(robotLogin(emulator, 'team-a+own', 'team-a'));
    const byRobot = await own.create(teamA, { ...create(until), name: 'two' }, mark(), signal);
    expect(byRobot.token.fields).toMatchObject({ expires_at: inDays(29) });
  });

  test('is counted from the creation in a change, and never later than wanted', async () => {
    const created = { at: start - 10 * day - 5 * hour * 1000 };
    const { client, bodies } = setUp({ robots: [{ name: 'ci', duration: 20, created }] });
    const { fields } = await client.patch(teamA, '1', { expires_at: inDays(30) }, signal);
    expect(await bodies('PUT')).toMatchObject([{ duration: 40 }]);
    expect(Date.parse(String(fields['expires_at']))).toBeLessThanOrEqual(start + 30 * day);
    expect(Date.parse(String(fields['expires_at']))).toBeGreaterThan(start + 29 * day);
  });

  test('in the past is that of an expired robot, which stays listed', async () => {
    const robots = [{ name: 'ci', duration: 5, created: { at: start - 10 * day } }];
    const { client } = setUp({ robots });
    const [token] = (await client.list(teamA, signal)).tokens;
    expect(token).toMatchObject({ expired: true, fields: { expires_at: inDays(-5) } });
  });

  test('of an expired robot is moved by a change, which revives it', async () => {
    const robots = [{ name: 'ci', duration: 5, created: { at: start - 10 * day } }];
    const { client } = setUp({ robots });
    const token = await client.patch(teamA, '1', { expires_at: inDays(20) }, signal);
    expect(token).not.toHaveProperty('expired');
    expect(token.fields).toMatchObject({ expires_at: inDays(20) });
  });
});

describe('signing in', () => {
  const robots = [{ name: 'ci' }];

  test('sends no cookie back, so that every change is accepted', async () => {
    const { client, sent } = setUp({ robots });
    await client.patch(teamA, '1', { description: 'one' }, signal);
    await client.patch(teamA, '1', { description: 'two' }, signal);
    await client.delete(teamA, '1', signal);
    expect(sent.length).toBeGreaterThan(4);
    expect(sent.map(({ headers }) => headers.get('cookie'))).toEqual(sent.map(() => null));
  });

  test.each([
    ['resolving', (client: Client) => client.resolve('project/team-a', signal)],
    ['resolving the system', (client: Client) => client.resolve('system', signal)],
    ['the scopes', (client: Client) => client.scopes(signal)],
    ['listing', (client: Client) => client.list(system, signal)],
  ])('with wrong credentials is AUTH, not an empty list: %s', async (_, work) => {
    const { as } = setUp({ robots });
    await expect(work(as(basic('emulator', 'wrong')))).rejects.toMatchObject({
      code: 'AUTH',
      hint: expect.stringContaining('HARBOR_PASSWORD'),
    });
  });

  test('as someone without a role in the project finds no such project', async () => {
    const { as } = setUp({ robots });
    await expect(as(basic('unprivileged')).resolve('project/team-a', signal)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      httpStatus: 403,
    });
  });

  test('finds a project whose name is a number', async () => {
    const running = startHarbor(
      {
        projects: [
          { id: 7, name: '1' },
          { id: 1, name: 'other' },
        ],
      },
      '1',
    );
    const client = connect(harborRobots, running);
    expect(await client.resolve('project/1', signal)).toMatchObject({ id: 'projects/7', name: 'project/1' });
  });

  test('finds the public projects of others only if their robots can be seen', async () => {
    const running = startHarbor(
      {
        users: [
          { name: 'guest', password: 'guest', admin: false, roles: { 'team-a': 'guest', open: 'guest' } },
        ],
        projects: [
          { name: 'team-a' },
          { name: 'team-b' },
          { name: 'open', public: true },
          { name: 'library', public: true },
        ],
      },
      'team-a',
    );
    const names = async (authorization?: string) =>
      (await connect(harborRobots, running, authorization).scopes(signal))?.map(({ name }) => name).sort();
    expect(await names(basic('guest'))).toEqual(['project/open', 'project/team-a']);
    expect(await names()).toEqual([
      'project/library',
      'project/open',
      'project/team-a',
      'project/team-b',
      'system',
    ]);
  });

  test('tells the host of logins, with its port', async () => {
    const running = startHarbor({ projects: [{ name: 'team-a' }] }, 'team-a');
    const client = connect(harborRobots, { ...running, baseUrl: 'https://harbor.example:8443/api/v2.0' });
    expect(await client.details(teamA, signal)).toEqual({ host: 'harbor.example:8443' });
  });
});

describe('signed in as a robot', () => {
  const rights = ['create', 'read', 'list', 'delete'].map((action) => ({
    resource: 'robot',
    action,
    effect: '',
  }));
  const maker = (effect = ''): SeedRobot => ({
    name: 'maker',
    permissions: [
      {
        kind: 'project',
        namespace: 'team-a',
        access: [...rights, pull, push].map((one) => ({ ...one, effect })),
      },
      { kind: 'system', namespace: '/', access: rights },
    ],
  });
  const unable = [
    { action: 'patch', reason: expect.stringMatching(/robot/) },
    { action: 'set_secret', reason: expect.stringMatching(/robot/) },
  ];
  const noProjects = { action: 'create', levelPrefix: 'project/', reason: expect.stringMatching(/2\.14\.1/) };

  test('a person lacks nothing', async () => {
    const { client } = setUp();
    expect(await client.inabilities?.(signal)).toEqual([]);
  });

  test.each([
    ['2.12', [...unable, noProjects]],
    ['2.13', [...unable, noProjects]],
    ['2.14.0', [...unable, noProjects]],
    ['2.14.1', unable],
    ['2.16', unable],
  ] as const)('release %s lets it change no robot', async (version, inabilities) => {
    const { emulator, as } = setUp({ system: [maker()] }, { harborQuirks: { version } });
    const client = as(robotLogin(emulator, 'maker'));
    expect(await client.inabilities?.(signal)).toEqual(inabilities);
    const [create] = inabilities.slice(2);
    const made = client.create(teamA, { name: 'ci', access: ['repository:pull'] }, mark(), signal);
    if (create) await expect(made).rejects.toMatchObject({ code: 'AUTH', httpStatus: 403 });
    else expect((await made).token.name).toBe('ci');
  });

  test('it creates, lists and deletes, whatever the effect of its own permissions', async () => {
    for (const effect of ['', 'allow']) {
      const { emulator, as } = setUp({ system: [maker(effect)] });
      const client = as(robotLogin(emulator, 'maker'));
      const fields = { name: 'ci', access: ['repository:pull', 'repository:push'] };
      const { token } = await client.create(teamA, fields, mark(), signal);
      expect((await client.list(teamA, signal)).tokens).toMatchObject([
        { id: token.id, origin: { createdBy: 'robot 1' }, fields: { access: fields.access } },
      ]);
      await client.delete(teamA, token.id, signal);
      expect(await client.read(teamA, token.id, signal)).toBeUndefined();
    }
  });

  test('it can give no more than it has', async () => {
    const { emulator, as } = setUp({ system: [maker()] });
    const client = as(robotLogin(emulator, 'maker'));
    const fields = { name: 'ci', access: ['repository:delete'] };
    await expect(client.create(teamA, fields, mark(), signal)).rejects.toMatchObject({
      code: 'AUTH',
      hint: expect.stringContaining('at most its own permissions'),
    });
  });
});

describe('the creator of a robot', () => {
  test('is known before it is created', async () => {
    const { client } = setUp({ robots: [{ name: 'theirs', creator: { type: 'local', id: 9 } }] });
    const self = await client.creator?.(teamA);
    await client.create(teamA, { name: 'ours', access: ['repository:pull'] }, mark(), signal);
    const { tokens } = await client.list(teamA, signal);
    const creators = Object.fromEntries(tokens.map(({ name, origin }) => [name, origin.createdBy]));
    expect(creators).toEqual({ theirs: 'local 9', ours: self });
  });
});

describe('a level', () => {
  test('that is not the system one is a usage error', async () => {
    const { client } = setUp();
    await expect(client.resolve('global', signal)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
