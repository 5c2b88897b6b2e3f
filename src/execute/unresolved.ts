import {
  type CreateAttempt,
  type LedgerEntry,
  recordKey,
  type UnresolvedAttempt,
  withoutRepair,
} from '../core/model/custody-record.ts';
import { familyNameOf, ledgerName } from '../core/model/generation-name.ts';
import { bears } from '../core/model/granted-values.ts';
import type { RetiredToken } from '../core/model/plan.ts';
import type { Observed } from '../core/model/token.ts';
import { sameId } from '../core/model/token-id.ts';
import type { TokenIndex } from '../core/model/token-index.ts';
import { dependsOnOthers, type Ownership, ownershipOf } from '../core/plan/ownership.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import { hasMade, knownCreators, waitingIds } from '../custody/state/records.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import { rangeOf, type Snapshot, type Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';

/** Returns the key under which a target's records of a name are kept. */
export function ledgerKey(
  { desired, client, scope }: Pick<Target, 'desired' | 'client' | 'scope'>,
  name: string,
): string {
  return recordKey(desired.kind, client.account, scope.id, ledgerName(desired, name));
}

/** Returns the live tokens that could be mistaken for the result of an attempt at a name: in a family, all of them. */
export function tokensWithName(
  { desired }: Pick<Target, 'desired'>,
  name: string,
  tokens: TokenIndex,
): readonly Observed[] {
  return desired.rotation ? tokens.generationsOf(desired.rotation.base) : tokens.byName(name);
}

/**
 * Returns the live tokens that a request for a name may have created, or that may be mistaken for them, as a service may
 * change names.
 */
export function candidates(
  target: Pick<Target, 'desired'>,
  name: string,
  tokens: TokenIndex,
): readonly Observed[] {
  const all = [...tokensWithName(target, name, tokens), ...tokens.alike(name)];
  return [...new Map(all.map((token) => [token.id, token])).values()];
}

/**
 * Returns the attempt at another name that has created a token, or may have. The service may change both names to the same
 * one.
 */
export function otherAttempt(
  { desired, client, scope }: Target,
  name: string,
  token: Observed,
  { secretStore }: Pick<ExecutionContext, 'secretStore'>,
): CreateAttempt | undefined {
  const entries = secretStore.state.spool.entries().filter(({ attempt }) => attempt.name !== name);
  const waiting = entries.find((entry) => hasMade(entry, rangeOf({ desired, client }), token.id));
  const isOfScope = ({ attempt }: SpoolEntry): boolean =>
    attempt.kind === desired.kind &&
    (attempt.account ?? client.account) === client.account &&
    attempt.scope.id === (scope.alias ?? scope.id);
  const unanswered = entries.find(
    (entry) => entry.made === null && isOfScope(entry) && bears(token, entry.attempt.name),
  );
  return (waiting ?? unanswered)?.attempt;
}

/** Returns an empty ledger entry for a name without records. */
export function emptyLedgerEntry(target: Target, name: string): LedgerEntry {
  return {
    address: target.desired.address,
    ...rangeOf(target),
    name,
    id: null,
    created: null,
    createdBy: null,
    delivered: {},
    superseded: [],
    unresolved: [],
  };
}

/** Moves the record of a renamed token to its new name. Unresolved attempts stay, as they were made at the old name. */
export async function renameRecord(
  target: Target,
  token: Pick<Observed, 'id' | 'name'>,
  { secretStore }: ExecutionContext,
): Promise<void> {
  const { ledger, spool } = secretStore.state;
  const key = ledgerKey(target, token.name);
  const range = rangeOf(target);
  for (const entry of spool.entries()) {
    const { attempt, made } = entry;
    if (!made || !hasMade(entry, range, token.id) || attempt.key === key) continue;
    await spool.made({ ...attempt, key, name: token.name }, made);
    await spool.remove(attempt);
  }
  const held = ledger.findByTokenId(range, [token.id]);
  const there = ledger.entry(key);
  if (!held || held.key === key || there?.id) return;
  const { entry } = held;
  const left = {
    ...emptyLedgerEntry(target, entry.name),
    address: entry.address,
    unresolved: entry.unresolved,
  };
  const moved = { ...entry, ...range, address: target.desired.address, name: token.name };
  await ledger.updateMany([
    [held.key, entry.unresolved.length > 0 ? left : undefined],
    [
      key,
      {
        ...moved,
        superseded: [...(there?.superseded ?? []), ...entry.superseded],
        unresolved: there?.unresolved ?? [],
      },
    ],
  ]);
}

/**
 * Turns an attempt without a response into an open unresolved attempt. It is in the ledger before it leaves the spool. A
 * secret of ours is dropped: the ledger holds none.
 */
export async function markUnresolved(
  target: Target,
  attempt: CreateAttempt,
  { secretStore }: Pick<ExecutionContext, 'secretStore'>,
): Promise<void> {
  const { ledger, spool } = secretStore.state;
  await ledger.update(attempt.key, (entry = emptyLedgerEntry(target, attempt.name)) => ({
    ...entry,
    unresolved: [
      ...entry.unresolved.filter(({ nonce }) => nonce !== attempt.nonce),
      { ...withoutRepair(attempt), resolvedAt: null },
    ],
  }));
  await spool.remove(attempt);
}

/** Moves an attempt that is unresolved back to the spool, with the secret for its token. */
export async function reopenAttempt(
  attempt: CreateAttempt,
  { secretStore }: Pick<ExecutionContext, 'secretStore'>,
): Promise<void> {
  const { ledger, spool } = secretStore.state;
  await spool.recordAttempt(attempt);
  const isOther = ({ nonce }: UnresolvedAttempt): boolean => nonce !== attempt.nonce;
  if (ledger.entry(attempt.key)?.unresolved.every(isOther) ?? true) return;
  await ledger.update(attempt.key, (entry) => {
    if (!entry) return undefined;
    const unresolved = entry.unresolved.filter(isOther);
    const isEmpty = entry.id === null && entry.superseded.length + unresolved.length === 0;
    return isEmpty ? undefined : { ...entry, unresolved };
  });
}

/**
 * Deletes tokens left by attempts of ours whose responses were lost. Returns the tokens of unknown ownership. Each is read
 * by its ID before anything is done to it, as a list may lag.
 * @param spare the ID of a token that is handled otherwise
 */
export async function deleteOrphans(
  target: Target,
  name: string,
  unresolved: readonly CreateAttempt[],
  snapshot: Snapshot,
  context: ExecutionContext,
  spare?: string,
): Promise<readonly Observed[]> {
  if (unresolved.length === 0) return [];
  const { client, scope } = target;
  const names = new Set([name, ...unresolved.map((attempt) => attempt.name)]);
  const found = [...names].flatMap((known) => snapshot.tokens.alike(known));
  const listed = [...new Set(found)].filter(({ id }) => spare === undefined || !sameId(id, spare));
  const chosen = unresolved.flatMap(({ id }) => (id === null || snapshot.tokens.byId(id) ? [] : [id]));
  const suspects = [
    ...listed
      .filter((token) => ownershipInRun(target, token, unresolved, context, snapshot.tokens) !== 'foreign')
      .map(({ id }) => id),
    ...chosen,
  ];
  const unsure: Observed[] = [];
  for (const id of suspects) {
    const token = await client.read(scope, id, neverAborted);
    if (!token) continue;
    const ownership = ownershipInRun(target, token, unresolved, context, snapshot.tokens);
    if (ownership === 'unknown') unsure.push(token);
    if (ownership === 'ours') await client.delete(scope, id, neverAborted);
  }
  return unsure;
}

/**
 * Returns the ownership of a token by these attempts. A token of another entry, or with a known secret, is never ours.
 *
 * @param tokens the tokens of the scope as they were listed last
 */
export function ownershipInRun(
  target: Target,
  token: Observed,
  unresolved: readonly CreateAttempt[],
  { secretStore, evidence, isDeclaredElsewhere }: ExecutionContext,
  tokens: TokenIndex = target.snapshot.tokens,
): Ownership {
  const { ledger, spool } = secretStore.state;
  if (isDeclaredElsewhere(target, token)) return 'foreign';
  const key = ledgerKey(target, token.name);
  const entry = ledger.entry(key);
  // A token with exactly the name of another attempt belongs to that attempt.
  const isExact = unresolved.some(({ name }) => name === token.name);
  if (!isExact && spool.entriesOf(key).length > 0) return 'foreign';
  const known = [
    entry?.id,
    // Under any name or address that the record is kept under.
    ledger.findByTokenId(rangeOf(target), [token.id])?.entry.id,
    ...(entry?.superseded ?? []).map(({ id }) => id),
    ...waitingIds(secretStore.state, rangeOf(target)),
    ...othersRepairs(spool.entries(), unresolved),
    ...target
      .recordFor(token.name)
      .sinkContents.map(({ holding }) => (typeof holding === 'object' ? holding.id : null)),
  ];
  const isKnown = (one: Observed): boolean =>
    known.some((id) => typeof id === 'string' && sameId(id, one.id));
  if (isKnown(token)) return 'foreign';
  // By now this run knows every creator of our tokens.
  const policy = { ...evidence, knownCreators: knownCreators(secretStore.state) };
  const others = dependsOnOthers(token) ? tokens.byName(token.name).filter((one) => !isKnown(one)) : [];
  return ownershipOf(token, unresolved, target.rules, policy, others);
}

/** Returns the IDs of the tokens that other attempts are repairing. */
function othersRepairs(
  entries: readonly SpoolEntry[],
  own: readonly CreateAttempt[],
): readonly (string | undefined)[] {
  const nonces = new Set(own.filter(({ repairId }) => repairId !== undefined).map(({ nonce }) => nonce));
  return entries.flatMap(({ attempt }) => (nonces.has(attempt.nonce) ? [] : [attempt.repairId]));
}

/**
 * Marks a token as pre-existing before patching it. Otherwise it could later match an unresolved attempt at its old or new
 * name and be deleted as an orphan.
 */
export async function markPreexisting(
  target: Target,
  { id }: Pick<Observed, 'id'>,
  names: readonly string[],
  { secretStore }: ExecutionContext,
): Promise<void> {
  const { ledger, store } = secretStore.state;
  const isUntold = ({ knownIds }: UnresolvedAttempt): boolean => !knownIds.some((known) => sameId(known, id));
  for (const key of new Set(names.map((name) => ledgerKey(target, name)))) {
    if (!ledger.entry(key)?.unresolved.some(isUntold)) continue;
    const withId = (known: UnresolvedAttempt): UnresolvedAttempt =>
      isUntold(known) ? { ...known, knownIds: [...known.knownIds, id] } : known;
    await ledger.update(key, (entry) => entry && { ...entry, unresolved: entry.unresolved.map(withId) });
    await store.flush();
  }
}

/**
 * Returns the recorded unresolved attempts at a name. Attempts at another name are not ours to resolve here, as a ledger
 * written by others could name any token in them.
 */
export function unresolvedFor(
  target: Target,
  name: string,
  { secretStore }: ExecutionContext,
): readonly UnresolvedAttempt[] {
  const { desired } = target;
  const known = ledgerName(desired, name);
  const isOfName = (attempt: CreateAttempt): boolean =>
    ledgerName(desired, attempt.name) === known ||
    (desired.rotation !== undefined && familyNameOf(attempt.name) === known);
  return (secretStore.state.ledger.entry(ledgerKey(target, name))?.unresolved ?? []).filter(isOfName);
}

/** Removes the records of a deleted token. */
export async function forgetToken(
  target: Target,
  { id, name }: RetiredToken,
  { secretStore }: ExecutionContext,
): Promise<void> {
  const { ledger, spool } = secretStore.state;
  const range = rangeOf(target);
  await ledger.forgetGranted(range, id);
  for (const entry of spool.entries()) if (hasMade(entry, range, id)) await spool.remove(entry.attempt);
  const { desired } = target;
  for (const known of new Set([name, desired.name ?? name, desired.existing ?? name])) {
    const key = ledgerKey(target, known);
    if (!ledger.entry(key)?.superseded.some((old) => sameId(old.id, id))) continue;
    await ledger.update(key, (entry) => entry && withoutSuperseded(entry, id));
  }
  const key = ledgerKey(target, name);
  const held = ledger.entry(key)?.id;
  if (!held || !sameId(held, id)) return;
  await ledger.update(key, (entry) =>
    entry && entry.unresolved.length + entry.superseded.length > 0
      ? { ...entry, id: null, delivered: {}, unresolved: entry.unresolved.map(detached) }
      : undefined,
  );
}

/** Returns an entry without a superseded token that is gone; `undefined` if nothing else is known. */
export function withoutSuperseded(entry: LedgerEntry, id: string): LedgerEntry | undefined {
  const superseded = entry.superseded.filter((old) => !sameId(old.id, id));
  return entry.id === null && superseded.length + entry.unresolved.length === 0
    ? undefined
    : { ...entry, superseded };
}

/** Returns an unresolved attempt that no replace waits for any more. */
function detached(known: UnresolvedAttempt): UnresolvedAttempt {
  return { ...known, replaceOrder: null, replaces: null };
}
