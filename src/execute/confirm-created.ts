import { type CreateAttempt, type LedgerEntry, withRenewalTime } from '../core/model/custody-record.ts';
import { sinksOf } from '../core/model/entry-sinks.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import { sinkName } from '../core/model/sink.ts';
import type { Observed } from '../core/model/token.ts';
import { sameId } from '../core/model/token-id.ts';
import { isNamesake } from '../core/plan/superseded.ts';
import { formatInstant, parseInstant } from '../core/util/instant.ts';
import type { CreatedRecord, SpoolEntry } from '../custody/state/spool.ts';
import { liveToken, rangeOf, type Snapshot, type Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { emptyLedgerEntry, tokensWithName } from './unresolved.ts';
import { waitForToken } from './wait-for-token.ts';
import { withContext } from './with-context.ts';

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
  await recordAsHeld(target, { attempt, made }, places, context);
  return token;
}

/** Records a token as held, with the tokens that it supersedes, then removes it from the spool. */
async function recordAsHeld(
  target: Target,
  { attempt, made }: CreatedEntry,
  places: NonNullable<LedgerEntry['places']>,
  { secretStore, clock }: ExecutionContext,
): Promise<void> {
  const { ledger, spool } = secretStore.state;
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const outdated = spool
    .entriesOf(attempt.key)
    .flatMap((other) => (isOutdated(other, attempt, made) ? [other] : []));
  const replaced = replacedBy(target, attempt, outdated, ledger.entry(attempt.key));
  // Recorded before the token counts as finished. Otherwise the next run would take the granted values for changes.
  await ledger.recordGranted(rangeOf(target), made.id, Object.keys(attempt.fields), made.granted ?? {});
  const held = (entry: LedgerEntry): LedgerEntry => ({
    ...entry,
    address: target.desired.address,
    name: attempt.name,
    ...(target.desired.rotation && { rotation: target.desired.rotation }),
    id: made.id,
    created: made.created,
    createdBy: made.createdBy,
    expires: parseInstant(made.expiresAt ?? '', 'utc') ?? null,
    delivered: Object.fromEntries(sinksOf(target.desired).map((sink) => [sinkName(sink), now])),
    places,
    superseded: withoutRepeats([...entry.superseded, ...replaced]).filter(({ id }) => !sameId(id, made.id)),
  });
  await ledger.update(attempt.key, (entry = emptyLedgerEntry(target, attempt.name)) =>
    withRenewalTime(held(entry), attempt, made.respondedAt),
  );
  await Promise.all([attempt, ...outdated.map((other) => other.attempt)].map((done) => spool.remove(done)));
}

/** Returns the tokens that a new token supersedes. */
function replacedBy(
  target: Target,
  attempt: CreateAttempt,
  outdated: readonly CreatedEntry[],
  held: LedgerEntry | undefined,
): readonly RetiredToken[] {
  // The token held under this name before is superseded, whatever else was replaced: its sinks now have another secret.
  const before = liveToken(target, held?.id ?? null);
  return [
    ...(before && held && isNamesake(before, target.desired)
      ? [{ id: before.id, name: before.name, created: held.created }]
      : []),
    ...(attempt.replaces && attempt.replaceOrder === 'create_first' ? [attempt.replaces] : []),
    ...outdated.map(({ attempt: { name }, made: { id, created } }) => ({ id, name, created })),
    ...(attempt.revokeOld ? revokedBy(attempt, target) : []),
  ];
}

/** Returns tokens with one for each ID: the last one. */
function withoutRepeats(tokens: readonly RetiredToken[]): readonly RetiredToken[] {
  return [...new Map(tokens.map((token) => [token.id.toLowerCase(), token])).values()];
}

/** Returns the error for a new token that the service confirmed but doesn't show. It may be deleted, or not visible yet. */
function unseen(
  { desired }: Target,
  { name, address, replaces, replaceOrder }: CreateAttempt,
  { id }: CreatedRecord,
  { evidence }: ExecutionContext,
): ReconcileError {
  const again =
    replaces?.name === name && replaceOrder === 'create_first'
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
function revokedBy({ name, knownIds }: CreateAttempt, target: Target): readonly RetiredToken[] {
  // Tokens with names that are only similar were seen, too.
  return tokensWithName(target, name, target.snapshot.tokens)
    .filter(({ id }) => knownIds.some((known) => sameId(known, id)))
    .map(({ id, name, origin: { created } }) => ({ id, name, created, revoked: true }));
}

/**
 * Tells whether a spooled secret belongs to a token that a later one of the same name has replaced. `--replace` does this to
 * a token whose secret was never delivered.
 */
function isOutdated(
  other: SpoolEntry,
  { nonce }: CreateAttempt,
  { respondedAt }: CreatedRecord,
): other is CreatedEntry {
  const { attempt, made } = other;
  return made !== null && attempt.nonce !== nonce && made.respondedAt <= respondedAt;
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
