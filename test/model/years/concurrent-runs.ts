import { createFixture, personalToken, token } from '../fixture.ts';
import { workFolder } from '../records.ts';
import { applyOn, type Outcome, type RunResult, runAll } from '../runs.ts';
import { ionos } from '../services/ionos.ts';
import { personal } from '../services/personal.ts';
import { type ActualToken, type Machine, noFaults, short } from '../simulation.ts';
import { Consumer } from './consumer.ts';
import type { Report } from './simulation.ts';

/** Two runs of two machines at about the same time. Durations in milliseconds. */
export interface ConcurrentCase {
  readonly service: 'registry' | 'personal';
  readonly format: 'json' | 'raw';
  /** Whether both write the same file; otherwise each has one of its own. */
  readonly isShared: boolean;
  /** Whether there is no generation yet; otherwise there is one, which both know, and its successor is due. */
  readonly isFirst: boolean;
  /** How much later the second run begins. */
  readonly later: number;
  /** How long the requests of each run, and their answers, are on their way: one after the other, then from the start. */
  readonly delays: readonly [readonly number[], readonly number[]];
  readonly listLag: number;
  readonly readLag: number;
  /** The step at which the first run dies; never, where there are not so many. */
  readonly dieAt: number;
  readonly seed: number;
  /** Which of the machines that have made a generation goes on. */
  readonly successor: number;
}

/** What came of it. */
export interface ConcurrentOutcome extends Report {
  /** How the two runs ended. */
  readonly outcomes: readonly Outcome<RunResult>[];
  /** The generations that are live once both have ended. */
  readonly live: readonly ActualToken[];
}

const hour = 3_600;
const day = 24 * hour;
const rotate = ', rotate: { every: 30d, lifetime: 45d, overlap: 24h }';
const sharedFolder = '/shared';

/** Lets two runs go on side by side, and then one of the machines alone, until the overlap is over. */
export async function runConcurrently(concurrentCase: ConcurrentCase): Promise<ConcurrentOutcome> {
  const { isShared, isFirst, format, listLag, readLag, dieAt, later } = concurrentCase;
  let areUnderWay = false;
  const turns = new Map<string, number>();
  const path = `${isShared ? sharedFolder : 'secrets'}/ci.${format}`;
  const secret = `[{ file: { path: ${path}, format: ${format} } }]`;
  const isRegistry = concurrentCase.service === 'registry';
  const setting = createFixture({
    seed: concurrentCase.seed,
    service: isRegistry ? ionos : personal,
    tokens: [isRegistry ? token(rotate, secret) : personalToken(rotate, secret)],
    lags: { listLag, readLag },
    watch: () => {
      for (const consumer of consumers) consumer.look();
    },
    delay: ({ machine: { name } }) => {
      const delays = concurrentCase.delays[name === 'm1' ? 0 : 1];
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      return areUnderWay ? (delays[turn % delays.length] ?? 0) : 0;
    },
  });
  const { simulation, first, machine, pass } = setting;
  const second = machine('m2');
  const machines = [first, second];
  const sinkOf = (one: Machine): string => (isShared ? path : `${workFolder(one)}/${path}`);
  let consumers = (isShared ? [first] : machines).map(
    (one) => new Consumer(simulation, [sinkOf(one)], day * 1_000),
  );
  simulation.disk.makeFolder(sharedFolder);
  const options = {
    sinkFolder: sharedFolder,
    mayDelete: ({ name }: { name: string }) => name.startsWith('ci-'),
  };
  const runOn = async (one: Machine): Promise<void> => {
    const { code, rows } = await setting.apply(options, one);
    if (code !== 0) simulation.reportViolation(`a later run fails: ${JSON.stringify(rows)}`);
  };

  if (!isFirst) {
    await runOn(first);
    for (const file of ['.reconcile/custody.json', ...(isShared ? [] : [path])]) {
      simulation.disk.put(
        `${workFolder(second)}/${file}`,
        simulation.disk.text(`${workFolder(first)}/${file}`) ?? '',
      );
    }
    await pass(30 * day);
  }
  const before = simulation.live();

  areUnderWay = true;
  const outcomes = await runAll(simulation, [
    applyOn(simulation, first, { ...options, faults: { ...noFaults, dieAt } }),
    simulation.clock.sleep(later).then(() => applyOn(simulation, second, options)),
  ]);
  areUnderWay = false;
  const live = simulation.live();
  if (live.length > before.length + 2) simulation.reportViolation(`${live.length} generations are live`);
  const appliers = outcomes.filter(({ rows }) => rows.some(({ status }) => status === 'applied'));
  const isAlive = outcomes.every(({ process }) => !process.isDead);
  if (appliers.length === 0 && isAlive) simulation.reportViolation('neither run has made a generation');
  for (const { process, rows, code } of outcomes) {
    // A sink may name a token that is too new to be found.
    const isBlind = readLag > 0 && rows[0]?.error?.code === 'SINK_FAILED';
    if (code !== 0 && !process.isDead && !isBlind)
      simulation.reportViolation(`${process.name} fails: ${JSON.stringify(rows)}`);
  }
  const made = appliers.map(({ process, rows }) => {
    const [{ id } = { id: null }] = rows;
    const actual = live.find((one) => one.id === id);
    if (!actual)
      simulation.reportViolation(
        `${process.name} says that it has made ${short(id ?? '')}, and it is not there`,
      );
    return { actual, machine: process.machine };
  });
  for (const { actual, machine: one } of made) {
    // A file that both write has the secret of the last writer.
    const possible = isShared ? live : live.filter((other) => other === actual);
    const text = simulation.disk.text(sinkOf(one)) ?? '';
    if (!possible.some(({ password }) => text.includes(password))) {
      simulation.reportViolation(`the sink of ${one.name} has no secret that was handed over`);
    }
  }

  // With sinks of their own, only one of them can have the newest: from now on the others are out of it.
  const goesOn = made[concurrentCase.successor % made.length]?.machine ?? (isFirst ? first : second);
  if (!isShared) consumers = consumers.filter((_, index) => machines[index] === goesOn);
  const count = simulation.actualTokens.size;
  await pass(6 * hour);
  await runOn(goesOn);
  // Where one has died, or two have come through, it makes sure of what the sink holds: unless that says so itself.
  const isSure = isAlive && (made.length === 1 || (listLag + readLag === 0 && isShared && format === 'json'));
  if (simulation.actualTokens.size > count + (isSure ? 0 : 1))
    simulation.reportViolation('the next run makes another generation');
  await pass(day + 6 * hour);
  await runOn(goesOn);
  const [last, ...others] = simulation.live();
  if (!last || others.length > 0) simulation.reportViolation(`${others.length} generations are left over`);
  if (last && !simulation.disk.text(sinkOf(goesOn))?.includes(last.password)) {
    simulation.reportViolation('the one that is left is not the one in the sink');
  }
  return {
    violations: simulation.violations,
    trace: simulation.trace,
    runs: 5,
    rotations: 0,
    outcomes,
    live,
  };
}
