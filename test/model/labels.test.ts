import { describe, expect, test, vi } from 'vitest';
import { createFixture, type FixtureOptions, grace, orgToken } from './fixture.ts';
import { applyOn, runAll } from './runs.ts';
import { organizational } from './services/organization.ts';
import { person } from './simulation.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});
const address = 'docker_hub_org_token:acme/ci';

/** Creates a fixture with shared labels, in which only evidence shows the owner of a token. */
function shared(setting: FixtureOptions = {}) {
  return createFixture({ service: organizational, tokens: [orgToken()], ...setting });
}

describe('two tokens of one label', () => {
  test('of which neither is ours: an error that lists both, and nothing is written', async () => {
    const { apply, live, simulation } = shared();
    simulation.seed('ci', 'app');
    simulation.personCreates('ci');
    const { code, rows } = await apply();
    expect(code).toBe(1);
    expect(rows).toMatchObject([{ error: { code: 'AMBIGUOUS' } }]);
    for (const { id } of live()) expect(rows[0]?.error?.message).toContain(id);
    expect(live()).toHaveLength(2);
  });

  test('of which one is ours and one a person created: an error, and both stay', async () => {
    const { apply, live, pass, sink, simulation } = shared();
    await apply();
    simulation.personCreates('ci');
    await pass(2 * grace);
    expect((await apply()).rows).toMatchObject([{ error: { code: 'AMBIGUOUS' } }]);
    expect(live()).toMatchObject([
      { by: 'm1', ...sink(), changedBy: new Set() },
      { by: person, changedBy: new Set() },
    ]);
  });

  test('as concurrent runs created one each: the younger defers, and one remains with its secret', async () => {
    const { simulation, first, machine, apply, live, sink } = shared();
    const other = machine('m2');
    const outcomes = await runAll(simulation, [applyOn(simulation, first), applyOn(simulation, other)]);
    expect(outcomes.map(({ process }) => process.creates.get('ci'))).toEqual([1, 1]);
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
    const winner = outcomes.find(({ code }) => code === 0)?.process.machine ?? first;
    expect(live()).toMatchObject([{ by: winner.name, ...sink(winner) }]);
    for (const each of [first, other]) expect((await apply({}, each)).code).toBe(0);
    expect(live()).toMatchObject([{ by: winner.name, ...sink(winner) }]);
  });

  test('as the younger of two runs was killed before it could defer: the next run does', async () => {
    const setting = shared({
      faultFor: ({ name }, method, count) => {
        if (name !== 'm1#1' || method !== 'POST' || count > 1) return undefined;
        setting.simulation.personCreates('ci', { repository: 'app' });
        return 'rate_limit';
      },
    });
    const { apply, applyUntil, live, sink, records, plan, pass } = setting;
    await applyUntil(/^at the answer to GET \/tokens\?/, { skip: 1 });
    await pass(2);
    const { code, rows } = await apply();
    expect(code).toBe(1);
    expect(rows).toMatchObject([
      {
        status: 'failed',
        error: { code: 'API_REJECTED', message: expect.stringContaining('first; this run deleted its own') },
      },
    ]);
    expect(live()).toMatchObject([{ by: person }]);
    expect(sink()).toEqual({});
    expect(records().spool).toEqual([]);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });

  test('as a lost response left an orphan: it is deleted, but nothing that a person created meanwhile', async () => {
    const setting = shared({
      faultFor: ({ name }, method, count) => {
        if (name !== 'm1#1' || method !== 'POST' || count !== 1) return undefined;
        setting.simulation.personCreates('ci');
        return 'late';
      },
    });
    const { apply, live, pass, plan } = setting;
    const { rows } = await apply();
    // What the person made can't be told from ours without looking at it, and it isn't ours.
    expect(rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(live()).toMatchObject([{ by: person }]);
    await pass(grace);
    expect(await plan()).toMatchObject([{ action: 'patch', id: live()[0]?.id }]);
  });

  test('as a lost create takes effect after the next one: the run waits, and deletes it', async () => {
    const { apply, live, sink, plan } = shared({
      faultFor: (_, method, count) => (method === 'POST' && count === 1 ? 'late' : undefined),
    });
    const { code, settlements } = await apply();
    expect(code).toBe(0);
    expect(settlements).toBe(1);
    expect(live()).toMatchObject([sink()]);
    expect(await plan()).toMatchObject([{ action: 'noop', warnings: [] }]);
  });

  test('as a killed run had a create on its way, and that takes effect much later: the next run waits for it', async () => {
    const { apply, applyUntil, live, sink, simulation } = shared({
      faultFor: ({ name }, method) => (name === 'm1#1' && method === 'POST' ? { hang: 50_000 } : undefined),
    });
    const before = simulation.clock.now();
    await applyUntil(/never/, { lifetime: 1_000 });
    expect((await apply()).settlements).toBe(1);
    expect(simulation.clock.now() - before).toBeGreaterThan(50_000);
    expect(live()).toMatchObject([sink()]);
  });

  test('as a run was killed before it could delete the one that it replaced: the next run does', async () => {
    const { apply, applyUntil, live, sink, plan } = shared();
    await apply();
    await applyUntil(/^before DELETE/, { replace: [address] });
    expect(live()).toHaveLength(2);
    expect(await plan()).toMatchObject([{ action: 'noop' }, { action: 'delete' }]);
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([sink()]);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });

  test('as one was replaced before its secret was delivered, and before it showed: the old one goes', async () => {
    const { apply, applyUntil, live, pass, sink, records, plan } = shared({
      lags: { listLag: 10_000, readLag: 5_000 },
    });
    await applyUntil(/^before write .*secrets/);
    expect((await apply({ replace: [address] })).code).toBe(0);
    await pass(grace);
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([sink()]);
    expect(records()).toMatchObject({ held: live()[0]?.id, superseded: [], spool: [] });
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });
});
