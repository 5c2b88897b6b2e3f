import type { LedgerEntry, UnresolvedAttempt } from '../core/model/custody-record.ts';
import { containedProblem, type Problem } from '../core/model/errors.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import { resolveCandidates } from '../core/plan/candidates.ts';
import { sameId } from '../core/plan/ownership.ts';
import { findFamily, isRotating, pendingSecretIsObsolete } from '../core/plan/rotation/family.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { recordedNames, takeSnapshot } from '../observe/observer.ts';
import { decisionInput, type Snapshot, type Target } from '../observe/target.ts';
import { removeFromLedger } from './confirm.ts';
import { capWait, type ExecutionContext, serverNow } from './context.ts';
import { deleteOrphans, ledgerKey, markUnresolved, renameRecord, unresolvedFor } from './unresolved.ts';

/** Retention of a settled attempt in seconds: a token that turns up later is still recognised. */
const resolvedRetentionSeconds = 24 * 3600;

/** The listeners for the end of a run. */
export interface SettlementEvents {
  /** Called before a wait, with its seconds and the number of tokens. */
  readonly onWait: (seconds: number, tokens: number) => void;
  readonly warn: (problem: Problem) => void;
}

/**
 * Settles all unresolved attempts at the end of a run. Waits once until the grace of all of them is over, then deletes
 * tokens that lost requests have created late. An attempt that can't be settled stays open for the next run.
 */
export async function settleUnresolved(
  targets: readonly Target[],
  context: ExecutionContext,
  events: SettlementEvents,
): Promise<void> {
  const cases = targets.flatMap((target) =>
    recordedNames(target.desired, target.snapshot.tokens)
      .filter((name) => unresolvedFor(target, name, context).some(isOpen))
      .map((name) => ({ target, name })),
  );
  if (cases.length === 0) return;
  const ends = cases.map(({ target, name }) => {
    const deadlines = unresolvedFor(target, name, context)
      .filter(isOpen)
      .map(({ deadline }) => deadline);
    const left = Math.max(...deadlines) + context.evidence.grace - serverNow(context.clock, target.snapshot);
    return capWait(target, left, context);
  });
  const wait = Math.ceil(Math.max(...ends));
  if (wait > 0) {
    events.onWait(wait, cases.length);
    await context.clock.sleep(wait * 1000, context.stop).catch(() => undefined);
  }
  const listings = new Map<string, Promise<Snapshot>>();
  for (const { target, name } of cases) {
    if (context.stop.aborted) return;
    try {
      // Tried once more on failure, as all lost responses of the scope depend on it.
      const list = (): Promise<Snapshot> => takeSnapshot(target, context.clock, context.stop);
      const listing = listings.get(target.scopeKey) ?? list().catch(list);
      listings.set(target.scopeKey, listing);
      await settleName(target, name, await listing, context, events);
    } catch (error) {
      events.warn({ ...containedProblem(error, context.bug), source: target.desired.source });
    }
  }
}

async function settleName(
  target: Target,
  name: string,
  snapshot: Snapshot,
  context: ExecutionContext,
  events: SettlementEvents,
): Promise<void> {
  const { ledger } = context.secretStore.state;
  const unresolved = unresolvedFor(target, name, context);
  for (const token of await deleteOrphans(target, name, unresolved, snapshot, context)) {
    events.warn({
      code: 'OUTCOME_UNKNOWN',
      message: `the token ${token.name} (${token.id}) in ${target.desired.place} may come from a create request of reconcile whose response was lost, but there is no proof; it was not deleted`,
      hint: 'if the token is not needed, delete it',
      source: target.desired.source,
    });
  }
  await ledger.update(
    ledgerKey(target, name),
    (entry) => entry && settled(entry, unresolved, snapshot.listedAt),
  );
}

function settled(
  entry: LedgerEntry,
  dealtWith: readonly UnresolvedAttempt[],
  at: number,
): LedgerEntry | undefined {
  const nonces = new Set(dealtWith.map(({ nonce }) => nonce));
  const unresolved = entry.doubts
    .map((known) => (isOpen(known) && nonces.has(known.nonce) ? { ...known, settledAt: at } : known))
    .filter(({ settledAt }) => settledAt === null || settledAt > at - resolvedRetentionSeconds);
  return { ...entry, doubts: unresolved };
}

/**
 * Recovers the spool of earlier runs before anything is carried out. Drops secrets whose tokens are gone, turns attempts
 * without a response into unresolved attempts, and removes deleted old tokens from the ledger.
 */
export async function recover(target: Target, context: ExecutionContext): Promise<void> {
  const { spool } = context.secretStore.state;
  const matter = { ...target, listed: target.snapshot.tokens };
  for (const token of resolveCandidates(matter)) await renameRecord(target, token, context);
  await dropObsoleteSecret(target, context);
  for (const name of recordedNames(target.desired, target.snapshot.tokens)) {
    const { waiting, unanswered } = target.recordFor(name);
    for (const attempt of unanswered) await markUnresolved(target, attempt, context);
    await forgetOld(target, name, context);
    if (waiting && isObsolete(target, context)) await spool.remove(waiting.attempt);
    const lapsed = waiting && target.snapshot.listedAt > waiting.madeAt + context.evidence.grace;
    if (waiting && lapsed && !target.live.byId(waiting.id)) await spool.remove(waiting.attempt);
    for (const old of target.recordFor(name).entry?.retire ?? []) {
      if (await isGone(target, old, context)) await removeFromLedger(target, name, old, context);
    }
  }
}

/** Tells whether the waiting secret of a family is obsolete. */
function isObsolete(target: Target, { evidence, clock }: ExecutionContext): boolean {
  const now = Math.floor(clock.now() / 1000);
  const input = decisionInput(target, { evidence, now, forceReplace: false, revokeOld: false });
  return isRotating(input) && pendingSecretIsObsolete(findFamily(input), input);
}

/** Drops the secret of a token that the entry knows by its ID alone, if the token is gone. */
async function dropObsoleteSecret(
  target: Target,
  { secretStore, evidence }: ExecutionContext,
): Promise<void> {
  const { desired, live, snapshot } = target;
  const { id } = desired;
  if (id === undefined || live.byId(id)) return;
  const { spool } = secretStore.state;
  for (const { attempt, made } of spool.entries()) {
    if (!made || !sameId(made.id, id) || attempt.key !== ledgerKey(target, attempt.name)) continue;
    if (snapshot.listedAt > made.madeAt + evidence.grace) await spool.remove(attempt);
  }
}

/** Tells whether an old token that was to be deleted is gone: neither listed nor found, and too old to lag. */
async function isGone(
  { client, scope, snapshot }: Target,
  { id, created }: RetiredToken,
  { evidence }: ExecutionContext,
): Promise<boolean> {
  if (snapshot.tokens.byId(id) || snapshot.listedAt <= (created ?? 0) + evidence.grace) return false;
  return (await client.read(scope, id, neverAborted)) === undefined;
}

/** Removes attempts that were settled long ago. */
async function forgetOld(target: Target, name: string, { secretStore }: ExecutionContext): Promise<void> {
  const { ledger } = secretStore.state;
  const key = ledgerKey(target, name);
  const old = (known: UnresolvedAttempt): boolean =>
    known.settledAt !== null && known.settledAt <= target.snapshot.listedAt - resolvedRetentionSeconds;
  if (!ledger.entry(key)?.doubts.some(old)) return;
  await ledger.update(
    key,
    (entry) => entry && { ...entry, doubts: entry.doubts.filter((known) => !old(known)) },
  );
}

function isOpen({ settledAt }: UnresolvedAttempt): boolean {
  return settledAt === null;
}
