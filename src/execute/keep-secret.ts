import { type CreateAttempt, withoutRepair } from '../core/model/custody-record.ts';
import { containedProblem, ReconcileError } from '../core/model/errors.ts';
import { expiryOf } from '../core/model/field-rules.ts';
import { bears, grantsOf } from '../core/model/granted-values.ts';
import type { Observed } from '../core/model/token.ts';
import { sameId } from '../core/model/token-id.ts';
import { formatInstant } from '../core/util/instant.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { Created } from '../providers/provider.ts';
import { atItsEnd, type CreatedOutcome } from './attempt-create.ts';
import { canRace, deferToOlder } from './concurrent-run.ts';
import type { ExecutionContext } from './context.ts';
import { deleteOwn } from './delete-own.ts';
import { rejectKnownId } from './known-id.ts';
import { unleased } from './leased-client.ts';
import { handleLostResponse } from './lost-response.ts';
import { latestServerTime } from './server-time.ts';

/** A created token whose secret is in the spool. */
export interface CreatedToken {
  readonly token: Observed;
  readonly entry: SpoolEntry;
}

/**
 * Keeps the secret of a create: docs/create-protocol.md, steps 4 and 5. Throws if the response is not about the token that
 * was requested.
 * @param registry the host for which the secret is valid
 */
export async function keepSecret(
  target: Target,
  { attempt, response }: CreatedOutcome,
  registry: string,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<CreatedToken> {
  const { token } = response;
  const ended = atItsEnd(attempt, snapshot, context);
  // A repaired token was listed before its secret was set.
  const isRepaired = attempt.repairId !== undefined && sameId(attempt.repairId, token.id);
  if (!isRepaired) await rejectKnownId(target, ended, response, [target.snapshot, snapshot], context);
  await rejectOtherName(target, ended, token, context);
  const entry = await spoolSecret(target, attempt, response, registry, snapshot, context);
  if (canRace(target)) await deferToOlder(target, entry, context);
  return { token, entry };
}

/**
 * Rejects a response that names another token than requested. The owner of that secret is unknown, so the secret isn't
 * delivered and that token is left alone. A token that the request created under its own name is handled as after a lost
 * response.
 */
async function rejectOtherName(
  target: Target,
  attempt: CreateAttempt,
  token: Observed,
  context: ExecutionContext,
): Promise<void> {
  if (bears(token, attempt.name)) return;
  const error = new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the response to creating ${attempt.name} in ${target.desired.place} is about another token, ${token.name} (${token.id}); its secret was not kept, and that token was not changed`,
    hint: 'check any proxy between reconcile and the service; delete that token if it is not needed, and run again',
  });
  await handleLostResponse(target, [withoutRepair(attempt)], error, context);
  throw error;
}

/** Writes the secret to disk. If that fails, the secret is lost, so the token is deleted again. */
export async function spoolSecret(
  target: Target,
  attempt: CreateAttempt,
  { token, secret, username }: Created,
  registry: string,
  snapshot: Snapshot,
  context: ExecutionContext,
): Promise<SpoolEntry> {
  const { secretStore, clock } = context;
  const { created, createdBy } = token.origin;
  const granted = grantsOf(target.rules, attempt.fields, token);
  try {
    return await secretStore.save(attempt, {
      id: token.id,
      username,
      registry,
      expiresAt: expiryOf(target.rules, token.fields),
      createdAt: created === null ? null : formatInstant(created),
      created,
      createdBy,
      respondedAt: Math.ceil(latestServerTime(clock, snapshot)),
      ...(Object.keys(granted).length > 0 && { granted }),
      secret,
    });
  } catch (error) {
    // The secret of a renewal is in the spool already, with the attempt.
    if (attempt.renews) throw error;
    const isDeleted = await deleteUnsaved(target, attempt, token, context).catch((failure: unknown) => {
      containedProblem(failure, context.bug); // the first error is the cause, and says what is lost
      return false;
    });
    if (!(error instanceof ReconcileError)) throw error;
    throw new ReconcileError(
      {
        code: error.code,
        message: isDeleted
          ? `${error.message}; the new token was deleted again, because its secret was lost`
          : `${error.message}; the secret of the new token ${attempt.name} (${token.id}) is lost: the next run deletes that token and creates it again`,
        ...(error.hint !== undefined && { hint: error.hint }),
      },
      { cause: error },
    );
  }
}

/**
 * Deletes a token whose secret could not be saved. Returns false if the token is left to the next run, as another run may
 * hold the state by now.
 */
async function deleteUnsaved(
  target: Target,
  attempt: CreateAttempt,
  token: Observed,
  { secretStore, lease, evidence }: ExecutionContext,
): Promise<boolean> {
  if (!(await lease.mayDeleteUnsaved(attempt))) return false;
  await deleteOwn({ ...target, client: unleased(target.client) }, attempt, token, { evidence });
  if (attempt.replaceOrder !== 'delete_first') await secretStore.state.spool.remove(attempt);
  return true;
}
