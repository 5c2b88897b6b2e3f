import { describe, expect, test, vi } from 'vitest';
import { accessToken, createFixture, deployToken, type FixtureOptions, grace, withName } from './fixture.ts';
import { workFolder } from './records.ts';
import { accessTokens, deployTokens } from './services/gitlab.ts';
import { person } from './simulation.ts';
import { failure } from './virtual-disk.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes, randomInt } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes, randomInt };
});

const deploy: FixtureOptions = { service: deployTokens, tokens: [deployToken()] };
const access: FixtureOptions = { service: accessTokens, tokens: [accessToken()] };
const day = 24 * 60 * 60;

/** Creates a fixture in which a person makes exactly our token just before our first create, whose answer is lost. */
function withTwin(options: FixtureOptions, fault: 'drop_before' | 'drop_after') {
  const setting = createFixture({
    ...options,
    faultFor: ({ name }, method, count) => {
      if (method !== 'POST' || name !== 'm1#1' || count > 1) return undefined;
      setting.simulation.personCreates('ci', { user: 'other', repository: 'app' });
      return fault;
    },
  });
  return setting;
}

describe('a person makes exactly our token just before a create whose answer is lost', () => {
  test('deploy tokens, both there: which is ours is unknown, and nothing is deleted, then and later', async () => {
    const { apply, live, pass, plan } = withTwin(deploy, 'drop_after');
    const { code, rows } = await apply();
    expect(code).toBe(1);
    expect(rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(live()).toMatchObject([{ by: person }, { by: 'm1' }]);
    await pass(2 * grace);
    expect((await apply()).code).toBe(1);
    expect(await plan()).toMatchObject([{ error: { code: 'AMBIGUOUS' } }]);
    expect(live()).toMatchObject([{ by: person }, { by: 'm1' }]);
  });

  test('a deploy token, ours never came to be: theirs is new and alike, which is evidence', async () => {
    const { apply, live, sink } = withTwin(deploy, 'drop_before');
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([{ by: 'm1', ...sink() }]);
  });

  test('the same under --strict-outcome: it is left alone', async () => {
    const { apply, live } = withTwin(deploy, 'drop_before');
    expect((await apply({ strictOutcome: true })).rows).toMatchObject([
      { error: { code: 'OUTCOME_UNKNOWN' } },
    ]);
    expect(live()).toMatchObject([{ by: person }]);
  });

  test('an access token, ours never came to be: theirs has no mark, so it stays', async () => {
    const { apply, live } = withTwin(access, 'drop_before');
    expect((await apply()).rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(live()).toMatchObject([{ by: person }]);
  });

  test('an access token: ours has its mark, so it is made again, and theirs stays', async () => {
    const { apply, live, sink } = withTwin(access, 'drop_after');
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([{ by: person }, { by: 'm1', ...sink() }]);
  });
});

test('a secret of which one sink has been written gives way to that of the token that --replace makes', async () => {
  const secret = '[{ file: { path: secrets/ci.env, format: env } }, { file: { path: secrets/ci.json } }]';
  const renamed = deployToken(', id: "1", allow_replace: true', secret);
  const { apply, live, pass, sink, simulation } = createFixture({ ...deploy, tokens: [renamed] });
  simulation.seed('old', 'app');
  let full = /ci\.json$/;
  const { gate } = simulation.disk;
  simulation.disk.gate = async (step) => {
    await gate(step);
    if (step.name === 'rename' && full.test(step.path)) throw failure('ENOSPC', step.name, step.path);
  };
  expect((await apply()).code).toBe(4);
  full = /secrets/;
  await pass(1);
  expect((await apply({ replace: ['gitlab_deploy_token:team/app/ci'] })).code).toBe(4);
  full = /^nothing$/;
  const mayDelete = withName('old');
  expect((await apply({ mayDelete })).code).toBe(0);
  // What the second secret has replaced goes with the next run.
  expect((await apply({ mayDelete })).code).toBe(0);
  expect(live()).toMatchObject([{ ...sink(), process: 'm1#2' }]);
  expect(live('old')).toEqual([]);
});

describe('a family of deploy tokens', () => {
  const rotate = ', rotate: { every: 30d, lifetime: 45d, before_expiry: 7d, overlap: 24h }';
  const family: FixtureOptions = { ...deploy, tokens: [deployToken(rotate)] };
  const usernameIn = ({ simulation, first }: ReturnType<typeof createFixture>): string =>
    JSON.parse(simulation.disk.text(`${workFolder(first)}/secrets/ci.json`) ?? '{}').username;

  test('keeps its user name, and both generations for the overlap', async () => {
    const setting = createFixture(family);
    const { apply, pass, simulation, sink, plan } = setting;
    await apply();
    const [old] = simulation.live();
    await pass(30 * day);
    expect((await apply()).code).toBe(0);
    const [, successor] = simulation.live();
    expect(simulation.live()).toEqual([old, successor]);
    expect(sink()).toMatchObject({ id: successor?.id, password: successor?.password });
    expect(usernameIn(setting)).toBe('pipeline');
    await pass(day);
    expect((await apply()).code).toBe(0);
    expect(simulation.live()).toEqual([successor]);
    expect(await plan()).toMatchObject([{ action: 'noop', warnings: [] }]);
  });

  test.each([
    { where: /^at the answer to POST/, isLost: true },
    { where: /^before write .*secrets/, isLost: false },
    { where: /^before rename .*custody\.json/, isLost: false },
  ])(
    'is killed $where: the next run delivers one successor, and no other stays',
    async ({ where, isLost }) => {
      const { apply, applyUntil, pass, simulation, sink, plan } = createFixture(family);
      await apply();
      const [old] = simulation.live();
      await pass(30 * day);
      await applyUntil(where);
      const [, begun] = simulation.live();
      expect((await apply()).code).toBe(0);
      const [, successor, ...more] = simulation.live();
      expect(more).toEqual([]);
      expect(simulation.live()).toEqual([old, successor]);
      expect(successor?.id === begun?.id).toBe(!isLost);
      expect(sink()).toMatchObject({ id: successor?.id, password: successor?.password });
      expect(await plan()).toMatchObject([{ action: 'noop', warnings: [] }]);
    },
  );

  test('is killed as its first answer comes: the next run deletes that token, and delivers another', async () => {
    const { apply, applyUntil, simulation, sink } = createFixture(family);
    await applyUntil(/^at the answer to POST/);
    const [lost] = simulation.live();
    expect((await apply()).code).toBe(0);
    expect(simulation.live()).toHaveLength(1);
    expect(simulation.live()).not.toContain(lost);
    expect(simulation.live()).toMatchObject([sink()]);
  });

  test('whose state is lost: nothing that is there is of the family, so it begins anew, and leaves the others alone', async () => {
    const { apply, pass, simulation, first } = createFixture(family);
    await apply();
    const [old] = simulation.live();
    const folder = `${workFolder(first)}/.reconcile`;
    simulation.disk.remove(`${folder}/custody.json`, true);
    simulation.disk.remove(`${workFolder(first)}/secrets/ci.json`, true);
    await pass(2 * 60);
    const { code, rows } = await apply();
    expect(code).toBe(0);
    expect(rows).toMatchObject([
      { action: 'create', warnings: [expect.stringContaining('it is not in the ledger')] },
    ]);
    expect(simulation.live()).toHaveLength(2);
    expect(simulation.live()[0]).toBe(old);
  });
});
