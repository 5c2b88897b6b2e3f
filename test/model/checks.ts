import { allRecordsOf, workFolder } from './records.ts';
import { type ActualToken, type Machine, person, type Simulation, short } from './simulation.ts';

/** The parts of a manifest entry that the checks need. */
export interface Declared {
  /** The present, former and future names of the token. */
  readonly names: readonly string[];
  readonly address: string;
  /** The paths of its sinks, in the work folder. */
  readonly sinks: readonly string[];
}

/** Tells whether a sink of a machine holds a password. */
export function sinkHolds(simulation: Simulation, machine: Machine, sink: string, password: string): boolean {
  const text = simulation.disk.text(`${workFolder(machine)}/${sink}`);
  return text !== undefined && unwrapped(text).includes(password);
}

/** Returns the content of a sink as plain text. */
export function unwrapped(text: string): string {
  const encoded = /\.dockerconfigjson: (\S+)/.exec(text)?.[1];
  return encoded === undefined ? text : Buffer.from(encoded, 'base64').toString();
}

/** Returns where the secret of a live token of this machine is kept; `undefined` if it is lost. */
export function locateSecret(
  simulation: Simulation,
  machine: Machine,
  actual: ActualToken,
  sinks: readonly string[],
): 'sinks' | 'spool' | 'superseded' | 'unresolved' | undefined {
  const { held, superseded, unresolved, spool } = allRecordsOf(simulation, machine);
  const delivered = sinks.every((sink) => sinkHolds(simulation, machine, sink, actual.password));
  if (held.includes(actual.id) && delivered) return 'sinks';
  const isSpooled = spool.some(
    ({ id, secret, isSealed }) => id === actual.id && (isSealed || secret === actual.password),
  );
  if (isSpooled) return 'spool';
  const isRenewed = spool.some(
    ({ repairId, chosenSecret }) => repairId === actual.id && chosenSecret === actual.password,
  );
  if (isRenewed) return 'spool';
  if (superseded.includes(actual.id)) return 'superseded';
  const withoutResponse = [...unresolved, ...spool.filter(({ id }) => id === undefined)];
  return withoutResponse.some(({ nonce }) => nonce === actual.nonce) ? 'unresolved' : undefined;
}

/** Checks that no run has lost track of a live token: its secret is kept, or it is recorded for deletion. */
export function checkCustody(simulation: Simulation, machine: Machine, declared: readonly Declared[]): void {
  for (const actual of simulation.live()) {
    if (actual.by !== machine.owner || isNoLongerExpected(simulation, actual)) continue;
    const { sinks = [], names = [] } = declared.find((one) => one.names.includes(actual.name)) ?? {};
    if (locateSecret(simulation, machine, actual, sinks) !== undefined) continue;
    if (isObsolete(simulation, actual, names)) continue;
    simulation.reportViolation(
      `${machine.name} has lost sight of ${actual.name} ${short(actual.id)}${actual.isSecretReceived ? ', and of its secret' : ''}`,
    );
  }
}

/**
 * Tells whether its secret was replaced by that of a successor, which a person has then deleted. A successor has the name
 * that the token had then: a rename since doesn't bring the secret back. Or it has another name of the entry, where a replace
 * is the rename.
 *
 * @param names the names of its entry
 */
export function isObsolete(
  simulation: Simulation,
  { id, name, formerNames, by }: ActualToken,
  names: readonly string[],
): boolean {
  const hadItsName = (later: ActualToken): boolean =>
    later.name === name ||
    names.includes(later.name) ||
    (formerNames.get(later.name) ?? Number.NEGATIVE_INFINITY) >= later.made;
  const actualTokens = [...simulation.actualTokens.values()];
  return actualTokens
    .slice(actualTokens.findIndex((actual) => actual.id === id) + 1)
    .some(
      (later) => hadItsName(later) && later.by === by && later.isSecretReceived && later.deletedBy === person,
    );
}

/** Tells whether a token is out of scope: given up, expired, or renamed by another actor. */
export function isNoLongerExpected(simulation: Simulation, actual: ActualToken): boolean {
  const { abandoned, expiry, name, firstName, by, changedBy } = actual;
  if (abandoned || (expiry !== null && expiry <= simulation.clock.now() + simulation.options.skew))
    return true;
  return name !== firstName && [...changedBy].some((who) => who !== by);
}
