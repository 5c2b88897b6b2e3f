import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import type { Observed } from '../core/model/token.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { CreatedOutcome } from './attempt-create.ts';
import type { ExecutionContext } from './context.ts';
import { isUnderRepair, repairListed } from './repair.ts';
import { deleteOrphans, markUnresolved, unresolvedFor } from './unresolved.ts';

/** Resolves earlier attempts at this name before the next one. */
export async function resolveEarlierAttempts(
  target: Target,
  old: RetiredToken | null,
  name: string,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<void> {
  const unresolved = unresolvedFor(target, name, context);
  const unsure = await deleteOrphans(target, name, unresolved, snapshot, context, old?.id);
  const { proofOnly, grace } = context.evidence;
  // After the grace no late effects are expected, and the remaining tokens are accepted as they are, as in the plan.
  const isPending = unresolved.some(({ deadline }) => snapshot.listedAt <= deadline + grace);
  if (proofOnly || isPending) rejectUnknownOwnership(target, unsure);
}

/** The outcome of a lost response: the token is repaired, or nothing of it is left, with the listing for the next attempt. */
export type LostOutcome = CreatedOutcome | { readonly kind: 'cleared'; readonly snapshot: Snapshot };

/**
 * Handles a lost response: docs/create-protocol.md, steps 11 and 12. Looks once, without waiting, for the token that may have
 * been created, repairs or deletes it, and records the unresolved attempt.
 * @param attempts the attempt, and before it in this run those whose responses were lost as well
 */
export async function handleLostResponse(
  target: Target,
  attempts: readonly [CreateAttempt, ...CreateAttempt[]],
  why: ReconcileError,
  context: ExecutionContext,
): Promise<LostOutcome> {
  const [lost] = attempts;
  const { name } = lost;
  try {
    const snapshot = await takeSnapshot(target, context.clock, neverAborted);
    const repaired = await repairListed(target, attempts, snapshot, context);
    if (repaired) return repaired;
    const unresolved = [lost, ...unresolvedFor(target, name, context)];
    rejectUnknownOwnership(target, await deleteOrphans(target, name, unresolved, snapshot, context));
    return { kind: 'cleared', snapshot };
  } catch (error) {
    if (!(error instanceof ReconcileError) || error.code === 'OUTCOME_UNKNOWN') throw error;
    throw new ReconcileError(
      {
        code: 'OUTCOME_UNKNOWN',
        message: `the response to creating ${name} in ${target.desired.place} was lost (${why.message}), and reconcile can't check the result: ${error.message}`,
        hint: 'run again later: the next run checks the result, and recreates the token if needed',
        ...(why.httpStatus !== undefined && { httpStatus: why.httpStatus }),
      },
      { cause: error },
    );
  } finally {
    if (!isUnderRepair(lost, context)) await markUnresolved(target, lost, context);
  }
}

/** Throws `OUTCOME_UNKNOWN` if there are tokens that may come from an attempt of ours, without proof. */
export function rejectUnknownOwnership({ desired }: Target, unsure: readonly Observed[]): void {
  const [token] = unsure;
  if (!token) return;
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the token ${token.name} (${token.id}) in ${desired.place} may come from a create request of reconcile whose response was lost, but there is no proof; nothing was deleted`,
    hint: `if the token is not needed, delete it and run again; or recreate it with --replace ${desired.address}`,
  });
}
