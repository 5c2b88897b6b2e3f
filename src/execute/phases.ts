import type { Change } from '../core/model/plan.ts';
import type { Lane } from './scheduler.ts';

/** The name of a phase. */
export type PhaseName = 'deliveries' | 'other writes' | 'creates' | 'superseded tokens';

/** A group of changes whose writes are sent together. */
export interface Phase {
  readonly name: PhaseName;
  readonly changes: readonly Change[];
  /** The lane in which the writes are sent. */
  readonly lane: Lane;
  /** The state that the changes of all earlier phases must have before this one begins. */
  readonly after: 'sent' | 'completed';
}

/**
 * The order of a run. Deliveries come first, as their secrets exist already. Creates have a lane of their own, as many of
 * them wait: an interrupted create in the queue is not sent, but any other write would be. Whether an old token may be
 * deleted depends on the result of its successor, so those deletes wait until everything else is completed.
 */
const order: readonly Omit<Phase, 'changes'>[] = [
  { name: 'deliveries', lane: 'requests', after: 'sent' },
  { name: 'other writes', lane: 'requests', after: 'sent' },
  { name: 'creates', lane: 'creates', after: 'sent' },
  { name: 'superseded tokens', lane: 'requests', after: 'completed' },
];

/** Generates the phases of a run in their order. A phase without changes is left out. */
export function* phasesOf(pending: readonly Change[]): Generator<Phase, void> {
  const phaseOf = phaseLookup(pending);
  for (const phase of order) {
    const changes = pending.filter((change) => phaseOf(change) === phase.name);
    if (changes.length > 0) yield { ...phase, changes };
  }
}

/** Returns the changes that don't wait for others: all but the deletes of superseded tokens. */
export function independentChanges(pending: readonly Change[]): readonly Change[] {
  const phaseOf = phaseLookup(pending);
  return pending.filter((change) => phaseOf(change) !== 'superseded tokens');
}

function phaseLookup(pending: readonly Change[]): (change: Change) => PhaseName {
  const changing = new Set(
    pending.flatMap(({ supersededToken, entryAddress }) => (supersededToken ? [] : [entryAddress])),
  );
  return ({ action, supersededToken, entryAddress }) => {
    // Deleting an expired token is safe, regardless of its successor.
    if (supersededToken && !supersededToken.expired && changing.has(entryAddress)) return 'superseded tokens';
    if (action === 'deliver') return 'deliveries';
    return action === 'create' ? 'creates' : 'other writes';
  };
}
