import { checkOut } from './checkout.ts';
import { checkCustody, sinkHolds } from './checks.ts';
import { checkErrors, checkFinalPlan } from './final-checks.ts';
import { LeaseWatch } from './leases.ts';
import { createRandom, type Random } from './random.ts';
import { mayDelete, type Report } from './run-scenario.ts';
import { applyOn, type Outcome, planOn, type RunOptions, type RunResult, runAll } from './runs.ts';
import { type Entry, manifestOf, type Scenario } from './scenarios/scenario.ts';
import { useRandom } from './seeded-crypto.ts';
import { type Machine, noFaults, Simulation, short } from './simulation.ts';

const grace = 30;
const minute = 60_000;
/** By then every lease has expired, and no push is under way. */
const untilQuiet = 30 * minute;
/** Maximum delay of a push without an answer. */
const latestPush = 5 * minute;

/** Runs the scenario of a seed on machines that share a state on a branch, and keep nothing of their own. */
export async function runRemote(seed: number, createScenario: (random: Random) => Scenario): Promise<Report> {
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

function createSimulation(random: Random, { service, names, isUnusual }: Scenario): Simulation {
  // Together they stay below the grace: what is late has to show in a list by then.
  const latest = random.between(0, grace - 6) * 1_000;
  const lag = (): number => (random.chance(0.6) ? 0 : random.between(0, grace * 1_000 - 5_000 - latest));
  return new Simulation({
    random,
    service,
    grace,
    latest,
    latestPush,
    remote: true,
    processSkew: random.pick([0, 1_000, 30_000]),
    skew: random.chance(0.3) ? random.between(-100_000, 100_000) : 0,
    latency: random.pick([0, 200, 1_000, 5_000]),
    // A change that shows later counts as ignored.
    lags: { listLag: lag(), readLag: lag(), statusLag: Math.min(lag(), 8_000) },
    interference: { rate: 0, names, unusual: isUnusual },
  });
}

async function runIn(simulation: Simulation, random: Random, scenario: Scenario): Promise<void> {
  const first = simulation.machine('m1');
  const machines = [first, simulation.machine('m2')];
  new LeaseWatch(simulation);
  scenario.begin(simulation);
  await simulation.clock.pass(minute);
  const strangers = random.chance(0.3);

  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const manifest = manifestOf(scenario.entries(), 'app', true);
    const starts = machines.flatMap((machine) => Array.from({ length: random.between(0, 2) }, () => machine));
    const turns = new Map<Machine, Promise<unknown>>();
    const runs = starts.map((machine) => {
      const options = faultyRun(simulation, scenario.entries());
      const wait = random.chance(0.6) ? random.between(0, 5_000) : random.between(0, 5 * minute);
      const before = turns.get(machine) ?? Promise.resolve();
      const run = before
        .then(() => simulation.clock.sleep(wait))
        .then(() => {
          checkOut(simulation, machine, manifest);
          return applyOn(simulation, machine, options);
        });
      turns.set(machine, run);
      return run;
    });
    if (strangers) simulation.clock.after(random.between(0, 10 * minute), () => actOnBranch(simulation));
    for (const outcome of await runAll(simulation, runs)) {
      checkOutcome(simulation, scenario.entries(), outcome);
    }
    checkOut(simulation, first, manifest);
    checkCustody(simulation, first, scenario.entries());
    await simulation.clock.pass(random.pick([0, 1_000, 60_000, 200_000, 400_000]));
    scenario.proceed(simulation);
  }

  simulation.stopInterference();
  scenario.settle(simulation);
  await simulation.clock.pass(untilQuiet);
  await converge(simulation, machines, scenario.entries());
}

/** Lets a stranger change the branch without changing the state. */
function actOnBranch({ branch, random }: Simulation): void {
  if (random.chance(0.5)) branch?.strangerCommitsAgain();
  else branch?.strangerWrites('notes.txt', random.hex(4));
}

/** Returns the options of a run with random faults. */
function faultyRun(simulation: Simulation, entries: readonly Entry[]): RunOptions {
  const { random } = simulation;
  const replace = entries.filter(({ isAbsent }) => !isAbsent && random.chance(0.2));
  return {
    faults: {
      ...noFaults,
      dieAt: random.chance(0.5) ? random.between(1, 80) : Number.POSITIVE_INFINITY,
      lifetime: random.chance(0.2) ? random.between(0, 5 * minute) : Number.POSITIVE_INFINITY,
      interruptAt: random.chance(0.15) ? random.between(1, 60) : Number.POSITIVE_INFINITY,
      answer: random.pick([0, 0, 0.1, 0.3]),
      sink: random.pick([0, 0, 0.05, 0.3]),
      branch: random.pick([0, 0.05, 0.2, 0.5]),
      pause: random.pick([0, 0, 0.02, 0.1]),
      longestPause: random.pick([2 * minute, 15 * minute]),
    },
    parallelism: random.between(1, 4),
    lockTimeout: random.pick([0, 0, 60, 600]),
    replace: replace.map(({ address }) => address),
    mayDelete: mayDelete(simulation, entries, replace),
  };
}

/** Checks that a run has done what it reports, as far as no later run has undone it. */
function checkOutcome(
  simulation: Simulation,
  entries: readonly Entry[],
  { process, rows }: Outcome<RunResult>,
): void {
  const actualTokens = [...simulation.actualTokens.values()];
  for (const { address, action, status, id } of rows) {
    if (status !== 'applied' || !['create', 'replace', 'deliver'].includes(action)) continue;
    const entry = entries.find((one) => one.address === address);
    const index = actualTokens.findIndex((one) => one.id === id);
    const actual = actualTokens[index];
    if (!entry || !actual) {
      simulation.reportViolation(`${process.name} says that it has made ${address}, but not what`);
      continue;
    }
    const what = `${actual.name} ${short(actual.id)}`;
    if (actual.deletedBy === process.name)
      simulation.reportViolation(`${process.name} has deleted what it says it has made: ${what}`);
    const hasSuccessor = actualTokens.slice(index + 1).some(({ name }) => name === actual.name);
    if (actual.deletedBy !== undefined || hasSuccessor) continue;
    const empty = entry.sinks.filter(
      (sink) => !sinkHolds(simulation, process.machine, sink, actual.password),
    );
    if (empty.length > 0)
      simulation.reportViolation(`${process.name} has not put the secret of ${what} into ${empty}`);
  }
}

/**
 * Checks that at most three runs without faults converge, each on one of the machines, and that then there is one token for
 * each entry, with its secret in the sinks.
 */
async function converge(
  simulation: Simulation,
  machines: readonly Machine[],
  entries: readonly Entry[],
): Promise<void> {
  const options = { mayDelete: mayDelete(simulation, entries) };
  for (let runs = 1; ; runs += 1) {
    const machine = simulation.random.pick(machines);
    checkOut(simulation, machine, manifestOf(entries, 'app', true));
    const [outcome] = await runAll(simulation, [applyOn(simulation, machine, options)]);
    if (outcome) checkOutcome(simulation, entries, outcome);
    checkCustody(simulation, machine, entries);
    const [soon] = await runAll(simulation, [planOn(simulation, machine, options)]);
    if (soon) checkErrors(simulation, machine, entries, soon, false);
    await simulation.clock.pass(minute);
    const commits = simulation.branch?.history.length;
    const [planned] = await runAll(simulation, [planOn(simulation, machine, options)]);
    if (simulation.branch?.history.length !== commits) simulation.reportViolation('a plan has pushed');
    if (runs < 3 && planned?.code !== 0) continue;
    if (planned) checkFinalPlan(simulation, machine, entries, planned, false);
    checkTokens(simulation, machine, entries);
    return;
  }
}

/** Checks that each entry has one token, or none if it is to be absent, and that its sinks have the secret. */
function checkTokens(simulation: Simulation, machine: Machine, entries: readonly Entry[]): void {
  for (const { name, old, sinks, isAbsent } of entries) {
    const count = simulation.live(name).length + (old === name ? 0 : simulation.live(old).length);
    if (count !== (isAbsent ? 0 : 1)) simulation.reportViolation(`${count} tokens of ${name} are left`);
    const [token] = simulation.live(name);
    const empty = sinks.filter((sink) => token && !sinkHolds(simulation, machine, sink, token.password));
    if (empty.length > 0) simulation.reportViolation(`the secret of ${name} is not in ${empty}`);
  }
}
