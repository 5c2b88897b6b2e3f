import { sinksOf } from '../../core/model/entry-sinks.ts';
import { ReconcileError } from '../../core/model/errors.ts';
import { SecretRejectedError } from '../../core/model/secret-rejected.ts';
import type { Observed } from '../../core/model/token.ts';
import { isRenewed } from '../../core/plan/repair.ts';
import { requireHost } from '../../observe/registry-host.ts';
import { liveToken } from '../../observe/target.ts';
import { renewalAttempt } from '../attempt-create.ts';
import { spoolSecret } from '../keep-secret.ts';
import { notSetError, renewSecret } from '../repair.ts';
import { TokenGoneError } from '../token-gone.ts';
import { ledgerKey } from '../unresolved.ts';
import { withContext } from '../with-context.ts';
import { type ChangeContext, type FollowUp, idOf } from './change.ts';
import { deliverAndConfirm } from './deliver-and-confirm.ts';
import { sendPatch } from './send-patch.ts';
import { showApplied } from './show-applied.ts';

/** Patches the fields of a token, and renews its secret in place if that is due. */
export async function patch(work: ChangeContext): Promise<FollowUp> {
  if (work.change.secret !== null) return renew(work);
  const { payload } = work.change;
  const before = liveToken(work.target, work.change.id);
  const response = await sendPatch(work, idOf(work.change), payload);
  return { run: () => showApplied(work, { response, wanted: payload, before }) };
}

/**
 * Patches the fields of a token, gives it a new secret and delivers that: docs/create-protocol.md, Rotation in place. The
 * attempt is recorded first, so that a run that ends in between is finished by the next one.
 */
async function renew(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const token = liveToken(target, change.id);
  if (!token) throw new TokenGoneError(idOf(change));
  const registry = await requireHost(target, sinksOf(target.desired), context.stop);
  const { spool } = context.secretStore.state;
  // A renewal that an earlier run has begun goes on with its secret, which the service may have by now.
  const open = spool
    .entriesOf(ledgerKey(target, token.name))
    .find(({ attempt, made }) => !made && isRenewed(token, attempt));
  const begun = open?.attempt ?? renewalAttempt(target, token, change.payload, context);
  await spool.recordAttempt(begun);
  if (Object.keys(change.payload).length > 0) {
    await sendPatch(work, token.id, change.payload).catch(async (error: unknown) => {
      // After a definite rejection nothing has changed. In any other case the next run has to finish this.
      if (isRejection(error)) await spool.remove(begun);
      throw error;
    });
  }
  const { attempt, response } = await renewSecret(target, token, begun, context).catch(
    async (error: unknown) => {
      // The attempt stays after any other error: it can come after the secret was set, for example from a read of the token.
      if (!(error instanceof SecretRejectedError)) throw error;
      // The earlier run may have set the secret.
      if (open) throw notSetError(target, begun, token.id, error);
      await spool.remove(begun);
      throw error.code === 'NOT_FOUND'
        ? new TokenGoneError(token.id)
        : rejectedSecretError(work, token, error);
    },
  );
  const entry = await spoolSecret(target, attempt, response, registry, target.snapshot, context);
  report.wrote({ object: response.token.object });
  return deliverAndConfirm(work, entry, undefined);
}

/** Returns the error for a renewal whose secret the service has rejected. */
function rejectedSecretError(
  { target: { desired } }: ChangeContext,
  { id, name }: Observed,
  error: SecretRejectedError,
): ReconcileError {
  return withContext(
    error,
    `the secret of ${name} (${id}) in ${desired.place} was not renewed, and the old one stays valid: ${error.message}`,
    `${error.hint ?? 'fix the cause'}; then renew the secret with reconcile rotate ${desired.address}`,
  );
}

/** The rejections after which a request is sent again, so that an earlier one can have had an effect. */
const retriedStatuses = [408, 425, 429];

/** Tells whether the service has rejected a request for good. */
function isRejection(error: unknown): boolean {
  if (error instanceof TokenGoneError) return true;
  const status = error instanceof ReconcileError ? (error.httpStatus ?? 0) : 0;
  return status >= 400 && status < 500 && !retriedStatuses.includes(status);
}
