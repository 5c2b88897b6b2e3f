import type { Change, Result } from '../core/model/plan.ts';
import { completeChange } from './complete-change.ts';
import type { ExecutionContext } from './context.ts';
import { createFinalListing } from './final-listing.ts';
import { independentChanges, phasesOf } from './phases.ts';
import type { Lane, Scheduler } from './scheduler.ts';
import { startChange } from './start-change.ts';

/**
 * Carries out changes phase by phase. Each change is completed by itself, once the writes of its scope are sent. Once the
 * run is interrupted, no further change starts.
 */
export async function executePhases(
  pending: readonly Change[],
  context: ExecutionContext,
  scheduler: Scheduler,
  onDone: (result: Result) => void,
): Promise<void> {
  const finalListing = createFinalListing(independentChanges(pending), context, scheduler);
  const completions: Promise<void>[] = [];
  const begin = async (change: Change, lane: Lane): Promise<void> => {
    const started = await scheduler.run(lane, () =>
      context.stop.aborted ? undefined : startChange(change, context),
    );
    finalListing.writeFinished(change);
    if (started) completions.push(completeChange(started, finalListing, scheduler).then(onDone));
  };
  for (const { changes, lane, after } of phasesOf(pending)) {
    if (after === 'completed') await Promise.all(completions);
    await Promise.all(changes.map((change) => begin(change, lane)));
  }
  await Promise.all(completions);
}
