import { describe, expect, test, vi } from 'vitest';
import { createFixture, token } from './fixture.ts';
import { applyOn, runAll } from './runs.ts';
import { noFaults } from './simulation.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const minutes = 60_000;

/** Pauses a process when it first comes to a step. */
function pausedOnce(where: RegExp, milliseconds: number) {
  let isOver = false;
  return {
    ...noFaults,
    pauseWhen: (what: string): number | undefined => {
      if (isOver || !where.test(what)) return undefined;
      isOver = true;
      return milliseconds;
    },
  };
}

describe('a run that is paused', () => {
  test('goes on afterwards with the response that has waited for it', async () => {
    const { apply, live, sink, simulation } = createFixture();
    const before = simulation.clock.now();
    const faults = pausedOnce(/^at the answer to POST/, 10 * minutes);
    expect((await apply({ faults })).code).toBe(0);
    expect(simulation.clock.now() - before).toBe(10 * minutes);
    expect(live()).toMatchObject([sink()]);
  });

  test('does nothing meanwhile, although its request has taken effect', async () => {
    const { first, live, sink, simulation, pass } = createFixture();
    const faults = pausedOnce(/^at the answer to POST/, 10 * minutes);
    const run = applyOn(simulation, first, { faults });
    await pass((5 * minutes) / 1000);
    expect(live()).toMatchObject([{ by: 'm1', process: 'm1#1' }]);
    expect(sink()).toEqual({});
    await runAll(simulation, [run]);
    expect(live()).toMatchObject([sink()]);
  });

  test('and killed in the pause goes on no more', async () => {
    const { apply, sink, pass } = createFixture();
    const faults = { ...pausedOnce(/^at the answer to POST/, 10 * minutes), lifetime: 5 * minutes };
    expect((await apply({ faults })).process.isDead).toBe(true);
    await pass((20 * minutes) / 1000);
    expect(sink()).toEqual({});
  });

  test('stops with all its requests, not only the one that has come back', async () => {
    const names = ['ci-1', 'ci-2', 'ci-3', 'ci-4'];
    const tokens = names.map((name) => token('', 'discard').replace('name: ci,', `name: ${name},`));
    const { apply, simulation } = createFixture({ tokens, delay: () => 1_000 });
    const faults = pausedOnce(/^at the answer to POST/, 10 * minutes);
    expect((await apply({ parallelism: 1, faults })).code).toBe(0);
    const posts = simulation.trace.filter((line) => /POST .* → 201/.test(line));
    const times = posts.map((line) => Number(line.trim().split(' ')[0]));
    expect(times).toHaveLength(4);
    const later = times.filter((time) => time - (times[0] ?? 0) >= 600);
    expect(later).toHaveLength(3);
  });

  test.each([
    { what: 'by its ID', where: /^at the answer to GET .*tokens\/\w/ },
    { what: 'in a listing', where: /^at the answer to GET .*tokens(\?|$)/ },
  ])(
    'while a new token does not show yet $what: looks again before it reports it as gone',
    async ({ where }) => {
      const { apply, live, sink, simulation, records } = createFixture({
        lags: { listLag: 20_000, readLag: 20_000 },
      });
      let isCreated = false;
      const pause = pausedOnce(where, 10 * minutes);
      const pauseWhen = (what: string): number | undefined => {
        isCreated ||= what.includes('POST');
        return isCreated ? pause.pauseWhen(what) : undefined;
      };
      const { code, rows } = await apply({ faults: { ...noFaults, pauseWhen } });
      expect(simulation.trace.some((line) => line.includes('PAUSED'))).toBe(true);
      expect(rows).toMatchObject([{ status: 'applied' }]);
      expect(code).toBe(0);
      expect(live()).toMatchObject([sink()]);
      expect(records().held).toBe(live()[0]?.id);
    },
  );

  test('while it records a create again, and whose response is lost: the token is recognised', async () => {
    const { apply, live, sink, simulation } = createFixture({
      faultFor: (_, method, count) => {
        if (method !== 'POST') return undefined;
        return count === 1 ? { limited: { 'retry-after': '40' } } : count === 2 ? 'drop_after' : 'answer';
      },
    });
    let records = 0;
    const pauseWhen = (what: string): number | undefined => {
      if (!/^before rename .*spool/.test(what)) return undefined;
      records += 1;
      return records === 2 ? 70_000 : undefined;
    };
    const { code } = await apply({ faults: { ...noFaults, pauseWhen } });
    expect(simulation.trace.some((line) => line.includes('PAUSED'))).toBe(true);
    expect(code).toBe(0);
    expect(live()).toMatchObject([sink()]);
  });

  test('before it reads the listing of its plan, and whose create has no response: the token is recognised', async () => {
    const { apply, live, sink, simulation } = createFixture({
      faultFor: (_, method, count) => (method === 'POST' && count === 1 ? 'drop_after' : undefined),
    });
    const faults = pausedOnce(/^at the answer to GET .*tokens\?/, 3 * minutes);
    expect((await apply({ faults })).code).toBe(0);
    expect(simulation.trace.some((line) => line.includes('PAUSED'))).toBe(true);
    expect(live()).toMatchObject([sink()]);
  });
});
