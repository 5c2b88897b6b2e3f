import type { Result } from '../core/model.ts';
import { apply } from '../execute/apply.ts';
import type { Planned } from './plan.ts';
import { providerOf } from './providers.ts';
import type { Runtime } from './runtime.ts';

/** How a plan is carried out. */
export interface ApplyRunOptions {
  readonly parallelism: number;
  readonly keepGoing: boolean;
  /** Once aborted, nothing new is started. */
  readonly stop: AbortSignal;
  readonly progress: (result: Result) => void;
}

/** Carries out a plan that was just made. Never throws for what a service does. */
export function applyRunPlan(
  { plan, targets, custodian }: Planned,
  runtime: Runtime,
  options: ApplyRunOptions,
): Promise<readonly Result[]> {
  return apply(plan, {
    ...options,
    targets,
    custodian,
    clock: runtime.clock,
    rules: ({ kind }) => providerOf(kind).declaration.rules,
  });
}
