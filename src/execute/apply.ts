import type { Problem } from '../core/model/errors.ts';
import type { Change, Plan, Result } from '../core/model/plan.ts';
import { findUnready } from './check-sinks.ts';
import { createContext, type ExecutionContext, type RunInputs } from './context.ts';
import { executePhases } from './execute-phases.ts';
import { recordApplied } from './record-applied.ts';
import { recordHeld } from './record-held.ts';
import { recoverAll } from './recover.ts';
import { RunResults } from './run-results.ts';
import { Scheduler } from './scheduler.ts';
import { type SettlementEvents, settleUnresolved } from './settle.ts';

/** The input of the executor besides the plan. */
export interface ApplyOptions extends RunInputs {
  /** Maximum number of concurrent requests. */
  readonly parallelism: number;
  /** Apply the other changes of a plan that contains errors. */
  readonly keepGoing: boolean;
  readonly settlement: SettlementEvents;
}

/**
 * Applies a plan. A failed token doesn't stop the others. Every address of the plan gets a result, which is `not_run` until
 * its change has another outcome.
 */
export async function apply(
  plan: Plan,
  { parallelism, keepGoing, settlement, ...inputs }: ApplyOptions,
): Promise<readonly Result[]> {
  const context = createContext(inputs);
  const { targets, stop, listener } = context;
  const results = new RunResults(plan, targets);
  const holdsErrors = plan.changes.some(({ action }) => action === 'error');
  if (plan.guards.length > 0 || (holdsErrors && !keepGoing)) return results.all();

  const pending = plan.changes.filter(({ action }) => action !== 'noop' && action !== 'error');
  const { unready, isRunBlocked } = await checkSinks(pending, results, context);
  // A signal before the first write leaves everything unchanged.
  if (isRunBlocked || stop.aborted) return results.all();

  const stopped = await recoverAll(context);
  for (const [entry, bug] of stopped) results.failEntry(entry, bug);
  await recordHeld(plan.changes, context);
  const ready = pending.filter(
    ({ entryAddress }) => !unready.has(entryAddress) && !stopped.has(entryAddress),
  );
  await executePhases(
    ready,
    context,
    new Scheduler(parallelism, context.lease.sendWithinSeconds > 0),
    (result) => {
      results.set(result);
      listener.onDone(result);
    },
  );
  if (!stop.aborted && context.lease.isHeld()) await settleUnresolved(context, settlement);
  await recordApplied(plan, results.byAddress, context, settlement);
  return results.all();
}

/**
 * Checks all sinks that the run needs: docs/create-protocol.md, before step 1. Fails the changes with a sink that can't
 * accept their secret. Returns the entries that are left out, and whether the whole run is.
 */
async function checkSinks(
  pending: readonly Change[],
  results: RunResults,
  context: ExecutionContext,
): Promise<{ readonly unready: ReadonlySet<string>; readonly isRunBlocked: boolean }> {
  const problems = await findUnready(pending, context.targets, context);
  for (const [change, problem] of problems) results.fail(change, problem);
  return {
    unready: new Set([...problems.keys()].map(({ entryAddress }) => entryAddress)),
    isRunBlocked: [...problems.values()].some((problem) => !isBug(problem)),
  };
}

/** Tells whether a problem affects one token only, so that the sinks of the others are not in question. */
function isBug({ code }: Problem): boolean {
  return code === 'INTERNAL';
}
