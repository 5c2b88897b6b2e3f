import type { UnresolvedAttempt } from '../core/model/custody-record.ts';
import { containedProblem, type Problem, ReconcileError } from '../core/model/errors.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import { sameId } from '../core/model/token-id.ts';
import { resolveCandidates } from '../core/plan/candidates.ts';
import { findFamily, pendingSecretIsObsolete } from '../core/plan/rotation/family.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { recordedNames } from '../observe/resolve-target.ts';
import { decisionInput, type Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { removeFromLedger } from './delete-superseded.ts';
import { plannedRepair } from './repair.ts';
import { resolvedRetentionSeconds } from './settle.ts';
import { ledgerKey, markUnresolved, renameRecord } from './unresolved.ts';

/**
 * Recovers what earlier runs left of all targets: docs/create-protocol.md, steps 13 and 14. Returns the entries whose
 * recovery was stopped by a bug, each with its problem.
 */
export async function recoverAll(context: ExecutionContext): Promise<ReadonlyMap<string, Problem>> {
  const stopped = new Map<string, Problem>();
  for (const [entry, target] of context.targets) {
    try {
      await recover(target, context);
    } catch (error) {
      if (error instanceof ReconcileError) throw error;
      stopped.set(entry, containedProblem(error, context.bug));
    }
  }
  return stopped;
}

/**
 * Recovers the spool of earlier runs before anything is carried out. Drops secrets whose tokens are gone, turns attempts
 * without a response into unresolved attempts, and removes deleted old tokens from the ledger. Attempts whose tokens are to
 * be repaired stay.
 */
async function recover(target: Target, context: ExecutionContext): Promise<void> {
  const { spool } = context.secretStore.state;
  const isAbsent = target.desired.state === 'absent';
  const matter = { ...target, listed: target.snapshot.tokens };
  for (const token of resolveCandidates(matter)) await renameRecord(target, token, context);
  await dropObsoleteSecret(target, context);
  for (const name of recordedNames(target.desired, target.snapshot.tokens)) {
    const { pendingSecret, openAttempts } = target.recordFor(name);
    const repair = isAbsent ? undefined : plannedRepair(target, name, context);
    const kept = repair && !isObsolete(target, context) ? repair.attempt.nonce : undefined;
    for (const attempt of openAttempts) {
      if (attempt.nonce !== kept) await markUnresolved(target, attempt, context);
    }
    await forgetOld(target, name, context);
    if (pendingSecret && isObsolete(target, context)) await spool.remove(pendingSecret.attempt);
    const lapsed =
      pendingSecret && target.snapshot.listedAt > pendingSecret.respondedAt + context.evidence.grace;
    if (pendingSecret && lapsed && !target.live.byId(pendingSecret.id))
      await spool.remove(pendingSecret.attempt);
    for (const old of target.recordFor(name).entry?.superseded ?? []) {
      if (await isGone(target, old, context)) await removeFromLedger(target, name, old, context);
    }
  }
}

/** Tells whether the waiting secret of a family is obsolete. */
function isObsolete(target: Target, { evidence, clock }: ExecutionContext): boolean {
  const now = Math.floor(clock.now() / 1000);
  const input = decisionInput(target, { evidence, now, forceReplace: false, revokeOld: false });
  const { rotation } = target.desired;
  return rotation !== undefined && pendingSecretIsObsolete(findFamily(input, rotation));
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
    if (snapshot.listedAt > made.respondedAt + evidence.grace) await spool.remove(attempt);
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
    known.resolvedAt !== null && known.resolvedAt <= target.snapshot.listedAt - resolvedRetentionSeconds;
  if (!ledger.entry(key)?.unresolved.some(old)) return;
  await ledger.update(
    key,
    (entry) => entry && { ...entry, unresolved: entry.unresolved.filter((known) => !old(known)) },
  );
}
