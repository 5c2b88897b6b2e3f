import type { Result } from '../core/model/plan.ts';
import { apply } from '../execute/apply.ts';
import type { ProgressListener } from '../execute/context.ts';
import type { SettlementEvents } from '../execute/settle.ts';
import type { PlanRun } from './plan.ts';
import { bugReporter, type Runtime } from './runtime.ts';

/** Options for carrying out a plan. */
export interface ApplyRunOptions {
  readonly parallelism: number;
  readonly keepGoing: boolean;
  /** Once aborted, no new change is started. */
  readonly stop: AbortSignal;
  readonly watcher: ProgressListener;
  readonly settlement: SettlementEvents;
}

/** Carries out a plan that was just made. The caller holds the lock. Never throws for a service's errors. */
export function applyPlan(
  { plan, ...planned }: PlanRun,
  runtime: Runtime,
  options: ApplyRunOptions,
): Promise<readonly Result[]> {
  const { clock } = runtime;
  return apply(plan, { ...options, ...planned, clock, bug: bugReporter(runtime) });
}
