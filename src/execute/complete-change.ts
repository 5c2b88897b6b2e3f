import { containedProblem } from '../core/model/errors.ts';
import type { Result } from '../core/model/plan.ts';
import type { FollowUp } from './actions/change.ts';
import type { FinalListing } from './final-listing.ts';
import type { Scheduler } from './scheduler.ts';
import type { StartedChange } from './start-change.ts';
import { goneProblem, TokenGoneError } from './token-gone.ts';

/** Completes a change after its writes: checks that the service shows them. Never throws. */
export async function completeChange(
  started: StartedChange,
  finalListing: FinalListing,
  scheduler: Scheduler,
): Promise<Result> {
  const { report, outcome } = started;
  switch (outcome.kind) {
    case 'failed':
      return report.failed(outcome.problem);
    case 'deferred':
      return report.yielded(outcome.reason);
    case 'sent':
      return followUp(started, outcome.followUp, finalListing, scheduler);
  }
}

async function followUp(
  { report, target, context }: StartedChange,
  { confirm, run }: FollowUp,
  finalListing: FinalListing,
  scheduler: Scheduler,
): Promise<Result> {
  try {
    if (confirm) {
      const closing = await finalListing.of(target);
      await scheduler.run('confirmations', () => confirm(closing));
    }
    await scheduler.run('requests', () => run());
    return report.applied();
  } catch (error) {
    if (error instanceof TokenGoneError) return report.failed(goneProblem(error));
    return report.failed(containedProblem(error, context.bug));
  }
}
