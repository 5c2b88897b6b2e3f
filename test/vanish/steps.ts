/** A request that a run makes to a service, to the repository or to a sink. */
export interface Step {
  /** 1-based position in the run. */
  readonly number: number;
  readonly text: string;
  /** Whether it changes anything that outlives the host. */
  readonly isLasting: boolean;
}

/** A point at which the host vanishes. */
export interface KillPoint {
  readonly moment: 'before' | 'after';
  readonly step: Step;
}

/** Points that leave the same behind, as only what is not on the host lasts. */
export type KillGroup = readonly [KillPoint, ...KillPoint[]];

/** Returns all points before and after each step, those with the same number of lasting steps behind them together. */
export function groupKillPoints(steps: readonly Step[]): readonly KillGroup[] {
  const groups: [KillPoint, ...KillPoint[]][] = [];
  let isNew = true;
  const add = (killPoint: KillPoint): void => {
    const group = groups.at(-1);
    if (group && !isNew) group.push(killPoint);
    else groups.push([killPoint]);
    isNew = false;
  };
  for (const step of steps) {
    add({ moment: 'before', step });
    isNew = step.isLasting;
    add({ moment: 'after', step });
  }
  return groups;
}

/**
 * Returns the first and the last point of a group, right after a lasting step and right before the next, and one of those
 * between: another one for each group, so that all kinds of step have their turn.
 */
export function selectKillPoints(group: KillGroup, index: number): readonly KillPoint[] {
  const [first, ...others] = group;
  const last = others.pop();
  const between = others[index % Math.max(others.length, 1)];
  return [first, between, last].filter((killPoint) => killPoint !== undefined);
}

/** What happens at a point: the host vanishes with all that runs on it, or only the connection of the step is dropped. */
export interface Interruption {
  readonly at: KillPoint;
  /** Makes the host vanish. Without it, only the connection is dropped. */
  readonly kill?: () => Promise<void>;
}

/** The connection of a step is gone: the step was not begun, or its response has nowhere to go. */
export class Interrupted extends Error {}

/** A run that is watched. */
export interface Watch {
  /** Records a step that arrived. Throws `Interrupted` if the run is interrupted before it. */
  begin(text: string, isLasting: boolean): Promise<Step>;
  /** Records that a step took effect. Throws `Interrupted` if the run is interrupted then. */
  end(step: Step): Promise<void>;
  readonly steps: readonly Step[];
}

/** Creates a watch, which interrupts the run once if asked to. */
export function createWatch(interruption?: Interruption): Watch {
  const steps: Step[] = [];
  let isDead = false;
  const reach = async (moment: KillPoint['moment'], { number }: Step): Promise<void> => {
    if (!interruption || moment !== interruption.at.moment || number !== interruption.at.step.number) return;
    isDead = interruption.kill !== undefined;
    await interruption.kill?.();
    throw new Interrupted();
  };
  return {
    steps,
    async begin(text, isLasting) {
      // It was sent just before the end.
      if (isDead) throw new Interrupted();
      const step = { number: steps.length + 1, text: withoutIds(text), isLasting };
      steps.push(step);
      await reach('before', step);
      return step;
    },
    end: (step) => reach('after', step),
  };
}

/** Replaces the parts of a text that differ in each run. */
function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
}
