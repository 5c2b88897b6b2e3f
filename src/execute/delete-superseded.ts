import { sinksOf } from '../core/model/entry-sinks.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { isSameOrLater } from '../core/model/generation-name.ts';
import { asRecorded } from '../core/model/granted-values.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import { sameId } from '../core/model/token-id.ts';
import { askedName } from '../core/plan/recorded-names.ts';
import { leftAlone } from '../core/plan/retire.ts';
import { keepReason } from '../core/plan/superseded.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { rangeOf, type Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { earliestServerTime } from './server-time.ts';
import { forgetToken, ledgerKey, withoutSuperseded } from './unresolved.ts';

/**
 * Deletes a replaced token and removes it from the ledger: docs/create-protocol.md, step 9. Requires that the successor's
 * secret is delivered and that `keepReason` gives no reason against it. In a family a later generation is also a successor,
 * as generation names are ordered. Returns the reason if the token was left alone, `undefined` if it is gone.
 */
export async function deleteSuperseded(
  target: Target,
  name: string,
  old: RetiredToken,
  context: ExecutionContext,
): Promise<string | undefined> {
  const { client, scope, desired } = target;
  const { secretStore } = context;
  const { ledger } = secretStore.state;
  const key = ledgerKey(target, name);
  const entry = ledger.entry(key);
  const sinks = sinksOf(desired);
  if (
    !entry?.id ||
    !isSameOrLater(entry.name, name) ||
    sameId(entry.id, old.id) ||
    !(await secretStore.allReadableSinksHold(sinks, entry.id))
  ) {
    throw new ReconcileError({
      code: 'SINK_FAILED',
      message: `the old token ${old.name} (${old.id}) is kept: the sinks of ${name} don't hold the secret of its successor`,
      hint: 'restore the sinks and run again',
    });
  }
  // A token that is not found counts as gone if it was too old to lag when the request was sent.
  const askedAt = earliestServerTime(context.clock, target.snapshot);
  const own = await client.read(scope, entry.id, neverAborted);
  if (!own && !mayLag(entry, askedAt, context)) {
    throw new ReconcileError({
      code: 'NOT_FOUND',
      message: `the old token ${old.name} (${old.id}) is kept: the service no longer finds its successor ${name} (${entry.id})`,
      hint: 'run reconcile plan to see the current tokens',
    });
  }
  // Right after its creation a token may be listed, but not yet readable by its ID.
  const live = (await client.read(scope, old.id, neverAborted)) ?? target.snapshot.tokens.byId(old.id);
  const token =
    live &&
    asRecorded(
      live,
      askedName(live, old.name, ledger.granted(rangeOf(target), old.id)) ?? live.name,
      undefined,
    );
  const reason = token && keepReason(token, old, desired);
  if (reason !== undefined) return leftAlone(old, reason);
  if (token) {
    // The record that the successor is delivered must not be lost while the old token is gone.
    await secretStore.state.store.flush();
    await client.delete(scope, old.id, neverAborted);
  }
  if (!token && mayLag(old, askedAt, context)) return undefined; // it remains in the ledger, and the next run looks again
  await removeFromLedger(target, name, old, context);
  return undefined;
}

/** Removes an old token that is gone from the ledger, with the record under its own name. */
export async function removeFromLedger(
  target: Target,
  name: string,
  old: RetiredToken,
  context: ExecutionContext,
): Promise<void> {
  const { ledger } = context.secretStore.state;
  await Promise.all([
    ledger.update(ledgerKey(target, name), (known) => known && withoutSuperseded(known, old.id)),
    forgetToken(target, old, context),
  ]);
}

/** Tells whether a token was so new at a time by the server's clock that it might not show yet. */
function mayLag(
  { created }: Pick<RetiredToken, 'created'>,
  at: number,
  { evidence }: ExecutionContext,
): boolean {
  return created !== null && at <= created + evidence.grace;
}
