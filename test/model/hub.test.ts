import { describe, expect, test, vi } from 'vitest';
import { createFixture, type FixtureOptions, grace, orgToken, personalToken, withName } from './fixture.ts';
import { organizational } from './services/organization.ts';
import { personal } from './services/personal.ts';
import { person } from './simulation.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

/** Creates a fixture of personal tokens, each of which shows its attempt. */
function proven(setting: FixtureOptions = {}) {
  return createFixture({ service: personal, tokens: [personalToken()], ...setting });
}

/** Creates a fixture of an organization's tokens: lists show few fields, and only evidence shows the owner. */
function evident(setting: FixtureOptions = {}) {
  return createFixture({ service: organizational, tokens: [orgToken()], ...setting });
}

describe('a token that is listed and not found by its ID yet', () => {
  const lags = { readLag: 8_000 };

  test('exists all the same: no second one is created', async () => {
    const { apply, live, plan } = evident({ lags });
    await apply();
    expect(await plan()).toMatchObject([{ action: 'noop', id: live()[0]?.id }]);
    expect((await apply()).rows).toMatchObject([{ status: 'unchanged' }]);
    expect(live()).toHaveLength(1);
  });

  test('is not replaced while the values to carry over are unknown', async () => {
    const { apply, live, machine, pass } = evident({ lags });
    await apply();
    machine('m1', [orgToken(', expires_at: 2031-01-01T00:00:00Z, allow_replace: true')]);
    expect((await apply()).rows).toMatchObject([{ error: { code: 'API_UNAVAILABLE' } }]);
    await pass(grace);
    expect((await apply({ mayDelete: withName('ci') })).rows).toMatchObject([
      { action: 'replace', status: 'applied' },
    ]);
    expect(live()).toHaveLength(1);
  });

  test('is disabled after its creation, even if the response lacks fields', async () => {
    const { apply, pass, plan } = evident({
      tokens: [orgToken(', is_active: false')],
      hubQuirks: { description: false },
      lags,
    });
    expect((await apply()).code).toBe(0);
    await pass(grace);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });
});

describe('a token of another user, beside an attempt of ours without effect', () => {
  test('which we patch as declared: it looks like ours from then on, and is not deleted', async () => {
    const { apply, applyUntil, live, pass, plan, simulation } = evident();
    await applyUntil(/^before POST/);
    await pass(2);
    simulation.personCreates('ci');
    await pass(3 * grace);
    expect((await apply()).rows).toMatchObject([{ action: 'patch', status: 'applied' }]);
    expect(live()).toMatchObject([{ by: person }]);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });

  test('which is replaced once it is known not to be ours', async () => {
    const { apply, applyUntil, live, pass, sink, simulation } = evident({
      tokens: [orgToken(', expires_at: 2031-01-01T00:00:00Z, allow_replace: true')],
    });
    await applyUntil(/^before POST/);
    await pass(2);
    simulation.personCreates('ci');
    await pass(3 * grace);
    expect((await apply({ mayDelete: withName('ci') })).rows).toMatchObject([
      { action: 'replace', status: 'applied' },
    ]);
    expect(live()).toMatchObject([{ by: 'm1', ...sink() }]);
  });
});

describe('a token that is named by its ID', () => {
  test('and was replaced: its successor counts, even if the list still shows the old one', async () => {
    const setting = proven({ lags: { listLag: 10_000 } });
    const { apply, live, machine, pass, plan, sink, simulation } = setting;
    const { id } = simulation.seed('ci', 'before');
    machine('m1', [personalToken(`, uuid: ${id}, allow_replace: true`)]);
    await pass(grace);
    expect((await apply({ mayDelete: withName('ci') })).code).toBe(0);
    await pass(1);
    expect((await apply()).rows).toMatchObject([{ status: 'unchanged', id: live()[0]?.id }]);
    expect(live()).toMatchObject([{ by: 'm1', ...sink() }]);
    expect(await plan()).toMatchObject([
      { action: 'noop', warnings: [expect.stringContaining('was replaced')] },
    ]);
  });

  test('and got another label while its secret was in the spool: the secret is delivered', async () => {
    const { apply, applyUntil, live, machine, records, sink, simulation } = proven();
    await applyUntil(/^before write .*secrets/);
    const [made] = live();
    const id = String(made?.id);
    simulation.emulator.hub.personal.patchAs('emulator', id, { label: 'other' });
    machine('m1', [personalToken(`, uuid: ${id}`).replace('token_label: ci', 'token_label: other')]);
    expect((await apply()).rows).toMatchObject([{ action: 'deliver', status: 'applied', id }]);
    expect(sink()).toMatchObject({ id, password: made?.password });
    expect(records('other')).toMatchObject({ held: id, spool: [] });
    expect(records('ci')).toMatchObject({ held: null, spool: [] });
  });

  test('and is the orphan of a lost response under another label: it is deleted, and one is created', async () => {
    const { apply, applyUntil, live, machine, plan, sink } = proven();
    await applyUntil(/^at the answer to POST/);
    const [useless] = live();
    machine('m1', [personalToken(`, uuid: ${useless?.id}`).replace('token_label: ci', 'token_label: other')]);
    await applyUntil(/^before DELETE/);
    expect((await apply()).code).toBe(0);
    expect(live('ci')).toEqual([]);
    expect(live('other')).toMatchObject([sink()]);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });

  test('and shares its old label with a token whose secret is in the sink: that secret is not overwritten', async () => {
    const old = personalToken().replace('token_label: ci', 'token_label: old');
    const { apply, live, machine, pass, simulation, sink } = proven({ tokens: [old] });
    await apply();
    const before = sink();
    const { id } = simulation.seed('old', 'before');
    machine('m1', [personalToken(`, uuid: ${id}, state: update, allow_replace: true`)]);
    await pass(grace);
    expect((await apply({ replace: ['docker_hub_personal_token:ci'] })).rows).toMatchObject([
      { status: 'failed', error: { code: 'MANIFEST_CONFLICT' } },
    ]);
    expect(sink()).toEqual(before);
    expect(live('old')).toHaveLength(2);
    expect(live('ci')).toEqual([]);
  });

  test('and is to be absent, and is gone already: its secret does not stay in the spool', async () => {
    const { apply, applyUntil, live, machine, pass, records, simulation } = proven();
    await applyUntil(/^before write .*secrets/);
    const [made] = live();
    if (made) simulation.personDeletes(made);
    machine('m1', [`{ kind: docker_hub_personal_token, state: absent, uuid: ${made?.id} }`]);
    await pass(2 * grace);
    expect((await apply()).code).toBe(0);
    expect(records().spool).toEqual([]);
  });
});

describe('a token that has expired', () => {
  test('and whose successor had a lost response: both are deleted, and one remains with its secret', async () => {
    const { apply, applyUntil, live, machine, pass, plan, sink } = proven({
      tokens: [personalToken(', expires_at: 2030-01-01T00:01:00Z')],
    });
    await apply();
    await pass(100);
    machine('m1', [personalToken(', expires_at: 2031-01-01T00:00:00Z')]);
    await applyUntil(/^at the answer to POST/);
    expect(live()).toHaveLength(2);
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([sink()]);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });
});

describe('a token of a concurrent run that shows up late', () => {
  test('does not make a run defer that has begun to deliver', async () => {
    const setting = proven({
      lags: { listLag: 10_000 },
      tokens: [personalToken(', allow_replace: true')],
      faultFor: ({ name }, method) => {
        if (name === 'm1#2' && method === 'POST') setting.simulation.personCreates('ci');
        return undefined;
      },
    });
    const { apply, applyUntil, live, pass, sink } = setting;
    await apply();
    await pass(grace);
    await applyUntil(/^before write .*custody\.json/, { replace: ['docker_hub_personal_token:ci'] });
    await pass(grace);
    expect((await apply()).rows).toMatchObject([{ action: 'deliver', status: 'applied' }]);
    expect(live().filter(({ by }) => by === 'm1')).toMatchObject([sink()]);
  });
});

// What was granted is on disk before the token counts as finished: else the next run would replace it.
test('a token that was granted less than requested converges, wherever the run is killed', async () => {
  const setting: FixtureOptions = {
    tokens: [orgToken(', description: for CI, expires_at: 2040-01-01T00:00:00Z, allow_replace: true')],
    hubQuirks: { longestLife: 30 * 86_400_000, description: false },
  };
  let deaths = 0;
  for (; ; deaths += 1) {
    const { apply, applyUntil, live, pass, plan, simulation } = evident(setting);
    const died = await applyUntil(/./, { skip: deaths }).then(
      () => true,
      () => false,
    );
    if (!died) break;
    // A token whose answer is lost, and that doesn't show what was asked for, isn't surely ours: it is replaced as the
    // manifest allows, once it can't be that any more.
    for (let runs = 0; runs < 2; runs += 1) {
      await pass(2 * grace);
      await apply({ mayDelete: withName('ci') });
    }
    const [made, ...others] = live();
    expect(others).toEqual([]);
    expect((await apply()).rows).toMatchObject([{ action: 'noop', id: made?.id }]);
    expect(await plan()).toMatchObject([{ action: 'noop', id: made?.id }]);
    expect(simulation.violations).toEqual([]);
  }
  expect(deaths).toBeGreaterThan(20);
});
