import { isNoLongerExpected, isObsolete, locateSecret, sinkHolds } from './checks.ts';
import { allRecordsOf, recordsOf } from './records.ts';
import type { Outcome, PlannedChange } from './runs.ts';
import type { Entry } from './scenarios/scenario.ts';
import { type ActualToken, type Machine, person, type Simulation, short } from './simulation.ts';

/** Checks that a plan has only errors that people have caused, even while lists lag. */
export function checkErrors(
  simulation: Simulation,
  machine: Machine,
  entries: readonly Entry[],
  { rows, errors }: Pick<Outcome<PlannedChange>, 'rows' | 'errors'>,
  strictOutcome: boolean,
): void {
  for (const { code, message } of errors) simulation.reportViolation(`a plan fails: ${code} ${message}`);
  for (const { address, error } of rows) {
    const entry = entries.find((one) => one.address === address);
    if (!error || (entry && isJustified(simulation, machine, entry, error.code, strictOutcome))) continue;
    simulation.reportViolation(`a plan of ${machine.name} for ${address}: ${error.code} ${error.message}`);
  }
}

/** Checks that nothing is left to do or to delete. */
export function checkFinalPlan(
  simulation: Simulation,
  machine: Machine,
  entries: readonly Entry[],
  { rows, errors }: Outcome<PlannedChange>,
  strictOutcome: boolean,
): void {
  checkErrors(simulation, machine, entries, { rows, errors }, strictOutcome);
  for (const row of rows) {
    const { address, action, reason } = row;
    if (action === 'noop' || action === 'error') continue;
    const entry = entries.find((one) => one.address === address);
    if (entry && isUnprovable(simulation, machine, entry, row, strictOutcome)) continue;
    simulation.reportViolation(`the last plan of ${machine.name} for ${address}: ${action}, ${reason}`);
  }
  for (const entry of entries) {
    const row = rows.find(({ address }) => address === entry.address);
    // As long as it can't be told which token is to go, none does.
    if (entry.isAbsent && row?.error) continue;
    if (row && isUnprovable(simulation, machine, entry, row, strictOutcome)) continue;
    const live = simulation
      .live(entry.name)
      .filter((actual) => actual.by === machine.owner && !isNoLongerExpected(simulation, actual));
    const useless = live.filter(
      (actual) => locateSecret(simulation, machine, actual, entry.sinks) !== 'sinks',
    );
    for (const actual of useless) {
      const told = row?.error !== null || row.warnings.length > 0 || entry.sinks.length === 0;
      if (told && hasLostProof(simulation, machine, entry, actual, strictOutcome)) continue;
      simulation.reportViolation(`${machine.name} has left over ${actual.name} ${short(actual.id)}`);
    }
    if (live.length - useless.length > 1)
      simulation.reportViolation(`${machine.name} holds several ${entry.name}`);
    // An entry that deletes a token by its ID doesn't declare the name. Nothing connects that ID to an attempt without a
    // response, or to the spooled secret of another token of that name. The run reports these and leaves them alone, as it
    // does for any name that no manifest declares.
    const isNameless = entry.isAbsent && entry.id !== undefined;
    const spool = recordsOf(simulation, machine, entry.name).spool.filter((known) => {
      if (isNameless && known.id !== entry.id) return false;
      const actual = simulation.actualTokens.get(known.id ?? '');
      return !actual || !isNoLongerExpected(simulation, actual);
    });
    if (spool.length > 0)
      simulation.reportViolation(`the spool of ${machine.name} still holds ${entry.name}`);
  }
}

/**
 * Tells whether a replace is rejected as an unresolved attempt may have created another token of the name. The replaced
 * token may still have the old name, so a single token of the name can be that other one.
 */
function isUnprovable(
  simulation: Simulation,
  machine: Machine,
  { name }: Entry,
  { action, id: replaced }: PlannedChange,
  strictOutcome: boolean,
): boolean {
  if (action !== 'replace' || !strictOutcome) return false;
  if (recordsOf(simulation, machine, name).unresolved.length === 0) return false;
  return matches(simulation, name).some(
    (actual) => actual.id !== replaced && isUnproven(simulation, machine)(actual),
  );
}

/** Tells whether an error of the last plan is due to the actions of people. */
function isJustified(
  simulation: Simulation,
  machine: Machine,
  entry: Entry,
  code: string,
  strictOutcome: boolean,
): boolean {
  const { name, old, id, allowReplace } = entry;
  const live = matches(simulation, name);
  const taken = [...live, ...matches(simulation, old)].filter(
    (actual) =>
      actual.by !== machine.owner || hasLostProof(simulation, machine, entry, actual, strictOutcome),
  );
  switch (code) {
    case 'MANIFEST_CONFLICT':
      return taken.length > 0 || simulation.live(old).some(({ by }) => by === person);
    case 'AMBIGUOUS':
      // What a run has just cleaned up may be listed still.
      if (entry.isAbsent && (simulation.options.lags.listLag ?? 0) > 0) return true;
      return (live.length > 1 && mayStay(simulation, entry, live)) || matches(simulation, old).length > 1;
    case 'OUTCOME_UNKNOWN':
      return strictOutcome && [...live, ...matches(simulation, old)].some(isUnproven(simulation, machine));
    case 'NOT_FOUND':
      return id !== undefined && !simulation.live().some((actual) => actual.id === id);
    case 'API_REJECTED':
      // Tokens that people and other machines have created leave no room for another one beside the old one.
      return isFull(simulation, machine);
    case 'SINK_FAILED':
      // A person has deleted the new token before the old one was deleted, and the sinks hold its secret.
      return [...simulation.actualTokens.values()].some(
        ({ by, deletedBy, password }) =>
          by === machine.owner &&
          deletedBy === person &&
          entry.sinks.some((sink) => sinkHolds(simulation, machine, sink, password)),
      );
    case 'IMMUTABLE':
      return !allowReplace;
    default:
      return false;
  }
}

/** Tells whether the quota is used up, by tokens of others too. */
function isFull(simulation: Simulation, { owner }: Machine): boolean {
  const { quota = Number.POSITIVE_INFINITY } = simulation.service;
  const live = simulation.live();
  return live.length >= quota && live.some(({ by }) => by !== owner);
}

/** Tells whether nothing proves who has created a token. */
function isUnproven({ service }: Simulation, machine: Machine): (actual: ActualToken) => boolean {
  return ({ by }) => !service.provesOwner || (service.marksOnlyRuns === true && by !== machine.owner);
}

/** Returns the tokens that match a name: expired ones only if there are no others. */
function matches(simulation: Simulation, name: string): readonly ActualToken[] {
  const usable = simulation.live(name).filter(({ generated }) => !generated);
  const now = simulation.clock.now() + simulation.options.skew;
  const current = usable.filter(({ expiry }) => expiry === null || expiry > now);
  return current.length > 0 ? current : usable;
}

/**
 * Whether several tokens of a name may be left: one was made by hand, or a machine is not done with it, or may take
 * it for what a lost answer has left, or runs could overlook each other's. Otherwise the younger would have had to yield.
 */
function mayStay(simulation: Simulation, { sinks }: Entry, live: readonly ActualToken[]): boolean {
  const { listLag = 0, readLag = 0 } = simulation.options.lags;
  if (listLag > 0 || readLag > 0) return true;
  return live.some((actual) => {
    const maker = simulation.machines.find(({ owner }) => owner === actual.by);
    if (!maker || locateSecret(simulation, maker, actual, sinks) !== 'sinks') return true;
    return simulation.machines.some((one) => {
      const { superseded, unresolved } = recordsOf(simulation, one, actual.name);
      return superseded.includes(actual.id) || unresolved.length > 0;
    });
  });
}

/** Tells whether the ownership of a token with a lost response can't be determined any more. */
function hasLostProof(
  simulation: Simulation,
  machine: Machine,
  { sinks, names }: Entry,
  actual: ActualToken,
  strictOutcome: boolean,
): boolean {
  if (isObsolete(simulation, actual, names)) return true;
  const recorded = locateSecret(simulation, machine, actual, sinks);
  if (recorded === 'superseded') return isRecordedUnderFormerName(simulation, machine, actual);
  if (recorded !== 'unresolved') return false;
  if (actual.name !== actual.firstName) return true;
  if (simulation.service.provesOwner) return false;
  if (simulation.service.onlyListed && hasTwin(simulation, machine, actual)) return true;
  return strictOutcome || [...actual.changedBy].some((who) => who !== machine.owner);
}

/** Tells whether another create of its name has no answer on record, so that listings don't tell the two tokens apart. */
function hasTwin(simulation: Simulation, machine: Machine, actual: ActualToken): boolean {
  const isTwin = (other: ActualToken): boolean =>
    other.id !== actual.id && other.firstName === actual.firstName && other.by === machine.owner;
  return [...simulation.actualTokens.values()].some(
    (other) => isTwin(other) && locateSecret(simulation, machine, other, []) === 'unresolved',
  );
}

/**
 * Tells whether all records of a superseded token have a former name of it. A run that is killed before reads show its
 * rename leaves the old name in the records, and the replace that follows may still list the token under it. To the next run
 * that is the same as a rename by a person, so it leaves the token alone, with a warning.
 */
function isRecordedUnderFormerName(simulation: Simulation, machine: Machine, actual: ActualToken): boolean {
  const { supersededTokens } = allRecordsOf(simulation, machine);
  return supersededTokens
    .filter(({ id }) => id === actual.id)
    .every(({ name }) => name !== actual.name && actual.formerNames.has(name));
}
