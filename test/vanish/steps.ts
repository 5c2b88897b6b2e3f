/** A request that a run makes to a service, to the repository or to a sink. */
export interface Step {
  /** 1-based position in the run. */
  readonly number: number;
  readonly text: string;
  /** 1-based number among the steps with the same text. A slow run may renew its lease between, so it has more steps. */
  readonly occurrence: number;
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
 * Returns one point of each group: in turn the first, right after a lasting step, one between, and the last, right before
 * the next lasting step.
 */
export function selectKillPoints(groups: readonly KillGroup[]): readonly KillPoint[] {
  return groups.map((group, index) => group[Math.floor(((group.length - 1) * (index % 3)) / 2)] ?? group[0]);
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
  begin(request: string, isLasting: boolean): Promise<Step>;
  /** Records that a step took effect. Throws `Interrupted` if the run is interrupted then. */
  end(step: Step): Promise<void>;
  readonly steps: readonly Step[];
}

/** Creates a watch, which interrupts the run once if asked to. */
export function createWatch(interruption?: Interruption): Watch {
  const steps: Step[] = [];
  let isDead = false;
  const reach = async (moment: KillPoint['moment'], step: Step): Promise<void> => {
    if (!interruption || moment !== interruption.at.moment || !isSame(step, interruption.at.step)) return;
    isDead = interruption.kill !== undefined;
    await interruption.kill?.();
    throw new Interrupted();
  };
  return {
    steps,
    async begin(request, isLasting) {
      // It was sent just before the end.
      if (isDead) throw new Interrupted();
      const text = withoutIds(request);
      const occurrence = steps.filter((step) => step.text === text).length + 1;
      const step = { number: steps.length + 1, text, occurrence, isLasting };
      steps.push(step);
      await reach('before', step);
      return step;
    },
    end: (step) => reach('after', step),
  };
}

/** Tells whether two steps, of the same run or of two, are the same one. */
export function isSame(one: Step, other: Step): boolean {
  return one.text === other.text && one.occurrence === other.occurrence;
}

/** Replaces the parts of a text that differ in each run. */
function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
}
