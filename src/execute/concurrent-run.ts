import type { CreateAttempt } from '../core/model/custody-record.ts';
import { ReconcileError } from '../core/model/errors.ts';
import { nameFieldOf } from '../core/model/field-rules.ts';
import { familyNameOf } from '../core/model/generation-name.ts';
import type { Observed } from '../core/model/token.ts';
import { compareIds, sameId } from '../core/model/token-id.ts';
import { isByOtherProgram } from '../core/plan/ownership.ts';
import { findFamily, newestIsUsable } from '../core/plan/rotation/family.ts';
import { strangerReason } from '../core/plan/rotation/membership.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { waitingIds } from '../custody/state/records.ts';
import type { CreatedRecord, SpoolEntry } from '../custody/state/spool.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import { decisionInput, rangeOf, type Snapshot, type Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { deleteOwn } from './delete-own.ts';
import { poll } from './poll.ts';
import { otherAttempt, ownershipInRun, tokensWithName } from './unresolved.ts';

/** Thrown if a concurrent run creates the next generation of a family and this run defers to it. Not a failure. */
export class DeferredToOtherRun extends Error {}

/** Tells whether a concurrent run may create a token for the same purpose. */
export function canRace({ uniqueNames, desired }: Target): boolean {
  return !uniqueNames || desired.rotation !== undefined;
}

/**
 * Tells whether a 409 means that a concurrent run created the same generation (names have minute resolution). While the
 * newest generation is valid, the 409 is enough. If it is nearly over, waits within the grace for the token to appear, since
 * a 409 may have other causes.
 */
export async function isCreatedByOtherRun(
  target: Target,
  name: string,
  context: ExecutionContext,
): Promise<boolean> {
  const { clock, evidence, stop } = context;
  const now = Math.floor(clock.now() / 1000);
  const { rotation } = target.desired;
  if (!rotation) return false;
  const input = decisionInput(target, { evidence, now, forceReplace: false, revokeOld: false });
  if (newestIsUsable(findFamily(input, rotation))) return true;
  const shown = await poll(
    async () => (await takeSnapshot(target, clock, neverAborted)).tokens.byName(name)[0],
    {
      clock,
      timeoutMilliseconds: evidence.grace * 1000,
      signal: stop,
      onWait: () => context.listener.onWait(target.desired.address, 'to appear, created by another run'),
    },
  );
  return shown !== undefined;
}

/**
 * Defers to an older token that a concurrent run has created for the same purpose: docs/create-protocol.md, steps 5 and 7.
 * This can happen if names aren't unique, and in families. The younger token is deleted, so that one remains. A token that
 * matches an unresolved attempt of ours is not a concurrent run's. Throws `DeferredToOtherRun` in a family.
 * @param late the facts known at the second look: the final listing, and the sinks that already have our token's secret
 */
export async function deferToOlder(
  target: Target,
  entry: SpoolEntry,
  context: ExecutionContext,
  late?: { readonly closing: Snapshot | undefined; readonly delivered: readonly string[] },
): Promise<void> {
  const { attempt, made } = entry;
  if (!made) return;
  const { desired } = target;
  const delivered = late?.delivered ?? [];
  const listing = await listingWith(target, made, context, late?.closing);
  const older = await findOlder(target, { attempt, made }, listing, context);
  if (!older) return;
  await recordName(target, attempt.name, older, context);
  await deleteOwn(target, attempt, made, context);
  await context.secretStore.state.spool.remove(attempt);
  if (desired.rotation) {
    throw new DeferredToOtherRun(
      `a concurrent run created the generation ${older.name} (${older.id}) and delivers it; this run deleted its own`,
    );
  }
  const dead =
    delivered.length === 0 ? '' : `, but ${delivered.join(', ')} has its secret, which no longer works`;
  throw new ReconcileError({
    code: 'API_REJECTED',
    message: `a concurrent run created ${attempt.name} (${older.id}) in ${desired.place} first; this run deleted its own${dead}`,
    hint:
      delivered.length === 0
        ? 'run reconcile plan again: it adopts that token, without its secret'
        : `if that run delivers to other sinks, create a token for these with --replace ${desired.address}. Run one apply at a time in a scope, with one state directory`,
  });
}

/**
 * Records the name requested for the other run's token if the service changed it. The next run finds the token by that name
 * and doesn't create a second one.
 */
async function recordName(
  target: Target,
  name: string,
  { id, name: granted, origin: { created } }: Observed,
  { secretStore }: ExecutionContext,
): Promise<void> {
  const { desired, rules } = target;
  const base = familyNameOf(granted);
  // Generations created in different minutes have different suffixes.
  const asked =
    desired.rotation && base !== undefined ? `${desired.rotation.base}${granted.slice(base.length)}` : name;
  if (granted === asked || created === null) return;
  const identity = nameFieldOf(rules);
  const { ledger } = secretStore.state;
  await ledger.recordGranted(rangeOf(target), id, [identity], { [identity]: { asked, granted, created } });
}

/** Returns the token of another run that is older than ours; `undefined` if there is none. */
async function findOlder(
  target: Target,
  { attempt, made }: { readonly attempt: CreateAttempt; readonly made: CreatedRecord },
  { tokens }: Snapshot,
  context: ExecutionContext,
): Promise<Observed | undefined> {
  const { client, scope } = target;
  const { ledger } = context.secretStore.state;
  const unresolved = ledger.entry(attempt.key)?.unresolved ?? [];
  const known = new Set(
    [
      ...attempt.knownIds,
      ledger.entry(attempt.key)?.id ?? '',
      ...(ledger.entry(attempt.key)?.superseded ?? []).map(({ id }) => id),
      ...waitingIds(context.secretStore.state, rangeOf(target)),
    ].map((id) => id.toLowerCase()),
  );
  const older = ({ id, origin }: Observed): boolean =>
    (origin.created ?? 0) < (made.created ?? 0) ||
    ((origin.created ?? 0) === (made.created ?? 0) && compareIds(id, made.id) < 0);
  // The service has changed the name of the other token in the same way.
  const shownAs = made.granted?.[nameFieldOf(target.rules)]?.granted;
  const renamed =
    typeof shownAs !== 'string'
      ? []
      : [
          ...tokens.byName(shownAs),
          ...(target.desired.rotation ? tokens.generationsOf(familyNameOf(shownAs) ?? '') : []),
        ];
  // The service may give tokens of other entries of this run the same name.
  const isOurs = (token: Observed): boolean =>
    ledger.findByTokenId(rangeOf(target), [token.id]) !== undefined ||
    otherAttempt(target, attempt.name, token, context) !== undefined;
  const olderTokens = [...tokensWithName(target, attempt.name, tokens), ...renamed]
    .filter((token) => !sameId(token.id, made.id) && !known.has(token.id.toLowerCase()))
    .filter((token) => !isOurs(token) && !isByOtherProgram(token))
    .filter((token) => !isStranger(target, token, context))
    .filter((token) => ownershipInRun(target, token, unresolved, context, tokens) === 'foreign')
    .filter((token) => !token.generated && !token.expired && older(token));
  for (const { id } of olderTokens) {
    const found = await client.read(scope, id, neverAborted);
    if (found) return found;
  }
  return undefined;
}

/** Tells whether a token is only named like a generation of the family. */
function isStranger(target: Target, token: Observed, { evidence }: ExecutionContext): boolean {
  const { desired, snapshot, recordFor } = target;
  if (!desired.rotation) return false;
  const { user } = snapshot;
  return strangerReason(token, recordFor(desired.rotation.base), { evidence, user }) !== undefined;
}

/**
 * Lists a scope until our new token shows or its grace is over. A listing too old to show our own token could also hide one
 * that is slightly older.
 */
async function listingWith(
  target: Target,
  { id, respondedAt }: Pick<CreatedRecord, 'id' | 'respondedAt'>,
  context: ExecutionContext,
  first?: Snapshot,
): Promise<Snapshot> {
  const { clock, evidence, stop, listener } = context;
  let latest = first ?? (await context.freshListing(target));
  // By the time of the listing: it may have waited for this process.
  const left = respondedAt + evidence.grace - latest.listedAt;
  if (latest.tokens.byId(id) || left <= 0 || stop.aborted) return latest;
  await poll(
    async () => {
      latest = await context.freshListing(target);
      return latest.tokens.byId(id);
    },
    {
      clock,
      timeoutMilliseconds: left * 1000,
      signal: stop,
      onWait: () => listener.onWait(target.desired.address, 'to appear'),
    },
  ).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
  return latest;
}
