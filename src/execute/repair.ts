import type { CreateAttempt, PendingSecret } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { Secret } from '../core/model/secret.ts';
import { SecretRejectedError } from '../core/model/secret-rejected.ts';
import type { Observed } from '../core/model/token.ts';
import { unableToRepairProblem } from '../core/plan/inabilities.ts';
import { beforeRepair, isRenewed } from '../core/plan/repair.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { sendSecret } from '../custody/choose-secret.ts';
import { recordsWithRepairs, type Snapshot, type Target } from '../observe/target.ts';
import type { Created } from '../providers/provider.ts';
import type { CreatedOutcome } from './attempt-create.ts';
import type { ExecutionContext } from './context.ts';
import { ledgerKey, markUnresolved, ownershipInRun, reopenAttempt } from './unresolved.ts';

/** Maximum number of times that a secret is sent if the responses are lost. Sending it again is harmless. */
const maxTries = 5;

/** Repairs the listed token that one of these attempts has created, if there is one: see `repairToken`. */
export async function repairListed(
  target: Target,
  lost: readonly CreateAttempt[],
  { tokens }: Snapshot,
  context: ExecutionContext,
): Promise<CreatedOutcome | undefined> {
  const names = new Set(lost.flatMap(({ name, chosenSecret }) => (chosenSecret ? [name] : [])));
  for (const { id } of [...names].flatMap(tokens.byName)) {
    const token = await target.client.read(target.scope, id, neverAborted);
    const repaired = token && (await repairToken(target, lost, token, context));
    if (repaired) return repaired;
  }
  return undefined;
}

/**
 * Repairs a token that one of these attempts has created: gives it the secret that was recorded with the attempt, in place
 * of the lost response (docs/create-protocol.md, step 11). Returns `undefined` if the token isn't surely ours. Throws
 * `OUTCOME_UNKNOWN` if the secret can't be set; the token then stays for the next run.
 */
export async function repairToken(
  target: Target,
  lost: readonly CreateAttempt[],
  token: Observed,
  context: ExecutionContext,
): Promise<CreatedOutcome | undefined> {
  for (const attempt of lost) {
    const { chosenSecret, name } = attempt;
    if (!chosenSecret || token.name !== name) continue;
    const isOurs =
      isRenewed(token, attempt) ||
      ownershipInRun(target, beforeRepair(token, attempt), [attempt], context) === 'ours';
    if (!isOurs) continue;
    return giveSecret(target, attempt, chosenSecret, token, context).catch((error: unknown) => {
      throw error instanceof SecretRejectedError ? notSetError(target, attempt, token.id, error) : error;
    });
  }
  return undefined;
}

/**
 * Gives a token a new secret of ours: docs/create-protocol.md, Rotation in place. The secret is in the spool before it is
 * sent, so that it is not lost wherever the run ends. Throws a `SecretRejectedError` if this request has not set it.
 */
export async function renewSecret(
  target: Target,
  token: Observed,
  attempt: CreateAttempt,
  context: ExecutionContext,
): Promise<CreatedOutcome> {
  if (!attempt.chosenSecret) throw new TypeError(`nothing to give to ${token.id}`);
  return giveSecret(target, attempt, attempt.chosenSecret, token, context);
}

async function giveSecret(
  target: Target,
  attempt: CreateAttempt,
  secret: Secret,
  { id }: Observed,
  context: ExecutionContext,
): Promise<CreatedOutcome> {
  const begun = { ...attempt, repairId: id };
  // On disk first: from now on the token looks modified, and no other attempt may be taken for its origin.
  await reopenAttempt(begun, context);
  const unable = unableToRepairProblem({ id, attempt }, target);
  if (unable) throw new ReconcileError(unable);
  context.secretStore.announce(secret);
  return { kind: 'created', attempt: begun, response: await setChosenSecret(target, attempt, secret, id) };
}

async function setChosenSecret(
  target: Target,
  attempt: CreateAttempt,
  secret: Secret,
  id: string,
): Promise<Created> {
  const { client, scope, desired } = target;
  const { setSecret } = client;
  if (!setSecret) throw new TypeError(`the client of ${desired.kind} can't set a secret`);
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendSecret(secret, (text) => setSecret(scope, id, text, neverAborted));
    } catch (error) {
      if (!(error instanceof ReconcileError)) throw error;
      if (error.code === 'OUTCOME_UNKNOWN' && tries < maxTries) continue;
      if (error instanceof SecretRejectedError && tries === 1) throw error;
      throw notSetError(target, attempt, id, error);
    }
  }
}

/** Returns the error for a secret of ours that the token may have or not. */
export function notSetError(
  { desired }: Target,
  { name, renews }: CreateAttempt,
  id: string,
  error: ReconcileError,
): ReconcileError {
  return new ReconcileError(
    {
      code: 'OUTCOME_UNKNOWN',
      message: renews
        ? `the secret of ${name} (${id}) in ${desired.place} can't be renewed: ${error.message}`
        : `the response to creating ${name} in ${desired.place} was lost, and the secret of the token (${id}) can't be set: ${error.message}`,
      hint: `run again: the next run sets the secret and delivers it; or recreate the token with reconcile apply --replace ${desired.address}`,
      ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
    },
    { cause: error },
  );
}

/** Tells whether the repair of an attempt's token has begun, so that its secret is still needed. */
export function isUnderRepair(
  { key, nonce }: CreateAttempt,
  { secretStore }: Pick<ExecutionContext, 'secretStore'>,
): boolean {
  const entries = secretStore.state.spool.entriesOf(key);
  return entries.some(({ attempt }) => attempt.nonce === nonce && attempt.repairId !== undefined);
}

/** Returns the repair that the plan has found under a name: an earlier run was stopped before or during it. */
export function plannedRepair(
  target: Target,
  name: string,
  { evidence }: Pick<ExecutionContext, 'evidence'>,
): PendingSecret | undefined {
  const { pendingSecret } = recordsWithRepairs(target, evidence)(name);
  return pendingSecret?.repairs && pendingSecret;
}

/** Gives up the repairs of earlier runs at a name, as the token is created again. */
export async function abandonRepairs(target: Target, name: string, context: ExecutionContext): Promise<void> {
  for (const { attempt, made } of context.secretStore.state.spool.entriesOf(ledgerKey(target, name))) {
    if (!made && attempt.chosenSecret) await markUnresolved(target, attempt, context);
  }
}
