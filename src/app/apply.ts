import { sinksOf } from '../core/model/entry-sinks.ts';
import type { Change, Plan, Result } from '../core/model/plan.ts';
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
  if (plan.changes.some(makesSecret)) store.sealing?.assertKey();
  for (const { action, id } of plan.changes) {
    const waiting = spool.entries().find(({ made }) => action === 'deliver' && made?.id === id);
    if (waiting?.made?.sealed?.problem) throw waiting.made.sealed.problem;
  }
  const sinks = [
    ...[...targets.values()].flatMap(({ desired }) => sinksOf(desired)),
    ...spool.entries().flatMap(({ attempt }) => (targets.has(attempt.address) ? attempt.sinks : [])),
  ];
  const result = await store.hold({ ...wait, sinkTimeoutSeconds: longestTimeoutSeconds(sinks) });
  if (result === 'expired') {
    await resolveOpenAttempts(planned);
    await store.takeOver();
  }
  return result === 'held';
}

/** Tells whether a plan is only shown: it has guards, or errors beside which nothing is applied. */
export function isRefused({ changes, guards }: Plan, keepGoing: boolean): boolean {
  return guards.length > 0 || (!keepGoing && changes.some(({ action }) => action === 'error'));
}

/** Tells whether a change leads to a secret that is kept until it is delivered. */
function makesSecret({ action, secret }: Change): boolean {
  return action === 'create' || action === 'replace' || (action === 'patch' && secret !== null);
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
