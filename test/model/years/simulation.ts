import { grace } from '../fixture.ts';
import { createRandom, type Random } from '../random.ts';
import { workFolder } from '../records.ts';
import { applyOn, type Outcome, type RunResult, runAll } from '../runs.ts';
import { sinksOf } from '../scenarios/scenario.ts';
import { useRandom } from '../seeded-crypto.ts';
import { ionos } from '../services/ionos.ts';
import { personal } from '../services/personal.ts';
import { standIn } from '../services/stand-in.ts';
import { type ActualToken, type Faults, type Machine, noFaults, Simulation, short } from '../simulation.ts';
import { Consumer } from './consumer.ts';
import { between, hour, longestRun, manifestOf, mostFailures, periodOf, type Year } from './year.ts';

/** What came of a year. */
export interface Report {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly runs: number;
  readonly rotations: number;
}

const runsOfYear = (365 * 24 * hour) / between;
/** A token that rotates often makes for many runs that do something: so many are enough of a year. */
const mostRuns = 300;
/** A run that has nothing to do is left out as a rule: one in so many is done, to see that it does nothing. */
const idleSample = 16;

/** Plays a year, or as much of it as 300 runs are: one every six hours, of which some are missed and some come to grief. */
export async function runYear(year: Year): Promise<Report> {
  const yearSimulation = new YearSimulation(year);
  await yearSimulation.runScenario();
  return yearSimulation;
}

/**
 * The rules of a year, beside those of `Consumer`:
 *
 * - A run in peace, one that nothing goes wrong with, succeeds, and makes everything right: all sinks have the newest
 *   generation, it isn't due for a successor, and of all that are live each was in a sink.
 * - One that begins when the newest was handed over longer than the overlap ago deletes all older ones. So more than two
 *   live only within the overlap of the newest's delivery, or until there is a run in peace after it. Three there are where
 *   a run has handed over the next generation, and died before it deleted what the overlap was past of: that goes with
 *   the overlap of the next one, as who reads the sink may be late.
 * - Until the next run in peace each run adds one generation at most, and one for each answer that is lost.
 * - A generation has its successor once that is due, and at most so much later as runs in a row may fail.
 */
class YearSimulation implements Report {
  runs = 0;
  readonly #year: Year;
  readonly #random: Random;
  readonly #simulation: Simulation;
  readonly #machine: Machine;
  readonly #consumer: Consumer;
  readonly #most: number;
  /** How many runs in a row have failed, or were missed. */
  #failures = 0;
  /** The newest generation that a run in peace has confirmed, and when. */
  #confirmed: { readonly token: ActualToken; readonly at: number } | undefined;
  /** How many generations there may be until the next run in peace. */
  #allowance = 0;
  #isUnderWay = false;
  /** What trouble may have cost: generations that never came into a sink. */
  #losses = 0;
  /** Whether the last run found everything done. */
  #isIdle = false;

  constructor(year: Year) {
    this.#year = year;
    this.#most = mostFailures(year);
    this.#random = createRandom(year.seed);
    useRandom(this.#random);
    this.#simulation = new Simulation({
      random: this.#random,
      service: { registry: ionos, personal, stand_in: standIn }[year.service],
      lags: { listLag: year.listLag * 1_000, readLag: year.readLag * 1_000 },
      grace,
      skew: year.skew * 1_000,
      latest: 2_000,
      latency: year.latency,
      interference: { rate: 0, names: [], unusual: false },
      watch: () => this.#look(),
    });
    this.#machine = this.#simulation.machine('m1');
    const folder = workFolder(this.#machine);
    const sinks = sinksOf('ci', year.formats);
    this.#consumer = new Consumer(
      this.#simulation,
      sinks.paths.map((path) => `${folder}/${path}`),
      year.overlap * hour,
    );
    this.#simulation.disk.makeFolder(`${folder}/secrets`);
    this.#simulation.disk.put(`${folder}/tokens.yaml`, manifestOf(year, sinks.text));
  }

  get violations(): readonly string[] {
    return this.#simulation.violations;
  }

  get trace(): readonly string[] {
    return this.#simulation.trace;
  }

  get rotations(): number {
    return Math.max(0, this.#consumer.seen.length - 1);
  }

  async runScenario(): Promise<void> {
    const { clock } = this.#simulation;
    const start = clock.now() + this.#random.between(0, between);
    for (let index = 0; index < runsOfYear && this.runs < mostRuns; index += 1) {
      if (this.violations.length > 0) return;
      const at = start + index * between;
      if (this.#isQuiet(at)) continue;
      await clock.pass(at - clock.now());
      this.#look();
      await this.#turn();
    }
    if (this.violations.length === 0) this.#review(clock.now() - start);
  }

  /** Whether nothing is to be done at a time, as far as can be told from outside. */
  #isQuiet(at: number): boolean {
    const held = this.#confirmed;
    if (!this.#isIdle || !held) return false;
    const due = held.token.made + periodOf(this.#year) * hour;
    const over = held.at + this.#year.overlap * hour;
    const isAlone = this.#simulation.live().length === 1;
    if (at + between > due || (!isAlone && at + between > over)) return false;
    return !this.#random.chance(1 / idleSample);
  }

  async #turn(): Promise<void> {
    const { missed, faultyRun } = this.#year;
    const mayFail = this.#failures < this.#most;
    if (mayFail && this.#random.chance(missed / 100)) {
      this.#failures += 1;
      this.#isIdle = false;
      this.#simulation.note('', 'a run is missed');
    } else if (mayFail && this.#random.chance(faultyRun / 100)) {
      this.#failures += 1;
      this.#isIdle = false;
      const { process } = await this.#run(this.#trouble());
      this.#losses += 1 + process.lostResponses;
    } else {
      this.#failures = 0;
      await this.#peace();
    }
  }

  async #run(faults: Faults): Promise<Outcome<RunResult>> {
    this.runs += 1;
    this.#allowance += 1;
    this.#isUnderWay = true;
    const [outcome] = await runAll(this.#simulation, [applyOn(this.#simulation, this.#machine, { faults })]);
    this.#isUnderWay = false;
    if (!outcome) throw new Error('no outcome');
    this.#allowance += outcome.process.lostResponses;
    this.#look();
    return outcome;
  }

  #trouble(): Faults {
    const random = this.#random;
    if (random.chance(this.#year.killed / 100)) {
      return {
        ...noFaults,
        dieAt: random.chance(0.9) ? random.between(1, 110) : Number.POSITIVE_INFINITY,
        lifetime: random.chance(0.2) ? random.between(0, 40_000) : Number.POSITIVE_INFINITY,
        powerCut: random.chance(0.4),
        answer: random.pick([0, 0, 0.2]),
      };
    }
    return {
      ...noFaults,
      interruptAt: random.chance(0.2) ? random.between(1, 60) : Number.POSITIVE_INFINITY,
      answer: random.pick([0.1, 0.4]),
      sink: random.pick([0, 0.2]),
      state: random.pick([0, 0, 0.05]),
    };
  }

  /** A run that nothing goes wrong with makes everything right. */
  async #peace(): Promise<void> {
    const simulation = this.#simulation;
    const begun = simulation.clock.now();
    const before = this.#confirmed;
    const isOverlapPast =
      before?.token === this.#newest && begun >= (before?.at ?? 0) + this.#year.overlap * hour + 1_000;
    const { code, rows, errors } = await this.#run(noFaults);
    if (code !== 0) simulation.reportViolation(`a run in peace fails: ${JSON.stringify([rows, errors])}`);
    const live = simulation.live();
    const newest = this.#newest;
    if (!newest || this.#consumer.held !== newest) {
      simulation.reportViolation('after a run in peace not all sinks have the newest generation');
      return;
    }
    if (newest.made + periodOf(this.#year) * hour <= begun - this.#leeway) {
      simulation.reportViolation(`${newest.name} has no successor, and is due for one`);
    }
    const seen = new Set(this.#consumer.seen);
    for (const one of live) {
      if (!seen.has(one))
        simulation.reportViolation(`${one.name} ${short(one.id)} was never in a sink, and is there still`);
    }
    if (before && isOverlapPast) {
      for (const { name, id } of live.filter(({ made }) => made < before.token.made)) {
        simulation.reportViolation(`${name} ${short(id)} is there still, and the overlap is past`);
      }
    }
    if (before?.token !== newest) this.#confirmed = { token: newest, at: simulation.clock.now() };
    this.#allowance = live.length;
    this.#isIdle = rows.every(({ status }) => status === 'unchanged');
  }

  get #newest(): ActualToken | undefined {
    return this.#simulation
      .live()
      .reduce<ActualToken | undefined>(
        (latest, one) => (latest && latest.made > one.made ? latest : one),
        undefined,
      );
  }

  /** Checks the present state. */
  #look(): void {
    const simulation = this.#simulation;
    if (this.violations.length > 0) return;
    this.#consumer.look();
    const live = simulation.live();
    const most = this.#allowance + (this.#isUnderWay ? (this.#machine.process?.lostResponses ?? 0) : 0);
    if (live.length > most)
      simulation.reportViolation(`${live.length} generations are live, and ${most} at most may be`);
  }

  /** What clocks that differ, and names to the minute, may make of a duration; in milliseconds. */
  get #leeway(): number {
    return (Math.abs(this.#year.skew) + 60) * 1_000;
  }

  /** Looks back: how often there was a rotation. */
  #review(length: number): void {
    const simulation = this.#simulation;
    const { seen } = this.#consumer;
    const period = periodOf(this.#year) * hour;
    const latest = period + (this.#most + 1) * between + longestRun + this.#leeway;
    const soonest = period - this.#leeway;
    for (const [index, one] of seen.entries()) {
      const after = (seen[index + 1]?.made ?? Number.NaN) - one.made;
      if (after < soonest) simulation.reportViolation(`${one.name} had its successor too soon`);
      if (after > latest) simulation.reportViolation(`${one.name} had its successor too late`);
    }
    const least = Math.floor(length / latest) - 1;
    const most = Math.ceil(length / soonest);
    if (this.rotations < least || this.rotations > most) {
      simulation.reportViolation(`${this.rotations} rotations, and not between ${least} and ${most}`);
    }
    const made = simulation.actualTokens.size;
    if (made - seen.length > this.#losses) {
      simulation.reportViolation(
        `${made - seen.length} generations came to nothing, and ${this.#losses} may have`,
      );
    }
  }
}
