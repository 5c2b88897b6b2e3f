import { describe, expect, test, vi } from 'vitest';
import { createFixture, type FixtureOptions, personalToken, token } from './fixture.ts';
import { workFolder } from './records.ts';
import { ionos } from './services/ionos.ts';
import { personal } from './services/personal.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const minute = 60;
const day = 24 * 60 * minute;
const rotate = ', rotate: { every: 30d, lifetime: 45d, before_expiry: 7d, overlap: 24h }';
const json = '[{ file: { path: secrets/ci.json } }]';
const raw = '[{ file: { path: secrets/ci.raw, format: raw } }]';

const services = [
  { service: 'registry' as const, setting: { service: ionos, tokens: [token(rotate)] } },
  { service: 'personal' as const, setting: { service: personal, tokens: [personalToken(rotate)] } },
];

/** Creates a fixture whose state directory can be lost or restored. */
function forgetful(setting: FixtureOptions) {
  const prepared = createFixture(setting);
  const { simulation, first } = prepared;
  const ledger = `${workFolder(first)}/.reconcile/custody.json`;
  const spool = `${workFolder(first)}/.reconcile/spool`;
  return {
    ...prepared,
    ledger: () => simulation.disk.text(ledger),
    /** The spool is gone, the lock too, and the ledger is as given. */
    lose(restored?: string): void {
      for (const name of simulation.disk.names(spool)) simulation.disk.remove(`${spool}/${name}`, true);
      simulation.disk.remove(`${workFolder(first)}/.reconcile/lock`, true);
      if (restored === undefined) simulation.disk.remove(ledger, true);
      else simulation.disk.put(ledger, restored);
    },
  };
}

describe.each(services)('a rotating token ($service)', ({ service, setting }) => {
  test('that has expired while nothing ran for a month gets a delivered successor at the next run', async () => {
    const { apply, simulation, pass, sink } = createFixture(setting);
    await apply();
    const [old] = simulation.live();
    await pass(29 * day);
    // CI is off: the successor is never made, and the token ends after 45 days.
    await pass(31 * day);
    const { code, rows } = await apply();
    expect(code).toBe(0);
    expect(rows[0]).toMatchObject({ action: 'create', status: 'applied' });
    const newest = simulation.live().at(-1);
    expect(newest).not.toBe(old);
    expect(sink()).toEqual({ id: newest?.id, password: newest?.password });
    await pass(day);
    expect((await apply()).code).toBe(0);
    expect(simulation.live()).toEqual([newest]);
  });

  test('that is undelivered, and whose state is lost, gets a successor after ten minutes', async () => {
    const { apply, applyUntil, lose, simulation, pass, sink } = forgetful(setting);
    await apply();
    await pass(30 * day);
    await applyUntil(/^at the answer to POST/);
    const [old, undelivered] = simulation.live();
    lose();
    await pass(10 * minute - 1);
    expect((await apply()).rows).toMatchObject([{ action: 'noop', status: 'unchanged' }]);
    expect(sink()).toMatchObject({ id: old?.id });
    await pass(1);
    expect((await apply()).rows[0]).toMatchObject({ action: 'create', status: 'applied' });
    const newest = simulation.live().at(-1);
    expect(simulation.live()).toEqual([old, undelivered, newest]);
    expect(sink()).toMatchObject({ id: newest?.id });
    await pass(day);
    expect((await apply()).code).toBe(0);
    expect(simulation.live()).toEqual([newest]);
  });

  test('gets one, too, if the sink cannot be read and the ledger is stale', async () => {
    const tokens = [service === 'registry' ? token(rotate, raw) : personalToken(rotate, raw)];
    const { apply, applyUntil, ledger, lose, simulation, pass } = forgetful({ ...setting, tokens });
    await apply();
    const before = ledger();
    await pass(30 * day);
    await applyUntil(/^at the answer to POST/);
    lose(before);
    await pass(10 * minute);
    expect((await apply()).code).toBe(0);
    const [, , newest] = simulation.live();
    expect(simulation.disk.text('/m1/work/secrets/ci.raw')).toBe(newest?.password);
    await pass(day);
    expect((await apply()).code).toBe(0);
    expect(simulation.live()).toEqual([newest]);
  });

  test('whose sink has an unlisted generation is left to the run that created it', async () => {
    const shared = json.replace('secrets', '/mnt');
    const tokens = [service === 'registry' ? token(rotate, shared) : personalToken(rotate, shared)];
    const { apply, ledger, machine, pass, simulation } = forgetful({
      ...setting,
      tokens,
      lags: { listLag: 20_000 },
    });
    const options = { sinkFolder: '/mnt' };
    simulation.disk.makeFolder('/mnt');
    await apply(options);
    const other = machine('m2');
    simulation.disk.put('/m2/work/.reconcile/custody.json', ledger() ?? '');
    await pass(30 * day);
    await apply(options);
    expect((await apply(options, other)).rows).toMatchObject([{ action: 'noop', status: 'unchanged' }]);
    expect(simulation.live()).toHaveLength(2);
  });
});
