import { checkCustody, holds } from './checks.ts';
import { checkEnd, checkErrors } from './final-checks.ts';
import { createRandom, type Random } from './random.ts';
import { workFolder } from './records.ts';
import { applyOn, type Outcome, planOn, type RunOptions, type RunResult, runAll } from './runs.ts';
import { type Entry, isOver, manifestOf, type Plot } from './scenarios/scenario.ts';
import { useRandom } from './seeded-crypto.ts';
import { type Faults, type Machine, type MayDelete, short, World } from './simulation.ts';

/** What came of a seed. */
export interface Report {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const grace = 30;

/** Plays a seed to its end. */
export async function play(seed: number, plotBy: (random: Random) => Plot): Promise<Report> {
  const random = createRandom(seed);
  useRandom(random);
  const plot = plotBy(random);
  const world = worldOf(random, plot);
  try {
    await playIn(world, random, plot);
  } catch (error) {
    world.violated((error as Error).stack ?? String(error));
  }
  return world;
}

async function playIn(world: World, random: Random, plot: Plot): Promise<void> {
  const strictOutcome = random.chance(0.15);
  const first = world.machine('m1');
  const second = random.chance(0.4) ? world.machine('m2') : undefined;
  const machines = second ? [first, second] : [first];
  const write = (): void => {
    for (const machine of machines) {
      const repository = machine === first || strictOutcome ? 'app' : 'lib';
      world.disk.put(`${workFolder(machine)}/tokens.yaml`, manifestOf(plot.entries(), repository));
    }
  };
  if (strictOutcome) world.note('who', 'only proof counts');
  plot.begin(world);
  for (const machine of machines) world.disk.makeFolder(`${workFolder(machine)}/secrets`);
  write();
  await world.time.pass(60_000);

  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const runs = machines
      .filter((machine) => machine === first || random.chance(0.7))
      .map(async (machine) => {
        const options = troubled(world, plot.entries(), strictOutcome);
        await world.time.sleep(machine === first && random.chance(0.7) ? 0 : random.between(0, 10_000));
        return { machine, outcome: await applyOn(world, machine, options) };
      });
    for (const { machine, outcome } of await runAll(world, runs)) {
      checkOutcome(world, machine, plot.entries(), outcome);
      checkCustody(world, machine, plot.entries());
    }
    await world.time.pass(random.pick([0, 1_000, 5_000, 40_000, 100_000]));
    plot.goOn(world);
    write();
  }

  world.calm();
  plot.comeToRest(world);
  write();
  await world.time.pass(120_000);
  for (const machine of machines) await converge(world, machine, plot.entries(), strictOutcome);
}

function worldOf(random: Random, { service, hubQuirks = {}, names, isOdd }: Plot): World {
  // Together they stay below the grace: what is late has to show in a list by then.
  const latest = random.between(0, grace - 6) * 1_000;
  const lag = (): number => (random.chance(0.5) ? 0 : random.between(0, grace * 1_000 - 5_000 - latest));
  return new World({
    random,
    service,
    grace,
    latest,
    skew: random.chance(0.3) ? random.between(-100_000, 100_000) : 0,
    latency: random.pick([0, 200, 1_000]),
    // A change that shows later counts as ignored.
    lags: { listLag: lag(), readLag: lag(), statusLag: Math.min(lag(), 8_000) },
    hubQuirks,
    meddling: { rate: random.pick([0, 0, 0.02, 0.06]), names, odd: isOdd },
  });
}

/** How a run goes that is not left in peace. */
function troubled(world: World, entries: readonly Entry[], strictOutcome: boolean): RunOptions {
  const { random } = world;
  const faults: Faults = {
    dieAt: random.chance(0.5) ? random.between(1, 80) : Number.POSITIVE_INFINITY,
    lifetime: random.chance(0.2) ? random.between(0, 90_000) : Number.POSITIVE_INFINITY,
    powerCut: random.chance(0.4),
    interruptAt: random.chance(0.15) ? random.between(1, 60) : Number.POSITIVE_INFINITY,
    answer: random.pick([0, 0, 0.1, 0.3, 0.6]),
    sink: random.pick([0, 0, 0.05, 0.5]),
    state: random.chance(0.1) ? 0.05 : 0,
  };
  const replace = entries.filter(({ isAbsent }) => !isAbsent && random.chance(0.15));
  return {
    faults,
    strictOutcome,
    parallelism: random.between(1, 4),
    replace: replace.map(({ address }) => address),
    mayDelete: mayDelete(world, entries, replace),
  };
}

/** What manifests give up, what is asked to be replaced, and what has ended. */
function mayDelete(world: World, entries: readonly Entry[], replaced: readonly Entry[] = []): MayDelete {
  const isMeant = (token: Parameters<MayDelete>[0]) => (entry: Entry) =>
    entry.id === undefined ? entry.name === token.name : entry.id === token.id;
  return (token) =>
    entries.some((entry) => entry.mayDelete(token)) ||
    replaced.some(isMeant(token)) ||
    (isOver(token, world.time.now()) && entries.some(isMeant(token)));
}

/** What a run says it has done, it has done. */
function checkOutcome(
  world: World,
  machine: Machine,
  entries: readonly Entry[],
  { process, rows, settlements }: Outcome<RunResult>,
): void {
  if (settlements > 1) world.violated(`${process.name} has waited ${settlements} times`);
  if (settlements > 0 && process.lost === 0 && !process.hadDoubts) {
    world.violated(`${process.name} has waited though no answer was lost`);
  }
  for (const { address, action, status, id } of rows) {
    if (status !== 'applied' || !['create', 'replace', 'deliver'].includes(action)) continue;
    const entry = entries.find((one) => one.address === address);
    const truth = world.truths.get(id ?? '');
    if (!entry || !truth) {
      world.violated(`${process.name} says that it has made ${address}, but not what`);
    } else if (truth.deletedBy?.startsWith(machine.name)) {
      world.violated(
        `${process.name} has deleted what it says it has made: ${truth.name} ${short(truth.id)}`,
      );
    } else if (truth.deletedBy === undefined) {
      const empty = entry.sinks.filter((sink) => !holds(world, machine, sink, truth.password));
      if (empty.length > 0) {
        world.violated(
          `${process.name} has not put the secret of ${truth.name} ${short(truth.id)} into ${empty}`,
        );
      }
    }
  }
}

/** In peace, three runs at most make everything right, or say why not; then nothing is left to do. */
async function converge(
  world: World,
  machine: Machine,
  entries: readonly Entry[],
  strictOutcome: boolean,
): Promise<void> {
  const options = { strictOutcome, mayDelete: mayDelete(world, entries) };
  for (let runs = 1; ; runs += 1) {
    const [outcome] = await runAll(world, [applyOn(world, machine, options)]);
    if (outcome) checkOutcome(world, machine, entries, outcome);
    checkCustody(world, machine, entries);
    const [soon] = await runAll(world, [planOn(world, machine, options)]);
    if (soon) checkErrors(world, machine, entries, soon, strictOutcome);
    await world.time.pass(60_000);
    const [planned] = await runAll(world, [planOn(world, machine, options)]);
    if (runs < 3 && planned?.code !== 0) continue;
    if (planned) checkEnd(world, machine, entries, planned, strictOutcome);
    return;
  }
}
