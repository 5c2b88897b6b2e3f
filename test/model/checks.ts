import { allRecordsOf, workFolder } from './records.ts';
import { type Machine, person, short, type Truth, type World } from './simulation.ts';

/** What a manifest of a world says of one token, as far as a check has to know. */
export interface Declared {
  /** What the token is called, was called, or is to be called. */
  readonly names: readonly string[];
  readonly address: string;
  /** The paths of its sinks, in the work folder. */
  readonly sinks: readonly string[];
}

/** Whether a sink of a machine holds a password. */
export function holds(world: World, machine: Machine, sink: string, password: string): boolean {
  const text = world.disk.text(`${workFolder(machine)}/${sink}`);
  return text !== undefined && unwrapped(text).includes(password);
}

/** What a sink holds, in the clear. */
export function unwrapped(text: string): string {
  const encoded = /\.dockerconfigjson: (\S+)/.exec(text)?.[1];
  return encoded === undefined ? text : Buffer.from(encoded, 'base64').toString();
}

/** Where the secret of a live token is that a run of this machine has made; `undefined` where it is lost. */
export function whereabouts(
  world: World,
  machine: Machine,
  truth: Truth,
  sinks: readonly string[],
): 'sinks' | 'spool' | 'retired' | 'doubted' | undefined {
  const { held, retire, doubts, spool } = allRecordsOf(world, machine);
  const delivered = sinks.every((sink) => holds(world, machine, sink, truth.password));
  if (held.includes(truth.id) && delivered) return 'sinks';
  if (spool.some(({ id, secret }) => id === truth.id && secret === truth.password)) return 'spool';
  if (retire.includes(truth.id)) return 'retired';
  const unanswered = [...doubts, ...spool.filter(({ id }) => id === undefined)];
  return unanswered.some(({ nonce }) => nonce === truth.nonce) ? 'doubted' : undefined;
}

/** No live token that a run has made is out of its sight: its secret is somewhere, or it is known to be useless. */
export function checkCustody(world: World, machine: Machine, declared: readonly Declared[]): void {
  for (const truth of world.live()) {
    if (truth.by !== machine.name || isOutOfPlay(world, truth)) continue;
    const sinks = declared.find(({ names }) => names.includes(truth.name))?.sinks ?? [];
    if (whereabouts(world, machine, truth, sinks) !== undefined || isOutlived(world, truth)) continue;
    world.violated(
      `${machine.name} has lost sight of ${truth.name} ${short(truth.id)}${truth.answered ? ', and of its secret' : ''}`,
    );
  }
}

/** Whether its secret had made room for that of a successor, which a person has then deleted. */
export function isOutlived(world: World, { id, name, by }: Truth): boolean {
  const truths = [...world.truths.values()];
  return truths
    .slice(truths.findIndex((truth) => truth.id === id) + 1)
    .some((later) => later.name === name && later.by === by && later.answered && later.deletedBy === person);
}

/** Whether nobody expects anything of a token any more: it is given up, over, or renamed under a run's hands. */
export function isOutOfPlay(world: World, truth: Truth): boolean {
  const { abandoned, expiry, name, firstName, by, changedBy } = truth;
  if (abandoned || (expiry !== null && expiry <= world.time.now() + world.options.skew)) return true;
  return name !== firstName && [...changedBy].some((who) => who !== by);
}
