import type { CreateAttempt, LedgerEntry } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { isSameOrLater } from '../core/model/generation-name.ts';
import { asRecorded } from '../core/model/granted-values.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import { sinkName } from '../core/model/sink.ts';
import type { Observed } from '../core/model/token.ts';
import { sinksOf } from '../core/plan/custody.ts';
import { sameId } from '../core/plan/ownership.ts';
import { askedName } from '../core/plan/recorded-names.ts';
import { leftAlone } from '../core/plan/retire.ts';
import { isNamesake, keepReason } from '../core/plan/superseded.ts';
import { formatInstant, parseInstant } from '../core/util/instant.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { CreatedRecord, SpoolEntry } from '../custody/state/spool.ts';
import { liveToken, type Snapshot, type Target } from '../observe/target.ts';
import { type ExecutionContext, serverNow } from './context.ts';
import { poll } from './poll.ts';
import { withContext } from './result-builder.ts';
import { emptyLedgerEntry, forgetToken, ledgerKey, tokensWithName, withoutSuperseded } from './unresolved.ts';

/**
 * Records a token as held once its secret is delivered and the token still exists, then removes it from the spool:
 * docs/create-protocol.md, steps 7 and 8. Returns the token. Throws if it is gone.
 * @param places the places where its sinks have put the secret
 * @param closing the listing made after all creates of the scope; `undefined` if there is none
 */
export async function confirmCreated(
  target: Target,
  { attempt, made }: SpoolEntry,
  places: NonNullable<LedgerEntry['places']>,
  closing: Snapshot | undefined,
  context: ExecutionContext,
): Promise<Observed> {
  if (!made) throw new TypeError(`the attempt at ${attempt.address} has no secret`);
  const { ledger, spool } = context.secretStore.state;
  const token = closing?.tokens.byId(made.id) ?? (await findCreated(target, attempt.name, made, context));
  if (!token) {
    await ledger.update(attempt.key, (entry) => entry && { ...entry, id: null, delivered: {} });
    await spool.remove(attempt);
    throw unseen(target, attempt, made, context);
  }
  const now = formatInstant(Math.floor(context.clock.now() / 1000));
  const sinks = sinksOf(target.desired);
  const outdated = spool
    .entriesOf(attempt.key)
    .flatMap((other) => (isOutdated(other, attempt, made) ? [other] : []));
  // The token held under this name before is superseded, whatever else was replaced: its sinks now have another secret.
  const held = ledger.entry(attempt.key);
  const before = liveToken(target, held?.id ?? null);
  const replaced = [
    ...(before && held && isNamesake(before, target.desired)
      ? [{ id: before.id, name: before.name, created: held.created }]
      : []),
    ...(attempt.old && attempt.order === 'create_first' ? [attempt.old] : []),
    ...outdated.map(({ attempt: { name }, made: { id, created } }) => ({ id, name, created })),
    ...(attempt.revokes ? revokedBy(attempt, target) : []),
  ];
  // Recorded before the token counts as finished. Otherwise the next run would take the granted values for changes.
  await ledger.recordGranted(made.id, Object.keys(attempt.fields), made.granted ?? {});
  await ledger.update(attempt.key, (entry = emptyLedgerEntry(target, attempt.name)) => ({
    ...entry,
    address: target.desired.address,
    name: attempt.name,
    ...(target.desired.rotation && { rotation: target.desired.rotation }),
    id: made.id,
    created: made.created,
    createdBy: made.createdBy,
    expires: parseInstant(made.expiresAt ?? '', 'utc') ?? null,
    delivered: Object.fromEntries(sinks.map((sink) => [sinkName(sink), now])),
    places,
    retire: [...new Map([...entry.retire, ...replaced].map((old) => [old.id, old])).values()].filter(
      ({ id }) => id !== made.id,
    ),
  }));
  await Promise.all([attempt, ...outdated.map((other) => other.attempt)].map((done) => spool.remove(done)));
  return token;
}

/** Returns the error for a new token that the service confirmed but doesn't show. It may be deleted, or not visible yet. */
function unseen(
  { desired }: Target,
  { name, address, old, order }: CreateAttempt,
  { id }: CreatedRecord,
  { evidence }: ExecutionContext,
): ReconcileError {
  const again =
    old?.name === name && order === 'create_first'
      ? `reconcile apply --replace ${address} creates another`
      : 'the next apply creates another';
  const held = sinksOf(desired).length > 0 ? '; if the token appears later, its secret is in the sinks' : '';
  return new ReconcileError({
    code: 'NOT_FOUND',
    message: `the service confirmed the new token ${name} (${id}) in ${desired.place}, but shows it neither in its listing nor by its ID after ${evidence.grace} s`,
    hint: `check with reconcile list whether the token exists: if the service is slow to show it, raise --grace; if it was deleted, ${again}${held}`,
  });
}

/**
 * Returns the other tokens of a family to delete without an overlap. They are recorded now, as the replace may not be
 * requested again.
 */
function revokedBy({ name, seen }: CreateAttempt, target: Target): readonly RetiredToken[] {
  // Tokens with names that are only similar were seen, too.
  return tokensWithName(target, name, target.snapshot.tokens)
    .filter(({ id }) => seen.some((known) => sameId(known, id)))
    .map(({ id, name, origin: { created } }) => ({ id, name, created, revoked: true }));
}

/**
 * Tells whether a spooled secret belongs to a token that a later one of the same name has replaced. `--replace` does this to
 * a token whose secret was never delivered.
 */
function isOutdated(
  other: SpoolEntry,
  { nonce }: CreateAttempt,
  { madeAt }: CreatedRecord,
): other is CreatedEntry {
  const { attempt, made } = other;
  return made !== null && attempt.nonce !== nonce && made.madeAt <= madeAt;
}

type CreatedEntry = SpoolEntry & { readonly made: CreatedRecord };

async function findCreated(
  target: Target,
  name: string,
  made: CreatedRecord,
  context: ExecutionContext,
): Promise<Observed | undefined> {
  try {
    return await waitForToken(target, made, context);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw withContext(
      error,
      `${name} (${made.id}) was created and its secret delivered, but reconcile can't check whether the token still exists: ${error.message}`,
      'run again: the secret is kept in the spool until that is certain',
    );
  }
}

/** Reads a new token that the listing lacks until its grace is over. It may not show right after its creation. */
async function waitForToken(
  { client, scope, snapshot, desired }: Target,
  { id, madeAt }: { readonly id: string; readonly madeAt: number },
  { clock, evidence, stop, listener }: ExecutionContext,
): Promise<Observed | undefined> {
  const left = madeAt + evidence.grace - serverNow(clock, snapshot);
  // Never aborted: an interrupted read would look like a deleted token, and its secret would be dropped.
  return poll(() => client.read(scope, id, neverAborted), {
    clock,
    timeoutMilliseconds: Math.max(0, left) * 1000,
    signal: stop,
    onWait: () => listener.onWait(desired.address, 'to appear'),
  });
}

/** Tells whether a spooled secret can still be used: its token is live, or too new to tell. */
export async function isLive(target: Target, entry: SpoolEntry, context: ExecutionContext): Promise<boolean> {
  return entry.made !== null && (await waitForToken(target, entry.made, context)) !== undefined;
}

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
  const own = await client.read(scope, entry.id, neverAborted);
  if (!own && !mayStillLag(entry, target, context)) {
    throw new ReconcileError({
      code: 'NOT_FOUND',
      message: `the old token ${old.name} (${old.id}) is kept: the service no longer finds its successor ${name} (${entry.id})`,
      hint: 'run reconcile plan to see the current tokens',
    });
  }
  // Right after its creation a token may be listed, but not yet readable by its ID.
  const live = (await client.read(scope, old.id, neverAborted)) ?? target.snapshot.tokens.byId(old.id);
  const token =
    live && asRecorded(live, askedName(live, old.name, ledger.granted(old.id)) ?? live.name, undefined);
  const reason = token && keepReason(token, old, desired);
  if (reason !== undefined) return leftAlone(old, reason);
  if (token) await client.delete(scope, old.id, neverAborted);
  if (!token && mayStillLag(old, target, context)) return undefined; // it remains in the ledger, and the next run looks again
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

/** Tells whether a token is so new that it may not show yet. */
function mayStillLag(
  { created }: Pick<RetiredToken, 'created'>,
  { snapshot }: Target,
  { clock, evidence }: ExecutionContext,
): boolean {
  return created !== null && serverNow(clock, snapshot) <= created + evidence.grace;
}
