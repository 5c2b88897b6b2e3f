import { describe, expect, test, vi } from 'vitest';
import { createFixture, grace, renamed, token, withName } from './fixture.ts';
import { workFolder } from './records.ts';
import { applyOn, runAll } from './runs.ts';
import { pulling } from './services/ionos.ts';
import { noFaults, person } from './simulation.ts';
import { failure } from './virtual-disk.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const beforePost = /^before POST/;

describe('a lost response', () => {
  test('after the create took effect: one token remains, its secret is in the sink, exit 0', async () => {
    const { apply, live, sink, plan } = createFixture({
      faultFor: (_, method, count) => (method === 'POST' && count === 1 ? 'drop_after' : undefined),
    });
    const { code, rows, settlements } = await apply();
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ action: 'create', status: 'applied' }]);
    expect(settlements).toBe(1);
    expect(live()).toMatchObject([sink()]);
    expect(await plan()).toMatchObject([{ action: 'noop', warnings: [] }]);
  });

  test('and the orphan takes the name of the next create before it is listed: it is deleted', async () => {
    const { apply, live, sink, simulation } = createFixture({
      lags: { listLag: 8_000 },
      faultFor: (_, method, count) => (method === 'POST' && count === 1 ? 'drop_after' : undefined),
    });
    expect((await apply()).code).toBe(0);
    expect(simulation.trace.filter((line) => line.includes('→ 409'))).toHaveLength(1);
    expect(live()).toHaveLength(1);
    expect(sink()).toMatchObject({ password: live()[0]?.password });
  });

  test('five times: the run stops, and waits to delete late orphans', async () => {
    const { apply, live, pass, plan, records } = createFixture({
      faultFor: ({ name }, method) => (method === 'POST' && name === 'm1#1' ? 'late' : undefined),
    });
    const { code, rows, process, settlements } = await apply();
    expect(code).toBe(1);
    expect(rows).toMatchObject([{ status: 'failed', error: { code: 'API_UNAVAILABLE' } }]);
    expect(process.creates.get('ci')).toBe(5);
    expect(settlements).toBe(1);
    await pass(2 * grace);
    expect(live()).toEqual([]);
    expect(records().unresolved.filter(({ open }) => open)).toEqual([]);
    expect(await plan()).toMatchObject([{ action: 'create' }]);
  });

  test('a run without one never waits', async () => {
    const { apply, simulation } = createFixture();
    const before = simulation.clock.now();
    expect((await apply()).settlements).toBe(0);
    expect(simulation.clock.now()).toBe(before);
  });

  test('of a create under an ID of our own: its token is ours, also under --strict-outcome', async () => {
    const { apply, live, sink } = createFixture({
      tokens: [token(', create_with: put')],
      faultFor: (_, method, count) => (method === 'PUT' && count === 1 ? 'drop_after' : undefined),
    });
    expect((await apply({ strictOutcome: true })).code).toBe(0);
    expect(live()).toHaveLength(1);
    expect(sink()).toMatchObject({ id: live()[0]?.id });
  });

  test('under --strict-outcome: a token that only looks like ours is left alone and reported', async () => {
    const { apply, live } = createFixture({
      faultFor: (_, method, count) => (method === 'POST' && count === 1 ? 'drop_after' : undefined),
    });
    const { code, rows } = await apply({ strictOutcome: true });
    expect(code).toBe(1);
    expect(rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(rows[0]?.error?.message).toContain(live()[0]?.id);
    expect(live()).toHaveLength(1);
  });
});

describe('a person', () => {
  test.each([
    { listed: 'at once', listLag: 0 },
    { listed: 'later than our next create is refused', listLag: 8_000 },
  ])(
    'who makes a token of the same name, in the same minute and with other properties, keeps it; listed $listed',
    async ({ listLag }) => {
      const setting = createFixture({
        lags: { listLag },
        // They are quicker than our create, whose answer is lost.
        faultFor: ({ name }, method, count) => {
          if (method !== 'POST' || name !== 'm1#1') return undefined;
          if (count > 1) return undefined;
          setting.simulation.personCreates('ci');
          return 'drop_after';
        },
      });
      const { apply, live, pass, plan } = setting;
      const { code, rows } = await apply();
      expect(code).toBe(1);
      expect(rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
      expect(live()).toMatchObject([{ by: person }]);
      await pass(2 * grace);
      // From then on it is what the name stands for: adjusted as declared, and never deleted.
      expect(await plan()).toMatchObject([{ action: 'patch', id: live()[0]?.id }]);
      expect((await apply()).code).toBe(0);
      expect(live()).toMatchObject([{ by: person }]);
    },
  );

  test('who makes one with the same properties, as another user, keeps it', async () => {
    // What makes our own user known: a token that was made before.
    const other = '{ kind: registry_token, registry: team-a, name: other, secret: discard }';
    const setting = createFixture({
      tokens: [token(), other],
      faultFor: ({ name }, method, count) => {
        if (method !== 'POST' || name !== 'm1#2' || count !== 1) return undefined;
        setting.simulation.personCreates('ci', { user: 'other', repository: 'app' });
        return 'drop_before';
      },
    });
    const { apply, live, simulation } = setting;
    await apply();
    const [made] = live();
    if (made) simulation.personDeletes(made);
    const { rows } = await apply();
    expect(rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }, { status: 'unchanged' }]);
    expect(live()).toMatchObject([{ by: person }]);
  });

  test('who changes an orphan of a lost response takes it over: it is not deleted', async () => {
    const { applyUntil, apply, live, pass, simulation } = createFixture();
    await applyUntil(/^at the answer to POST/);
    const [left] = live();
    if (left) simulation.personDisables(left);
    expect((await apply()).rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    await pass(3 * grace);
    expect((await apply()).rows).toMatchObject([
      { status: 'unchanged', warnings: [expect.stringContaining('--replace')] },
    ]);
    expect(live()).toEqual([left]);
  });

  test('who deletes a new token before it is delivered everywhere: the run reports it, the next one recreates the token', async () => {
    const setting = createFixture({
      lags: { listLag: 5_000 },
      // They act before the closing listing.
      faultFor: ({ name }, method) => {
        const [made] = setting.live();
        if (name === 'm1#1' && method === 'GET' && made) setting.simulation.personDeletes(made);
        return undefined;
      },
    });
    const { apply, live, sink } = setting;
    const { code, rows } = await apply();
    expect(code).not.toBe(0);
    expect(rows).toMatchObject([{ status: 'failed', error: { code: 'NOT_FOUND' } }]);
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([sink()]);
  });
});

describe('another run', () => {
  test('that created the token between our listing and our create: an error that explains how to adopt it', async () => {
    const setting = createFixture({
      faultFor: (_, method, count) => {
        if (method === 'POST' && count === 1) setting.simulation.personCreates('ci', { repository: 'app' });
        return undefined;
      },
    });
    const { apply, live, plan, sink } = setting;
    const { code, rows } = await apply();
    expect(code).toBe(1);
    expect(rows).toMatchObject([
      { error: { code: 'API_REJECTED', message: expect.stringContaining('the name ci is taken') } },
    ]);
    expect(live()).toMatchObject([{ by: person }]);
    expect(sink()).toEqual({});
    expect(await plan()).toMatchObject([
      { action: 'noop', warnings: [expect.stringContaining('--replace')] },
    ]);
  });

  test('that created the token after we were killed before our create: it is not deleted', async () => {
    const { applyUntil, apply, live, machine, pass, sink } = createFixture();
    const other = machine('m2', [token(', status: disabled')]);
    await applyUntil(beforePost);
    await pass(2);
    expect((await apply({}, other)).code).toBe(0);
    const { rows } = await apply();
    expect(rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(live()).toMatchObject([{ by: 'm2' }]);
    await pass(3 * grace);
    expect((await apply()).code).toBe(0);
    expect(live()).toMatchObject([{ by: 'm2', id: sink(other).id }]);
    expect(sink()).toEqual({});
  });

  test('that created an equal one, too late to be ours: it is not deleted', async () => {
    const { applyUntil, apply, live, machine, pass, sink } = createFixture();
    const other = machine('m2');
    await applyUntil(beforePost);
    await pass(3 * grace);
    expect((await apply({}, other)).code).toBe(0);
    for (let runs = 0; runs < 2; runs += 1) {
      expect((await apply()).rows).toMatchObject([
        { status: 'unchanged', warnings: [expect.stringContaining('--replace')] },
      ]);
    }
    expect(live()).toMatchObject([{ by: 'm2', id: sink(other).id }]);
  });

  test('that created an equal one: under --strict-outcome it is not deleted either', async () => {
    const { applyUntil, apply, live, machine, pass } = createFixture();
    const other = machine('m2');
    const strict = { strictOutcome: true };
    await applyUntil(beforePost, strict);
    await pass(2);
    expect((await apply(strict, other)).code).toBe(0);
    for (const seconds of [0, 3 * grace]) {
      await pass(seconds);
      expect((await apply(strict)).rows).toMatchObject([{ error: { code: 'OUTCOME_UNKNOWN' } }]);
    }
    expect(live()).toMatchObject([{ by: 'm2' }]);
  });
});

describe('two applies at once, on two machines', () => {
  test('of the same manifest: one creates the token, the other reports it, and nothing is lost', async () => {
    const { simulation, first, machine, apply, live, sink } = createFixture();
    const other = machine('m2');
    const outcomes = await runAll(simulation, [applyOn(simulation, first), applyOn(simulation, other)]);
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(outcomes.flatMap(({ rows }) => rows.flatMap(({ error }) => error?.code ?? []))).toEqual([
      'API_REJECTED',
    ]);
    const winner = outcomes.find(({ code }) => code === 0)?.process.machine ?? first;
    expect(live()).toMatchObject([{ by: winner.name, ...sink(winner) }]);
    for (const each of [first, other]) expect((await apply({}, each)).code).toBe(0);
    expect(live()).toMatchObject([{ by: winner.name, ...sink(winner) }]);
  });

  test('of a rename: the old token is gone, the new one is there once, and its secret is kept', async () => {
    const { simulation, first, machine, live, sink } = createFixture({ tokens: [renamed] });
    simulation.seed('old', 'app');
    const other = machine('m2');
    const outcomes = await runAll(simulation, [applyOn(simulation, first), applyOn(simulation, other)]);
    const winner = outcomes.find(({ code }) => code === 0)?.process.machine ?? first;
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(live('old')).toEqual([]);
    expect(live()).toMatchObject([{ by: winner.name, ...sink(winner) }]);
  });
});

describe('a run that is killed', () => {
  test('before the response arrives: the next one deletes the undelivered token and recreates it', async () => {
    const { applyUntil, apply, live, sink } = createFixture();
    await applyUntil(/^at the answer to POST/);
    const [useless] = live();
    expect((await apply()).code).toBe(0);
    expect(live()).toHaveLength(1);
    expect(live()[0]?.id).not.toBe(useless?.id);
    expect(live()).toMatchObject([sink()]);
  });

  test('with the secret in the spool: the next one delivers it, and creates no other', async () => {
    const { applyUntil, apply, live, sink, records } = createFixture();
    await applyUntil(/^before write .*secrets/);
    const [made] = live();
    const { code, rows, process } = await apply();
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ action: 'deliver', status: 'applied', id: made?.id }]);
    expect(process.creates.size).toBe(0);
    expect(sink()).toMatchObject({ id: made?.id, password: made?.password });
    expect(records()).toMatchObject({ held: made?.id, spool: [] });
  });

  test('after delivery, and whose token was deleted since: it is recreated', async () => {
    const { applyUntil, apply, live, pass, sink, simulation } = createFixture();
    await applyUntil(/^before rename .*custody\.json/);
    const [made] = live();
    if (made) simulation.personDeletes(made);
    await pass(2 * grace);
    expect((await apply()).rows).toMatchObject([{ action: 'create', status: 'applied' }]);
    expect(sink()).toMatchObject({ id: live()[0]?.id });
  });

  test('by a power cut: nothing that it had recorded is lost', async () => {
    for (const where of [/^at the answer to POST/, /^before write .*secrets/, /^before rm .*spool/]) {
      const { applyUntil, apply, live, sink } = createFixture();
      await applyUntil(where, { powerCut: true });
      expect((await apply()).code).toBe(0);
      expect(live()).toHaveLength(1);
      expect(live()).toMatchObject([sink()]);
    }
  });

  test('between the two halves of a replace: omitted fields are still carried over', async () => {
    const { applyUntil, apply, live, sink, simulation } = createFixture({
      tokens: [
        '{ kind: registry_token, registry: team-a, name: ci, secret: [{ file: { path: secrets/ci.json } }] }',
      ],
    });
    simulation.seed('ci', 'theirs');
    await applyUntil(beforePost, { replace: ['registry_token:team-a/ci'], mayDelete: withName('ci') });
    expect(live()).toEqual([]);
    expect((await apply()).rows).toMatchObject([{ action: 'create', status: 'applied' }]);
    expect(sink()).toMatchObject({ id: live()[0]?.id });
    expect(simulation.emulator.tokens('team-a')).toMatchObject([{ scopes: pulling('theirs') }]);
  });
});

describe('a rename', () => {
  test('that left the old token: the next run deletes it, as its plan says', async () => {
    const { applyUntil, apply, live, plan, simulation } = createFixture({ tokens: [renamed] });
    simulation.seed('old', 'app');
    await applyUntil(/^before DELETE/);
    expect([live(), live('old')]).toMatchObject([[{ by: 'm1' }], [{ by: 'the seed' }]]);
    const [made] = live();
    expect(await plan()).toMatchObject([
      { action: 'noop', id: made?.id },
      { action: 'delete', id: live('old')[0]?.id },
    ]);
    expect((await apply({ mayDelete: withName('old') })).code).toBe(0);
    expect([live(), live('old')]).toEqual([[made], []]);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });

  test('whose new secret was overwritten: the old token is kept', async () => {
    const { applyUntil, apply, first, live, simulation } = createFixture({ tokens: [renamed] });
    simulation.seed('old', 'app');
    await applyUntil(/^before DELETE/);
    simulation.disk.put(`${workFolder(first)}/secrets/ci.json`, JSON.stringify({ id: 'another' }));
    const { rows } = await apply();
    expect(rows).toMatchObject([{ error: { code: 'SINK_FAILED' } }]);
    expect([live(), live('old')]).toMatchObject([[{ by: 'm1' }], [{ by: 'the seed' }]]);
  });

  test('that left the old token, which a person has replaced by another: that one stays', async () => {
    const { applyUntil, apply, live, pass, plan, simulation } = createFixture({ tokens: [renamed] });
    const old = simulation.seed('old', 'app');
    await applyUntil(/^before DELETE/);
    simulation.personDeletes(old);
    await pass(2);
    simulation.personCreates('old');
    await apply();
    expect(live('old')).toMatchObject([{ by: person }]);
    expect(live()).toHaveLength(1);
    expect(await plan()).toMatchObject([{ error: { code: 'MANIFEST_CONFLICT' } }]);
  });
});

describe('a deleted token that is still listed', () => {
  const lags = { listLag: 10_000 };

  test('after a rename: the plan that follows has nothing to do', async () => {
    const { apply, pass, plan, simulation } = createFixture({ tokens: [renamed], lags });
    simulation.seed('old', 'app');
    await pass(grace);
    expect((await apply({ mayDelete: withName('old') })).code).toBe(0);
    expect(await plan()).toMatchObject([{ action: 'noop', warnings: [] }]);
  });

  test('after a replace: the plan that follows has nothing to do', async () => {
    const { apply, live, pass, plan } = createFixture({ lags });
    await apply();
    await pass(grace);
    expect((await apply({ replace: ['registry_token:team-a/ci'] })).code).toBe(0);
    expect(await plan()).toMatchObject([{ action: 'noop', id: live()[0]?.id, warnings: [] }]);
  });

  test('as a person has deleted it: the patch finds out, and the token is recreated', async () => {
    const { apply, live, machine, pass, sink, simulation } = createFixture({ lags });
    await apply();
    await pass(grace);
    const [made] = live();
    if (made) simulation.personDeletes(made);
    machine('m1', [token(', status: disabled')]);
    const { code, rows } = await apply();
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ action: 'create', status: 'applied' }]);
    expect(live()).toMatchObject([sink()]);
  });

  test('and was declared absent: deleting it again does no harm', async () => {
    const { apply, pass, plan, simulation } = createFixture({
      tokens: ['{ kind: registry_token, state: absent, registry: team-a, registry_token: ci }'],
      lags,
    });
    simulation.seed('ci', 'app');
    await pass(grace);
    for (let runs = 0; runs < 2; runs += 1) expect((await apply({ mayDelete: withName('ci') })).code).toBe(0);
    await pass(grace);
    expect(await plan()).toMatchObject([{ action: 'noop' }]);
  });
});

describe('a sink that fails', () => {
  test('keeps the secret in the spool, and gets it from the next run', async () => {
    const { apply, live, sink, records, simulation } = createFixture();
    let full = true;
    const { gate } = simulation.disk;
    simulation.disk.gate = async (step) => {
      await gate(step);
      if (full && step.name === 'rename' && step.path.includes('/secrets/')) {
        throw failure('ENOSPC', step.name, step.path);
      }
    };
    const { code, rows } = await apply();
    expect(code).toBe(4);
    expect(rows).toMatchObject([{ status: 'failed', error: { code: 'SINK_FAILED' } }]);
    expect(records().spool).toMatchObject([{ id: live()[0]?.id, secret: live()[0]?.password }]);
    full = false;
    expect((await apply()).rows).toMatchObject([{ action: 'deliver', status: 'applied' }]);
    expect(live()).toMatchObject([sink()]);
    expect(records().spool).toEqual([]);
  });
});

test('an interruption completes requests in flight, sends no queued ones, and leaves nothing behind', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `ci-${index}`);
  const tokens = names.map((name) =>
    token('', `[{ file: { path: secrets/${name}.json } }]`).replace('name: ci,', `name: ${name},`),
  );
  const unsent = new Set<number>();
  for (let interruptAt = 1; interruptAt < 120; interruptAt += 7) {
    const { apply, simulation, first } = createFixture({ tokens, delay: () => 100 });
    const { rows, process } = await apply({ parallelism: 2, faults: { ...noFaults, interruptAt } });
    const secrets = names.map((name) => simulation.disk.text(`${workFolder(first)}/secrets/${name}.json`));
    const held = secrets.flatMap((text) => (text === undefined ? [] : [JSON.parse(text).id]));
    expect(held.sort()).toEqual(
      simulation
        .live()
        .map(({ id }) => id)
        .sort(),
    );
    expect(simulation.disk.names(`${workFolder(first)}/.reconcile/spool`)).toEqual([]);
    if (rows.length > 0) {
      expect(rows.filter(({ status }) => status === 'applied')).toHaveLength(held.length);
      expect(rows.filter(({ status }) => status === 'not_run')).toHaveLength(names.length - held.length);
    }
    if (process.interrupt.signal.aborted) unsent.add(names.length - held.length);
    expect((await apply()).code).toBe(0);
    expect(simulation.live()).toHaveLength(names.length);
  }
  // Some were interrupted with all still to do, some half-way.
  expect(unsent.size).toBeGreaterThan(3);
});
