import { ReconcileError } from '../core/model/errors.ts';
import { type Context, conditionOf } from './context.ts';
import type { Library } from './library.ts';
import type { Assumption } from './template.ts';
import type { OperationStore } from './tokens.ts';
import type { Unconverted } from './unconverted.ts';
import type { Value, ValueMap } from './value.ts';

/** A task that may end the play. */
export interface Stop {
  /** The task in words, with its place. */
  readonly text: string;
  /** True if nothing after it runs. */
  readonly isCertain: boolean;
  /** The kind: a rescue catches a failure, an end only ends one play. */
  readonly by: 'failure' | 'end' | 'any';
}

/** The state of a conversion; it changes as tasks are followed. */
export interface Run {
  readonly library: Library;
  readonly tokens: OperationStore;
  readonly left: Unconverted[];
  /** Files whose tasks were followed. */
  readonly walked: Set<string>;
  /** Variables that converted tasks use and that the files define. */
  readonly used: Set<string>;
  /** Tags of tasks that are converted. */
  readonly tags: Set<string>;
  /** Number of tasks for tokens, converted or not, each round of a loop counted. */
  tasks: number;
  /** Number of tasks that may still be followed. */
  steps: number;
  /** The account that personal tokens belong to. */
  account?: string;
  /** Variables set by `set_fact`, `include_vars` and `register`. */
  facts: Map<string, Value>;
  /** The reason why no variable is known any more. */
  changed?: string;
  /** The reason why variables may have other values. */
  assumed?: Assumption;
  stops: readonly Stop[];
  /** The roles that the play has run, with their settings. */
  roles: Set<string>;
  /** The variables of the roles that a role depends on, by the place that names it. */
  readonly dependencies: Map<string, DependencyVariables>;
}

/** The variables of the roles that a role depends on. */
export interface DependencyVariables {
  readonly defaults: ValueMap;
  readonly vars: ValueMap;
  /** The reason why there may be others. */
  readonly missing?: string;
}

/** Maximum number of tasks that are followed, with loops and includes unrolled. */
export const maxSteps = 100_000;

/** Forgets variables and stops: the next file is a run of its own. */
export function restart(run: Run): void {
  run.facts = new Map();
  run.stops = [];
  run.roles = new Set();
  delete run.changed;
  delete run.assumed;
}

/** Counts a task. Throws `USAGE` if there are too many. */
export function takeStep(run: Run): void {
  run.steps -= 1;
  if (run.steps >= 0) return;
  throw new ReconcileError({
    code: 'USAGE',
    message: `more than ${maxSteps} tasks, with loops and includes unrolled`,
    hint: 'convert fewer files at a time',
  });
}

/** Records a task that may end the play, unless it never runs or its failure is ignored. */
export function addStop(run: Run, context: Context, stop: Stop): void {
  const condition = conditionOf(context);
  if (condition?.isNever || (context.ignoresErrors && stop.by === 'failure')) return;
  const isCertain = stop.isCertain && condition === undefined;
  // One of each kind is enough.
  if (run.stops.some((other) => other.by === stop.by && other.isCertain === isCertain)) return;
  run.stops = [...run.stops, { ...stop, isCertain }];
}
