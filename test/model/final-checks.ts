import { isOutlived, isOutOfPlay, whereabouts } from './checks.ts';
import { recordsOf } from './records.ts';
import type { Outcome, PlannedChange } from './runs.ts';
import type { Entry } from './scenarios/scenario.ts';
import { type Machine, person, short, type Truth, type World } from './simulation.ts';

/** A plan holds no errors but those that people are to blame for; also while lists lag still. */
export function checkErrors(
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

/** At the end nothing is left to do, and nothing lies around. */
export function checkEnd(
  world: World,
  machine: Machine,
  entries: readonly Entry[],
  { rows, errors }: Outcome<PlannedChange>,
  strictOutcome: boolean,
): void {
  checkErrors(world, machine, entries, { rows, errors }, strictOutcome);
  for (const { address, action, reason } of rows) {
    if (action === 'noop' || action === 'error') continue;
    const entry = entries.find((one) => one.address === address);
    if (action === 'replace' && entry && isUnprovable(world, entry, strictOutcome)) continue;
    world.violated(`the last plan of ${machine.name} for ${address}: ${action}, ${reason}`);
  }
  for (const entry of entries) {
    const row = rows.find(({ address }) => address === entry.address);
    // As long as it can't be told which token is to go, none does.
    if (entry.isAbsent && row?.error) continue;
    if (row?.action === 'replace' && isUnprovable(world, entry, strictOutcome)) continue;
    const live = world
      .live(entry.name)
      .filter((truth) => truth.by === machine.name && !isOutOfPlay(world, truth));
    const useless = live.filter((truth) => whereabouts(world, machine, truth, entry.sinks) !== 'sinks');
    for (const truth of useless) {
      const told = row?.error !== null || row.warnings.length > 0 || entry.sinks.length === 0;
      if (told && isSpoilt(world, machine, entry, truth, strictOutcome)) continue;
      world.violated(`${machine.name} has left over ${truth.name} ${short(truth.id)}`);
    }
    if (live.length - useless.length > 1) world.violated(`${machine.name} holds several ${entry.name}`);
    const spool = recordsOf(world, machine, entry.name).spool.filter((known) => {
      const truth = world.truths.get(known.id ?? '');
      return !truth || !isOutOfPlay(world, truth);
    });
    if (spool.length > 0) world.violated(`the spool of ${machine.name} still holds ${entry.name}`);
  }
}

/** Whether a replace is refused, as only proof counts, and there is none about a token beside. */
function isUnprovable(world: World, { name }: Entry, strictOutcome: boolean): boolean {
  return strictOutcome && !world.service.provesOwner && meant(world, name).length > 1;
}

/** Whether an error of the last plan tells the truth about what people have done. */
function isJustified(
  world: World,
  machine: Machine,
  entry: Entry,
  code: string,
  strictOutcome: boolean,
): boolean {
  const { name, old, id, allowReplace } = entry;
  const live = meant(world, name);
  const taken = [...live, ...meant(world, old)].filter(
    (truth) => truth.by !== machine.name || isSpoilt(world, machine, entry, truth, strictOutcome),
  );
  switch (code) {
    case 'MANIFEST_CONFLICT':
      return taken.length > 0 || world.live(old).some(({ by }) => by === person);
    case 'AMBIGUOUS':
      // What a run has just cleaned up may be listed still.
      if (entry.isAbsent && (world.options.lags.listLag ?? 0) > 0) return true;
      return (live.length > 1 && mayStay(world, entry, live)) || meant(world, old).length > 1;
    case 'OUTCOME_UNKNOWN':
      return strictOutcome && [...live, ...meant(world, old)].length > 0 && !world.service.provesOwner;
    case 'NOT_FOUND':
      return id !== undefined && !world.live().some((truth) => truth.id === id);
    case 'IMMUTABLE':
      return !allowReplace;
    default:
      return false;
  }
}

/** The tokens that a name can mean: those that are over only where there are no others. */
function meant(world: World, name: string): readonly Truth[] {
  const usable = world.live(name).filter(({ generated }) => !generated);
  const now = world.time.now();
  const current = usable.filter(({ expiry }) => expiry === null || expiry > now);
  return current.length > 0 ? current : usable;
}

/**
 * Whether several tokens of a name may be left: one was made by hand, or a machine is not done with it, or may take
 * it for what a lost answer has left, or runs could overlook each other's. Otherwise the younger would have had to yield.
 */
function mayStay(world: World, { sinks }: Entry, live: readonly Truth[]): boolean {
  const { listLag = 0, readLag = 0 } = world.options.lags;
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
  if (truth.name !== truth.firstName) return true;
  if (world.service.provesOwner) return false;
  return strictOutcome || [...truth.changedBy].some((who) => who !== machine.name);
}
