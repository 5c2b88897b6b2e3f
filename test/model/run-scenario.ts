import { checkCustody, sinkHolds } from './checks.ts';
import { checkErrors, checkFinalPlan } from './final-checks.ts';
import { createRandom, type Random } from './random.ts';
import { workFolder } from './records.ts';
import { applyOn, type Outcome, planOn, type RunOptions, type RunResult, runAll } from './runs.ts';
import { type Entry, isOver, manifestOf, type Scenario } from './scenarios/scenario.ts';
import { useRandom } from './seeded-crypto.ts';
import { type Faults, type Machine, type MayDelete, noFaults, Simulation, short } from './simulation.ts';

/** The result of one seed. */
export interface Report {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const grace = 30;

/** Runs the scenario of a seed to its end. */
export async function runScenario(
  seed: number,
  createScenario: (random: Random) => Scenario,
): Promise<Report> {
  const random = createRandom(seed);
  useRandom(random);
  const scenario = createScenario(random);
  const simulation = createSimulation(random, scenario);
  try {
    await runIn(simulation, random, scenario);
  } catch (error) {
    simulation.reportViolation((error as Error).stack ?? String(error));
  }
  return simulation;
}

async function runIn(simulation: Simulation, random: Random, scenario: Scenario): Promise<void> {
  const strictOutcome = random.chance(0.15);
  const first = simulation.machine('m1');
  const second = random.chance(0.4) ? simulation.machine('m2') : undefined;
  const machines = second ? [first, second] : [first];
  const write = (): void => {
    for (const machine of machines) {
      const repository = machine === first || strictOutcome ? 'app' : 'lib';
      const entries = scenario.entries();
      const isFirst = machine === first;
      simulation.disk.put(`${workFolder(machine)}/tokens.yaml`, manifestOf(entries, repository, isFirst));
      for (const { name, renews } of entries) if (renews && isFirst) machine.renews.add(name);
    }
  };
  if (strictOutcome) simulation.note('who', 'only proof counts');
  scenario.begin(simulation);
  for (const machine of machines) simulation.disk.makeFolder(`${workFolder(machine)}/secrets`);
  write();
  await simulation.clock.pass(60_000);

  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const runs = machines
      .filter((machine) => machine === first || random.chance(0.7))
      .map(async (machine) => {
        const options = faultyRun(simulation, scenario.entries(), strictOutcome);
        await simulation.clock.sleep(machine === first && random.chance(0.7) ? 0 : random.between(0, 10_000));
        return { machine, outcome: await applyOn(simulation, machine, options) };
      });
    for (const { machine, outcome } of await runAll(simulation, runs)) {
      checkOutcome(simulation, machine, scenario.entries(), outcome);
      checkCustody(simulation, machine, scenario.entries());
    }
    await simulation.clock.pass(random.pick([0, 1_000, 5_000, 40_000, 100_000]));
    scenario.proceed(simulation);
    write();
  }

  simulation.stopInterference();
  scenario.settle(simulation);
  write();
  await simulation.clock.pass(120_000);
  for (const machine of machines) await converge(simulation, machine, scenario.entries(), strictOutcome);
}

function createSimulation(
  random: Random,
  { service, hubQuirks = {}, names, isUnusual }: Scenario,
): Simulation {
  // Together they stay below the grace: what is late has to show in a list by then.
  const latest = random.between(0, grace - 6) * 1_000;
  const lag = (): number => (random.chance(0.5) ? 0 : random.between(0, grace * 1_000 - 5_000 - latest));
  return new Simulation({
    random,
    service,
    grace,
    latest,
    skew: random.chance(0.3) ? random.between(-100_000, 100_000) : 0,
    latency: random.pick([0, 200, 1_000]),
    // A change that shows later counts as ignored.
    lags: { listLag: lag(), readLag: lag(), statusLag: Math.min(lag(), 8_000) },
    hubQuirks,
    interference: { rate: random.pick([0, 0, 0.02, 0.06]), names, unusual: isUnusual },
  });
}

/** Returns the options of a run with random faults. */
function faultyRun(simulation: Simulation, entries: readonly Entry[], strictOutcome: boolean): RunOptions {
  const { random } = simulation;
  const faults: Faults = {
    ...noFaults,
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
    mayDelete: mayDelete(simulation, entries, replace),
  };
}

/** Allows the deletion of tokens that a manifest gives up, that are replaced on request, or that have expired. */
export function mayDelete(
  simulation: Simulation,
  entries: readonly Entry[],
  replaced: readonly Entry[] = [],
): MayDelete {
  const isTarget = (token: Parameters<MayDelete>[0]) => (entry: Entry) =>
    entry.id === undefined ? entry.name === token.name : entry.id === token.id;
  return (token) =>
    entries.some((entry) => entry.mayDelete(token)) ||
    replaced.some(isTarget(token)) ||
    (isOver(token, simulation.clock.now()) && entries.some(isTarget(token)));
}

/** Checks that a run has done what it reports. */
function checkOutcome(
  simulation: Simulation,
  machine: Machine,
  entries: readonly Entry[],
  { process, rows, settlements }: Outcome<RunResult>,
): void {
  if (settlements > 1) simulation.reportViolation(`${process.name} has waited ${settlements} times`);
  if (settlements > 0 && process.lostResponses === 0 && !process.hadUnresolved) {
    simulation.reportViolation(`${process.name} has waited though no answer was lost`);
  }
  for (const { address, action, status, id } of rows) {
    const entry = entries.find((one) => one.address === address);
    const actual = simulation.actualTokens.get(id ?? '');
    // A token whose create response was lost, and that another machine has changed since, has no known secret.
    const isRenewed =
      action === 'patch' &&
      machine.renews.has(entry?.name ?? '') &&
      actual?.by === machine.owner &&
      actual.isSecretReceived;
    // Another machine has renewed the secret since, which a state of its own can't know.
    if (actual?.renewedBy !== undefined && actual.renewedBy !== machine.owner) continue;
    if (status !== 'applied' || !(isRenewed || ['create', 'replace', 'deliver'].includes(action))) continue;
    if (!entry || !actual) {
      simulation.reportViolation(`${process.name} says that it has made ${address}, but not what`);
    } else if (actual.deletedBy?.startsWith(machine.name)) {
      simulation.reportViolation(
        `${process.name} has deleted what it says it has made: ${actual.name} ${short(actual.id)}`,
      );
    } else if (actual.deletedBy === undefined) {
      const empty = entry.sinks.filter((sink) => !sinkHolds(simulation, machine, sink, actual.password));
      if (empty.length > 0) {
        simulation.reportViolation(
          `${process.name} has not put the secret of ${actual.name} ${short(actual.id)} into ${empty}`,
        );
      }
    }
  }
}

/** Checks that at most three runs without faults converge or report why not, and that nothing is left to do then. */
async function converge(
  simulation: Simulation,
  machine: Machine,
  entries: readonly Entry[],
  strictOutcome: boolean,
): Promise<void> {
  const options = { strictOutcome, mayDelete: mayDelete(simulation, entries) };
  for (let runs = 1; ; runs += 1) {
    const [outcome] = await runAll(simulation, [applyOn(simulation, machine, options)]);
    if (outcome) checkOutcome(simulation, machine, entries, outcome);
    checkCustody(simulation, machine, entries);
    const [soon] = await runAll(simulation, [planOn(simulation, machine, options)]);
    if (soon) checkErrors(simulation, machine, entries, soon, strictOutcome);
    await simulation.clock.pass(60_000);
    const [planned] = await runAll(simulation, [planOn(simulation, machine, options)]);
    if (runs < 3 && planned?.code !== 0) continue;
    if (planned) checkFinalPlan(simulation, machine, entries, planned, strictOutcome);
    return;
  }
}
