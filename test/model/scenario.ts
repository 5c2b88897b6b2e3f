import type { NewToken } from '../../src/emulator/index.ts';
import { checkCustody, type Declared, holds, isOutlived, whereabouts } from './checks.ts';
import { useRandom } from './dice.ts';
import { createRandom, type Random } from './random.ts';
import { recordsOf, workFolder } from './records.ts';
import {
  applyOn,
  type Outcome,
  type PlannedChange,
  planOn,
  type RunOptions,
  type RunResult,
  runAll,
} from './runs.ts';
import { type Faults, type Machine, person, registry, short, type Truth, World } from './world.ts';

/** How a token is asked for. */
type Way = 'post' | 'put' | 'rename' | 'absent';

interface Entry extends Declared {
  readonly way: Way;
  readonly old: string;
  readonly sinkLines: readonly string[];
}

/** What came of a seed. */
export interface Report {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const grace = 30;
const names = ['alpha', 'beta', 'gamma'];

/** Other properties for each machine, for a person, and for what was there from the start. */
const scopesOf = (repository: string): NonNullable<NewToken['scopes']> => [
  { type: 'repository', name: repository, actions: ['pull'] },
];

/** Plays a seed to its end. */
export async function play(seed: number, uniqueNames: boolean): Promise<Report> {
  const random = createRandom(seed);
  useRandom(random);
  const entries = entriesOf(random);
  const world = worldOf(random, entries, uniqueNames);
  try {
    await playIn(world, random, entries);
  } catch (error) {
    world.violated((error as Error).stack ?? String(error));
  }
  return world;
}

async function playIn(world: World, random: Random, entries: readonly Entry[]): Promise<void> {
  const strictOutcome = random.chance(0.15);
  const first = world.machine('m1');
  const second = random.chance(0.4) ? world.machine('m2') : undefined;
  const machines = second ? [first, second] : [first];
  for (const machine of machines) {
    const repository = machine === first || strictOutcome ? 'app' : 'lib';
    world.disk.makeFolder(`${workFolder(machine)}/secrets`);
    world.disk.put(`${workFolder(machine)}/tokens.yaml`, manifestOf(entries, repository));
  }
  for (const { way, old, name } of entries) {
    if (way === 'rename' || way === 'absent') world.seed(old, { scopes: scopesOf('app') });
    else if (random.chance(0.15)) world.seed(name, { scopes: scopesOf(random.pick(['app', 'before'])) });
  }
  await world.time.pass(60_000);

  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const runs = machines
      .filter((machine) => machine === first || random.chance(0.7))
      .map(async (machine) => {
        const options = troubled(random, entries, strictOutcome);
        await world.time.sleep(machine === first && random.chance(0.7) ? 0 : random.between(0, 10_000));
        return { machine, outcome: await applyOn(world, machine, options) };
      });
    for (const { machine, outcome } of await runAll(world, runs)) {
      checkOutcome(world, machine, entries, outcome);
      checkCustody(world, machine, entries);
    }
    await world.time.pass(random.pick([0, 1_000, 5_000, 40_000, 100_000]));
  }

  world.calm();
  await world.time.pass(120_000);
  for (const machine of machines) await converge(world, machine, entries, strictOutcome);
}

function entriesOf(random: Random): readonly Entry[] {
  return names.slice(0, random.between(1, 3)).map((name) => {
    const way = random.pick<Way>(['post', 'post', 'post', 'put', 'rename', 'rename', 'absent']);
    const sinks = random.pick([
      ['json'],
      ['json'],
      ['raw'],
      ['env'],
      ['kubernetes'],
      ['json', 'raw'],
      ['env', 'json'],
      [],
    ]);
    const old = `old-${name}`;
    return {
      name,
      way,
      old,
      address: `registry_token:${registry}/${way === 'absent' ? old : name}`,
      sinks: sinks.map((format) => `secrets/${name}.${format}`),
      sinkLines: sinks.map((format) => `{ file: { path: secrets/${name}.${format}, format: ${format} } }`),
    };
  });
}

function manifestOf(entries: readonly Entry[], repository: string): string {
  return [
    'apiVersion: reconcile/v1',
    'tokens:',
    ...entries.flatMap(({ name, way, old, sinkLines }) =>
      way === 'absent'
        ? [`- { kind: registry_token, state: absent, registry: ${registry}, registry_token: ${old} }`]
        : [
            `- kind: registry_token`,
            `  registry: ${registry}`,
            `  name: ${name}`,
            `  scopes: [{ type: repository, name: ${repository}, actions: [pull] }]`,
            `  status: enabled`,
            ...(way === 'rename'
              ? ['  state: update', `  registry_token: ${old}`, '  allow_replace: true']
              : []),
            ...(way === 'put' ? ['  create_with: put'] : []),
            `  secret: ${sinkLines.length === 0 ? 'discard' : `[${sinkLines.join(', ')}]`}`,
          ],
    ),
    '',
  ].join('\n');
}

function worldOf(random: Random, entries: readonly Entry[], uniqueNames: boolean): World {
  // Together they stay below the grace: what is late has to show in a list by then.
  const latest = random.between(0, grace - 6) * 1_000;
  const lag = (): number => (random.chance(0.5) ? 0 : random.between(0, grace * 1_000 - 5_000 - latest));
  return new World({
    random,
    grace,
    latest,
    skew: random.chance(0.3) ? random.between(-100_000, 100_000) : 0,
    latency: random.pick([0, 200, 1_000]),
    // A change that shows later counts as ignored.
    quirks: {
      listLag: lag(),
      readLag: lag(),
      statusLag: Math.min(lag(), 8_000),
      duplicateNames: !uniqueNames,
    },
    meddling: {
      rate: random.pick([0, 0, 0.02, 0.06]),
      names: entries.flatMap(({ name, way, old }) =>
        way === 'rename' || way === 'absent' ? [name, old] : [name],
      ),
      properties: { scopes: scopesOf('theirs') },
    },
  });
}

/** How a run goes that is not left in peace. */
function troubled(random: Random, entries: readonly Entry[], strictOutcome: boolean): RunOptions {
  const faults: Faults = {
    dieAt: random.chance(0.5) ? random.between(1, 80) : Number.POSITIVE_INFINITY,
    lifetime: random.chance(0.2) ? random.between(0, 90_000) : Number.POSITIVE_INFINITY,
    powerCut: random.chance(0.4),
    interruptAt: random.chance(0.15) ? random.between(1, 60) : Number.POSITIVE_INFINITY,
    answer: random.pick([0, 0, 0.1, 0.3, 0.6]),
    sink: random.pick([0, 0, 0.05, 0.5]),
    state: random.chance(0.1) ? 0.05 : 0,
  };
  const replace = entries.filter(({ way }) => way !== 'absent' && random.chance(0.15));
  return {
    faults,
    strictOutcome,
    parallelism: random.between(1, 4),
    replace: replace.map(({ address }) => address),
    mayDelete: mayDelete(entries, replace),
  };
}

function mayDelete(entries: readonly Entry[], replaced: readonly Entry[] = []): readonly string[] {
  return [
    ...entries.filter(({ way }) => way === 'rename' || way === 'absent').map(({ old }) => old),
    ...replaced.map(({ name }) => name),
  ];
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
  const options = { strictOutcome, mayDelete: mayDelete(entries) };
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

/** A plan holds no errors but those that people are to blame for; also while lists lag still. */
function checkErrors(
  world: World,
  machine: Machine,
  entries: readonly Entry[],
  { rows, errors }: Pick<Outcome<PlannedChange>, 'rows' | 'errors'>,
  strictOutcome: boolean,
): void {
  for (const { code, message } of errors) world.violated(`a plan fails: ${code} ${message}`);
  for (const { address, error } of rows) {
    const entry = entries.find((one) => one.address === address);
    if (!error || (entry && isJustified(world, machine, entry, error.code, strictOutcome))) continue;
    world.violated(`a plan of ${machine.name} for ${address}: ${error.code} ${error.message}`);
  }
}

function checkEnd(
  world: World,
  machine: Machine,
  entries: readonly Entry[],
  { rows, errors }: Outcome<PlannedChange>,
  strictOutcome: boolean,
): void {
  checkErrors(world, machine, entries, { rows, errors }, strictOutcome);
  for (const { address, action, reason } of rows) {
    if (action === 'noop' || action === 'error') continue;
    world.violated(`the last plan of ${machine.name} for ${address}: ${action}, ${reason}`);
  }
  for (const entry of entries) {
    const row = rows.find(({ address }) => address === entry.address);
    const live = world.live(entry.name).filter(({ by }) => by === machine.name);
    const useless = live.filter((truth) => whereabouts(world, machine, truth, entry.sinks) !== 'sinks');
    for (const truth of useless) {
      const told = row?.error !== null || row.warnings.length > 0 || entry.sinks.length === 0;
      if (told && isSpoilt(world, machine, entry, truth, strictOutcome)) continue;
      world.violated(`${machine.name} has left over ${truth.name} ${short(truth.id)}`);
    }
    if (live.length - useless.length > 1) world.violated(`${machine.name} holds several ${entry.name}`);
    const { spool } = recordsOf(world, machine, entry.name);
    if (spool.length > 0) world.violated(`the spool of ${machine.name} still holds ${entry.name}`);
  }
}

/** Whether an error of the last plan tells the truth about what people have done. */
function isJustified(
  world: World,
  machine: Machine,
  entry: Entry,
  code: string,
  strictOutcome: boolean,
): boolean {
  const live = world.live(entry.name);
  const taken = live.filter(
    (truth) => truth.by !== machine.name || isSpoilt(world, machine, entry, truth, strictOutcome),
  );
  switch (code) {
    case 'MANIFEST_CONFLICT':
      return taken.length > 0 || world.live(entry.old).some(({ by }) => by === person);
    case 'AMBIGUOUS':
      return (live.length > 1 && mayStay(world, entry, live)) || world.live(entry.old).length > 1;
    case 'OUTCOME_UNKNOWN':
      return strictOutcome && live.length > 0;
    default:
      return false;
  }
}

/**
 * Whether several tokens of a name may be left: one was made by hand, or a machine is not done with it, or may take
 * it for what a lost answer has left, or runs could overlook each other's. Otherwise the younger would have had to yield.
 */
function mayStay(world: World, { sinks }: Entry, live: readonly Truth[]): boolean {
  const { listLag = 0, readLag = 0 } = world.options.quirks;
  if (listLag > 0 || readLag > 0) return true;
  return live.some((truth) => {
    const maker = world.machines.find(({ name }) => name === truth.by);
    if (!maker || whereabouts(world, maker, truth, sinks) !== 'sinks') return true;
    return world.machines.some((one) => {
      const { retire, doubts } = recordsOf(world, one, truth.name);
      return retire.includes(truth.id) || doubts.length > 0;
    });
  });
}

/** Whether a token of a lost answer can't be told to be ours any more. */
function isSpoilt(
  world: World,
  machine: Machine,
  { sinks }: Entry,
  truth: Truth,
  strictOutcome: boolean,
): boolean {
  if (isOutlived(world, truth)) return true;
  if (whereabouts(world, machine, truth, sinks) !== 'doubted') return false;
  return strictOutcome || [...truth.changedBy].some((who) => who !== machine.name);
}
