import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { sameId } from '../core/model/token-id.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { Created } from '../providers/provider.ts';
import type { ExecutionContext } from './context.ts';
import { markUnresolved } from './unresolved.ts';

/**
 * Rejects a create response with the ID of an existing token. Either the service changed that token's secret, or it shows
 * the wrong ID; the secret isn't that of a new token in either case. The secret isn't delivered, nothing is deleted, and the
 * create isn't sent again, as that could change the secret once more. A token that the request may have created is looked
 * for as after a lost response.
 * @param attempt with its deadline, now that the request is over
 */
export async function rejectKnownId(
  target: Target,
  attempt: CreateAttempt,
  { token: { id }, secret }: Created,
  listings: readonly Snapshot[],
  context: ExecutionContext,
): Promise<void> {
  const { desired } = target;
  const before = listings.map(({ tokens }) => tokens.byId(id)).find((token) => token !== undefined);
  if (!before && !isOnRecord(id, attempt, context)) return;
  context.secretStore.announce(secret);
  await markUnresolved(target, { ...attempt, knownIds: [...attempt.knownIds, id] }, context);
  const known = before ? `the token ${before.name} (${id})` : `a token (${id})`;
  throw new ReconcileError({
    code: 'OUTCOME_UNKNOWN',
    message: `the response to creating ${attempt.name} in ${desired.place} has the ID of ${known}, which existed before; the secret in the response is not used, and nothing was deleted`,
    hint: `check logins with the existing token: the service may have changed its secret. If the next run fails in the same way, report it to the service; reconcile can't create ${attempt.name} there`,
  });
}

/** Tells whether the ledger or the spool knows a token of this ID under the name of an attempt. */
function isOnRecord(
  id: string,
  { key, nonce, replaces }: CreateAttempt,
  { secretStore }: ExecutionContext,
): boolean {
  const { ledger, spool } = secretStore.state;
  const entry = ledger.entry(key);
  const known = [
    entry?.id,
    replaces?.id,
    ...(entry?.superseded ?? []).map((token) => token.id),
    ...spool
      .entriesOf(key)
      .flatMap((other) => (other.made && other.attempt.nonce !== nonce ? [other.made.id] : [])),
  ];
  return known.some((one) => typeof one === 'string' && sameId(one, id));
}
