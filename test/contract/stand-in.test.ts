import { describe, expect, test } from 'vitest';
import type { StandInVariant } from '../support/stand-in/provider/fields.ts';
import type { StandInQuirks } from '../support/stand-in/quirks.ts';
import type { StandInFault } from '../support/stand-in/service.ts';
import { connect, mark } from './connect.ts';
import { standInProvider, startStandIn } from './stand-in-subject.ts';
import { start } from './subject.ts';

const { signal } = new AbortController();

const project = { id: 'projects/1', name: 'project/team-a' };
const system = { id: 'system', name: 'system' };
const rights = ['push', 'pull', 'list', 'delete', 'scan'].map((action) => ({
  scope: '/project',
  resource: 'repository',
  action,
}));

interface SetUp {
  readonly quirks?: Partial<StandInQuirks>;
  readonly variant?: StandInVariant;
  /** The fault of the nth request of a method. */
  readonly faults?: Readonly<Record<string, StandInFault>>;
  readonly now?: () => number;
}

function setUp({ quirks, variant = {}, faults = {}, now = () => start }: SetUp = {}) {
  const counts = new Map<string, number>();
  const running = startStandIn({ projects: ['team-a', 'team-b'] }, quirks, {
    now,
    faultFor: (method) => {
      counts.set(method, (counts.get(method) ?? 0) + 1);
      return faults[`${method} ${counts.get(method)}`];
    },
  });
  const { service, requests } = running;
  return { service, requests, client: connect(standInProvider(variant), running) };
}

describe('scopes', () => {
  test('one number is a token of each scope', async () => {
    const { client } = setUp();
    const own = await client.create(project, { name: 'ci' }, mark(), signal);
    const other = await client.create(system, { name: 'robot' }, mark(), signal);
    expect([own.token.id, other.token.id]).toEqual(['1', '1']);
    await client.delete(system, '1', signal);
    expect(await client.read(project, '1', signal)).toMatchObject({ name: 'ci' });
    expect(await client.read(system, '1', signal)).toBeUndefined();
  });

  test('the system is one, and not among the listed ones', async () => {
    const { client } = setUp();
    expect(await client.resolve('system', signal)).toEqual(system);
    await expect(client.verify(system, signal)).resolves.toBeUndefined();
    expect((await client.scopes(signal))?.map(({ name }) => name)).toEqual([
      'project/team-a',
      'project/team-b',
    ]);
  });

  test('a token logs in with a name that tells its scope', async () => {
    const { client } = setUp();
    const own = await client.create(project, { name: 'ci' }, mark(), signal);
    const other = await client.create(system, { name: 'ci' }, mark(), signal);
    expect([own.username, other.username]).toEqual(['svc$team-a+ci', 'svc$ci']);
    expect((await client.list(project, signal)).tokens).toMatchObject([{ loginName: 'svc$team-a+ci' }]);
  });
});

describe('permissions', () => {
  test('are a set, in whatever order each response has them', async () => {
    const { client } = setUp();
    const { token } = await client.create(project, { name: 'ci', permissions: rights }, mark(), signal);
    const actions = (token.fields['permissions'] as typeof rights).map(({ action }) => action);
    expect(actions).toEqual(['delete', 'list', 'pull', 'push', 'scan']);
    for (const _ of [1, 2, 3]) {
      const [listed] = (await client.list(project, signal)).tokens;
      expect(listed).toMatchObject({ fields: token.fields, object: token.object });
    }
  });
});

describe('an expiry', () => {
  const planned = '2030-01-31T00:00:00Z';

  test('is in days since the creation, however long after the plan that is', async () => {
    const { client } = setUp({ now: () => start + 5_000 });
    const { token } = await client.create(project, { name: 'ci', expires_at: planned }, mark(), signal);
    expect(token).toMatchObject({ fields: { expires_at: '2030-01-31T00:00:05Z' }, object: { days: 30 } });
  });

  test('beyond the limit is rejected', async () => {
    const { client } = setUp({ quirks: { maxDays: 29 } });
    const create = client.create(project, { name: 'ci', expires_at: planned }, mark(), signal);
    await expect(create).rejects.toMatchObject({ code: 'API_REJECTED', httpStatus: 400 });
  });

  test('in the past marks the token as expired', async () => {
    let now = start;
    const { client } = setUp({ now: () => now });
    await client.create(project, { name: 'ci', expires_at: planned }, mark(), signal);
    now += 31 * 86_400_000;
    expect((await client.list(project, signal)).tokens).toMatchObject([{ name: 'ci', expired: true }]);
  });
});

describe('the mark of a create', () => {
  const marked = { marksDescription: true } as const;

  test('is not shown by default', async () => {
    const { client } = setUp();
    const { token } = await client.create(project, { name: 'ci' }, mark(), signal);
    expect(token.origin.requestMark).toBeNull();
  });

  test.each(['', 'for the pipeline', 'two\nlines'])(
    'stands at the end of the description, which changes leave it at: %j',
    async (description) => {
      const { client, service } = setUp({ variant: marked });
      const { token } = await client.create(project, { name: 'ci', description }, mark(), signal);
      expect(token).toMatchObject({
        fields: { description },
        origin: { requestMark: 'reconcile/test (nonce-1)' },
      });
      const changed = await client.patch(project, token.id, { description: 'other' }, signal);
      expect(changed).toMatchObject({
        fields: { description: 'other' },
        origin: { requestMark: token.origin.requestMark },
      });
      const stored = service.store.scope('projects/1').collection.tokens.get('1');
      expect(stored?.content.description).toBe('other\nreconcile/test (nonce-1)');
    },
  );
});

describe('a lost response', () => {
  test.each([
    { fault: 'before', left: 0 },
    { fault: 'after', left: 1 },
  ] as const)('to a create, $fault its effect: the create is not repeated', async ({ fault, left }) => {
    const { client, requests } = setUp({ faults: { 'POST 1': fault } });
    const create = client.create(project, { name: 'ci' }, mark(), signal);
    await expect(create).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(requests()).toHaveLength(1);
    expect((await client.list(project, signal)).tokens).toHaveLength(left);
    const again = client.create(project, { name: 'ci' }, mark(), signal);
    if (left === 0) await expect(again).resolves.toMatchObject({ token: { name: 'ci' } });
    else await expect(again).rejects.toMatchObject({ code: 'API_REJECTED', httpStatus: 409 });
  });

  test.each(['before', 'after'] as const)('to a change, %s its effect: it is repeated', async (fault) => {
    const { client, requests } = setUp({ faults: { 'PUT 1': fault } });
    const { token } = await client.create(project, { name: 'ci', permissions: rights }, mark(), signal);
    const changed = await client.patch(project, token.id, { disabled: true }, signal);
    expect(changed.fields).toEqual({ ...token.fields, disabled: true });
    expect(requests().filter(({ what }) => what.startsWith('PUT'))).toHaveLength(2);
  });
});

test('a change keeps what a person has changed in the console meanwhile', async () => {
  const { client, service } = setUp();
  const { token } = await client.create(project, { name: 'ci', permissions: rights }, mark(), signal);
  service.changeAs('projects/1', token.id, { description: 'theirs', permissions: [], days: 7 });
  const changed = await client.patch(project, token.id, { disabled: true }, signal);
  expect(changed.fields).toEqual({
    name: 'ci',
    description: 'theirs',
    permissions: [],
    expires_at: '2030-01-08T00:00:00Z',
    disabled: true,
  });
});

test('a list that grows meanwhile is read again, and is complete', async () => {
  const { client, service } = setUp({ quirks: { pageCap: 1 } });
  for (const name of ['a', 'b']) service.createAs('other', 'projects/1', { name });
  const list = service.store.lag.listed;
  let pages = 0;
  Object.assign(service.store.lag, {
    listed: (...args: Parameters<typeof list>) => {
      pages += 1;
      if (pages === 2) service.createAs('other', 'projects/1', { name: 'c' });
      return list(...args);
    },
  });
  const { tokens } = await client.list(project, signal);
  expect(tokens.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(pages).toBeGreaterThan(3);
});

test('reads may lag behind', async () => {
  let now = start;
  const { client } = setUp({
    quirks: { listLag: 5_000, readLag: 2_000, statusLag: 1_000 },
    now: () => now,
  });
  const { token } = await client.create(project, { name: 'ci' }, mark(), signal);
  expect((await client.list(project, signal)).tokens).toEqual([]);
  expect(await client.read(project, token.id, signal)).toBeUndefined();
  now += 2_000;
  expect(await client.patch(project, token.id, { disabled: true }, signal)).toMatchObject({
    fields: { disabled: false },
  });
  now += 3_000;
  expect((await client.list(project, signal)).tokens).toMatchObject([{ fields: { disabled: true } }]);
});
