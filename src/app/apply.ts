import { sinksOf } from '../core/model/entry-sinks.ts';
import type { Change, Result } from '../core/model/plan.ts';
import { longestTimeoutSeconds } from '../core/model/sink.ts';
import type { WaitOptions } from '../custody/state/store.ts';
import { apply } from '../execute/apply.ts';
import type { ProgressListener } from '../execute/context.ts';
import type { SettlementEvents } from '../execute/settle.ts';
import { hasUnfinishedWork, resolveOpenAttempts } from '../execute/unfinished-work.ts';
import type { PlanRun } from './plan.ts';
import { bugReporter, type Runtime } from './runtime.ts';

/** Options for carrying out a plan. */
export interface ApplyRunOptions {
  readonly parallelism: number;
  readonly keepGoing: boolean;
  /** Once aborted, no new change is started. */
  readonly stop: AbortSignal;
  readonly listener: ProgressListener;
  readonly settlement: SettlementEvents;
}

/**
 * Holds the state for a plan that was made from it. Returns false if the state has to be read again, and planned again. A
 * plan with nothing to do doesn't hold it.
 */
export async function holdFor(planned: PlanRun, wait: WaitOptions): Promise<boolean> {
  const { plan, targets, secretStore } = planned;
  const { store, spool } = secretStore.state;
  const isPending = plan.changes.some(({ action }) => action !== 'noop' && action !== 'error');
  if (!isPending && !hasUnfinishedWork(planned)) return true;
  if (plan.changes.some(makesToken)) store.sealing?.assertKey();
  const sinks = [
    ...[...targets.values()].flatMap(({ desired }) => sinksOf(desired)),
    ...spool.entries().flatMap(({ attempt }) => attempt.sinks),
  ];
  const result = await store.hold({ ...wait, sinkTimeoutSeconds: longestTimeoutSeconds(sinks) });
  if (result === 'expired') {
    await resolveOpenAttempts(planned);
    await store.takeOver();
  }
  return result === 'held';
}

function makesToken({ action }: Change): boolean {
  return action === 'create' || action === 'replace';
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
