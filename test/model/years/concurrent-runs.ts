import { personalToken, stage, token } from '../fixture.ts';
import { workFolder } from '../records.ts';
import { applyOn, type Outcome, type RunResult, runAll } from '../runs.ts';
import { ionos } from '../services/ionos.ts';
import { personal } from '../services/personal.ts';
import { type Machine, noFaults, short, type Truth } from '../simulation.ts';
import { Consumer } from './consumer.ts';
import type { Report } from './simulation.ts';

/** Two runs of two machines at about the same time. Durations in milliseconds. */
export interface Rivalry {
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
  readonly heir: number;
}

/** What came of it. */
export interface Rivals extends Report {
  /** How the two runs ended. */
  readonly outcomes: readonly Outcome<RunResult>[];
  /** The generations that are live once both have ended. */
  readonly live: readonly Truth[];
}

const hour = 3_600;
const day = 24 * hour;
const rotate = ', rotate: { every: 30d, lifetime: 45d, overlap: 24h }';
const sharedFolder = '/shared';

/** Lets two runs go on side by side, and then one of the machines alone, until the overlap is over. */
export async function playRivals(rivalry: Rivalry): Promise<Rivals> {
  const { isShared, isFirst, format, listLag, readLag, dieAt, later } = rivalry;
  let areUnderWay = false;
  const turns = new Map<string, number>();
  const path = `${isShared ? sharedFolder : 'secrets'}/ci.${format}`;
  const secret = `[{ file: { path: ${path}, format: ${format} } }]`;
  const isRegistry = rivalry.service === 'registry';
  const setting = stage({
    seed: rivalry.seed,
    service: isRegistry ? ionos : personal,
    tokens: [isRegistry ? token(rotate, secret) : personalToken(rotate, secret)],
    lags: { listLag, readLag },
    watch: () => {
      for (const consumer of consumers) consumer.look();
    },
    delay: ({ machine: { name } }) => {
      const delays = rivalry.delays[name === 'm1' ? 0 : 1];
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      return areUnderWay ? (delays[turn % delays.length] ?? 0) : 0;
    },
  });
  const { world, first, machine, pass } = setting;
  const second = machine('m2');
  const machines = [first, second];
  const sinkOf = (one: Machine): string => (isShared ? path : `${workFolder(one)}/${path}`);
  let consumers = (isShared ? [first] : machines).map(
    (one) => new Consumer(world, [sinkOf(one)], day * 1_000),
  );
  world.disk.makeFolder(sharedFolder);
  const options = {
    sinkFolder: sharedFolder,
    mayDelete: ({ name }: { name: string }) => name.startsWith('ci-'),
  };
  const runOn = async (one: Machine): Promise<void> => {
    const { code, rows } = await setting.apply(options, one);
    if (code !== 0) world.violated(`a later run fails: ${JSON.stringify(rows)}`);
  };

  if (!isFirst) {
    await runOn(first);
    for (const file of ['.reconcile/custody.json', ...(isShared ? [] : [path])]) {
      world.disk.put(`${workFolder(second)}/${file}`, world.disk.text(`${workFolder(first)}/${file}`) ?? '');
    }
    await pass(30 * day);
  }
  const before = world.live();

  areUnderWay = true;
  const outcomes = await runAll(world, [
    applyOn(world, first, { ...options, faults: { ...noFaults, dieAt } }),
    world.time.sleep(later).then(() => applyOn(world, second, options)),
  ]);
  areUnderWay = false;
  const live = world.live();
  if (live.length > before.length + 2) world.violated(`${live.length} generations are live`);
  const appliers = outcomes.filter(({ rows }) => rows.some(({ status }) => status === 'applied'));
  const isAlive = outcomes.every(({ process }) => !process.dead);
  if (appliers.length === 0 && isAlive) world.violated('neither run has made a generation');
  for (const { process, rows, code } of outcomes) {
    // A sink may name a token that is too new to be found.
    const isBlind = readLag > 0 && rows[0]?.error?.code === 'SINK_FAILED';
    if (code !== 0 && !process.dead && !isBlind)
      world.violated(`${process.name} fails: ${JSON.stringify(rows)}`);
  }
  const made = appliers.map(({ process, rows }) => {
    const [{ id } = { id: null }] = rows;
    const truth = live.find((one) => one.id === id);
    if (!truth)
      world.violated(`${process.name} says that it has made ${short(id ?? '')}, and it is not there`);
    return { truth, machine: process.machine };
  });
  for (const { truth, machine: one } of made) {
    // A file that both write has the secret of whoever came last.
    const possible = isShared ? live : live.filter((other) => other === truth);
    const text = world.disk.text(sinkOf(one)) ?? '';
    if (!possible.some(({ password }) => text.includes(password))) {
      world.violated(`the sink of ${one.name} has no secret that was handed over`);
    }
  }

  // With sinks of their own, only one of them can have the newest: from now on the others are out of it.
  const goesOn = made[rivalry.heir % made.length]?.machine ?? (isFirst ? first : second);
  if (!isShared) consumers = consumers.filter((_, index) => machines[index] === goesOn);
  const count = world.truths.size;
  await pass(6 * hour);
  await runOn(goesOn);
  // Where one has died, or two have come through, it makes sure of what the sink holds: unless that says so itself.
  const isSure = isAlive && (made.length === 1 || (listLag + readLag === 0 && isShared && format === 'json'));
  if (world.truths.size > count + (isSure ? 0 : 1)) world.violated('the next run makes another generation');
  await pass(day + 6 * hour);
  await runOn(goesOn);
  const [last, ...others] = world.live();
  if (!last || others.length > 0) world.violated(`${others.length} generations are left over`);
  if (last && !world.disk.text(sinkOf(goesOn))?.includes(last.password)) {
    world.violated('the one that is left is not the one in the sink');
  }
  return { violations: world.violations, trace: world.trace, runs: 5, rotations: 0, outcomes, live };
}
