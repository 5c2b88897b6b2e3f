import { containedProblem, type Problem, ReconcileError } from '../core/model/errors.ts';
import type { Change } from '../core/model/plan.ts';
import type { ChangeContext, FollowUp } from './actions/change.ts';
import { actions } from './actions/index.ts';
import { DeferredToOtherRun } from './concurrent-run.ts';
import type { ExecutionContext } from './context.ts';
import { NotSentError } from './interrupted.ts';
import { replan } from './replan.ts';
import { initialResult, ResultBuilder } from './result-builder.ts';
import { goneProblem, TokenGoneError } from './token-gone.ts';

/** The outcome of sending the writes of a change. */
export type StartOutcome =
  | { readonly kind: 'sent'; readonly followUp: FollowUp }
  | { readonly kind: 'failed'; readonly problem: Problem }
  | { readonly kind: 'deferred'; readonly reason: string };

/** A change whose writes are sent, or won't be. */
export interface StartedChange extends ChangeContext {
  readonly outcome: StartOutcome;
}

/** The outcomes that `startChange` handles itself. */
type SendOutcome =
  | StartOutcome
  | { readonly kind: 'gone'; readonly error: TokenGoneError }
  | { readonly kind: 'not_sent'; readonly error: NotSentError };

/**
 * Sends the writes of a change. If its token is gone, plans it again and sends the writes once more. Returns `undefined` if
 * the run was interrupted before.
 */
export async function startChange(
  change: Change,
  context: ExecutionContext,
): Promise<StartedChange | undefined> {
  const target = context.targets.get(change.entryAddress);
  if (!target) throw new TypeError(`no target for ${change.address}`);
  const report = new ResultBuilder(initialResult(change, target));
  const work: ChangeContext = { change, target, report, context };
  context.listener.onBegin(change);
  const outcome = await sendWrites(work);
  switch (outcome.kind) {
    case 'not_sent':
      return undefined;
    case 'gone':
      return change.address === change.entryAddress
        ? startAgain(work, outcome.error)
        : { ...work, outcome: deferred(`nothing to do: the service no longer finds ${outcome.error.id}`) };
    default:
      return { ...work, outcome };
  }
}

/** Plans a change again after its token was found to be gone, and sends the new writes. */
async function startAgain(work: ChangeContext, missing: TokenGoneError): Promise<StartedChange> {
  const { bug } = work.context;
  let again: ChangeContext;
  try {
    again = await replan(work, missing);
  } catch (error) {
    return { ...work, outcome: failed(containedProblem(error, bug)) };
  }
  const outcome = await sendWrites(again);
  switch (outcome.kind) {
    case 'not_sent':
      return { ...again, outcome: failed(containedProblem(outcome.error, bug)) };
    case 'gone':
      return { ...again, outcome: failed(goneProblem(outcome.error)) };
    default:
      return { ...again, outcome };
  }
}

async function sendWrites(work: ChangeContext): Promise<SendOutcome> {
  const { action, error } = work.change;
  try {
    if (error) throw new ReconcileError(error);
    if (action === 'noop' || action === 'error') return { kind: 'sent', followUp: nothingToDo };
    return { kind: 'sent', followUp: await actions[action](work) };
  } catch (error) {
    if (error instanceof NotSentError) return { kind: 'not_sent', error };
    if (error instanceof TokenGoneError) return { kind: 'gone', error };
    if (error instanceof DeferredToOtherRun) return deferred(error.message);
    return failed(containedProblem(error, work.context.bug));
  }
}

const nothingToDo: FollowUp = { run: async () => undefined };

function deferred(reason: string): StartOutcome {
  return { kind: 'deferred', reason };
}

function failed(problem: Problem): StartOutcome {
  return { kind: 'failed', problem };
}
