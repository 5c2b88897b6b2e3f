import { expect, test, vi } from 'vitest';
import { createRandom, type Random } from './random.ts';
import { workFolder } from './records.ts';
import { applyOn, planOn, runAll } from './runs.ts';
import { useRandom } from './seeded-crypto.ts';
import { ionos, registry } from './services/ionos.ts';
import { personal } from './services/personal.ts';
import type { ServiceIn } from './services/service.ts';
import { type Fault, type Machine, Simulation } from './simulation.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

/** How many tokens there are to be. */
const tokens = 300;
const seeds = 6;

const names = Array.from({ length: tokens }, (_, index) => `token-${index}`);

interface Kind {
  readonly service: ServiceIn;
  readonly entry: (name: string) => string;
}

const kinds: readonly Kind[] = [
  {
    service: ionos,
    entry: (name) =>
      `{ kind: registry_token, registry: ${registry}, name: ${name}, scopes: [{ type: repository, name: app, actions: [pull] }]`,
  },
  {
    service: personal,
    entry: (name) => `{ kind: docker_hub_personal_token, token_label: ${name}, scopes: [repo:read]`,
  },
];

/** Picks the fault of a request: one in ten fails, one in ten is lost, and now and then all are rejected for a while. */
function hostility(random: Random, now: () => number) {
  let limitedUntil = 0;
  let burst = 0;
  const limit = (): Fault => {
    const wait = 1 + Math.floor(random.between(0, 3));
    limitedUntil = now() + wait * 1000;
    const at = Math.ceil(limitedUntil / 1000);
    const spellings: readonly Readonly<Record<string, string>>[] = [
      { 'retry-after': String(wait) },
      { 'retry-after': String(at) },
      { 'retry-after': new Date(at * 1000).toUTCString() },
      { 'x-retry-after': String(at) },
      { 'x-ratelimit-reset': String(at) },
      {},
    ];
    return { limited: random.pick(spellings) };
  };
  return (): Fault => {
    if (now() < limitedUntil && burst > 0) {
      burst -= 1;
      return limit();
    }
    if (random.chance(0.01)) {
      burst = 5;
      return limit();
    }
    if (random.chance(0.1)) return random.pick(['error_before', 'error_after']);
    if (random.chance(0.1)) return random.pick(['drop_before', 'drop_after']);
    if (random.chance(0.03)) return 'truncate';
    return random.chance(0.05) ? 'slow' : 'answer';
  };
}

/** Creates a simulation for one kind, with these faults, and counts its requests. */
function hostileSimulation(seed: number, { service, entry }: Kind) {
  const random = createRandom(seed);
  useRandom(random);
  let requests = 0;
  const simulation: Simulation = new Simulation({
    random,
    service,
    lags: { listLag: 5000, readLag: 1000, statusLag: 5000 },
    grace: 30,
    skew: 0,
    latest: 10_000,
    latency: 50,
    interference: { rate: 0, names: [], unusual: false },
    faultFor: () => {
      requests += 1;
      return nextFault();
    },
  });
  const nextFault = hostility(random, () => simulation.clock.now());
  const machine = simulation.machine('m1');
  simulation.disk.makeFolder(`${workFolder(machine)}/secrets`);
  const entries = names.map(
    (name) => `- ${entry(name)}, secret: [{ file: { path: secrets/${name}.json } }] }`,
  );
  simulation.disk.put(
    `${workFolder(machine)}/tokens.yaml`,
    ['apiVersion: reconcile/v1', 'tokens:', ...entries, ''].join('\n'),
  );
  return { simulation, machine, requests: () => requests };
}

/** The password in the sink of a token. */
function secretOf(simulation: Simulation, machine: Machine, name: string): unknown {
  const text = simulation.disk.text(`${workFolder(machine)}/secrets/${name}.json`) ?? '{}';
  return (JSON.parse(text) as { password?: unknown }).password;
}

test.each(Array.from({ length: seeds }, (_, seed) => seed))(
  'a service that fails, loses, limits, lags and cuts off is brought to what is wanted: seed %i',
  async (seed) => {
    const kind = kinds[seed % kinds.length] as Kind;
    const { simulation, machine, requests } = hostileSimulation(seed, kind);
    let runs = 0;
    let code: number | undefined;
    while (code !== 0 && runs < 2) {
      const [outcome] = await runAll(simulation, [applyOn(simulation, machine, { parallelism: 10 })]);
      code = outcome?.code;
      runs += 1;
    }
    const seconds = (simulation.clock.now() - Date.parse('2030-01-01T00:00:00Z')) / 1000;
    const live = simulation.service.live();
    const least = names.length + 1;
    process.stdout.write(
      `hostile, seed ${seed}: ${runs} runs, ${requests()} requests for ${least}, ${Math.round(seconds)} s\n`,
    );
    expect(code, simulation.trace.slice(-400).join('\n')).toBe(0);
    expect(live.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const { id, name } of live) {
      expect(secretOf(simulation, machine, name)).toBe(simulation.actualTokens.get(id)?.password);
    }
    await simulation.clock.pass(60_000);
    const [plan] = await runAll(simulation, [planOn(simulation, machine)]);
    expect(plan?.rows.filter(({ action }) => action !== 'noop')).toEqual([]);
    expect(plan?.code).toBe(0);
  },
);
