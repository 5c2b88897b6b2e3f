import { type Attempt, type Doubt, type LedgerEntry, recordKey } from '../core/custody.ts';
import { baseOf, recordName } from '../core/generation.ts';
import { bears } from '../core/granted.ts';
import type { TokenIndex } from '../core/match.ts';
import type { Observed, RetiredToken } from '../core/model.ts';
import { sameId, type Verdict, verdictOf } from '../core/ours.ts';
import { makersOf } from '../custody/records.ts';
import type { SpoolEntry } from '../custody/spool.ts';
import type { Snapshot, Target } from './target.ts';
import { type Tools, unstoppable } from './tools.ts';

/** The key that a target's records of a name are kept under. */
export function keyOf(
  { desired, client, scope }: Pick<Target, 'desired' | 'client' | 'scope'>,
  name: string,
): string {
  return recordKey(desired.kind, client.account, scope.id, recordName(desired, name));
}

/** The live tokens that an attempt at a name could be taken for, or that could be taken for it: of a family all. */
export function namesakes(
  { desired }: Pick<Target, 'desired'>,
  name: string,
  tokens: TokenIndex,
): readonly Observed[] {
  return desired.rotation ? tokens.family(desired.rotation.base) : tokens.named(name);
}

/** The live tokens that a request for a name may have made, or that may be taken for them: a service may change names. */
export function candidates(
  target: Pick<Target, 'desired'>,
  name: string,
  tokens: TokenIndex,
): readonly Observed[] {
  const all = [...namesakes(target, name, tokens), ...tokens.alike(name)];
  return [...new Map(all.map((token) => [token.id, token])).values()];
}

/** Returns the attempt at another name that has made a token, or may have: the service may give both names one form. */
export function otherAttempt(
  { desired, scope }: Target,
  name: string,
  token: Observed,
  { custodian }: Pick<Tools, 'custodian'>,
): Attempt | undefined {
  const entries = custodian.state.spool.entries().filter(({ attempt }) => attempt.name !== name);
  const waiting = entries.find(({ made }) => made && sameId(made.id, token.id));
  const isOfScope = ({ attempt }: SpoolEntry): boolean =>
    attempt.kind === desired.kind && attempt.scope.id === (scope.alias ?? scope.id);
  const unanswered = entries.find(
    (entry) => entry.made === null && isOfScope(entry) && bears(token, entry.attempt.name),
  );
  return (waiting ?? unanswered)?.attempt;
}

/** A ledger entry for a name of which nothing is recorded yet. */
export function blankEntry({ desired }: Target, name: string): LedgerEntry {
  return {
    address: desired.address,
    kind: desired.kind,
    name,
    id: null,
    created: null,
    createdBy: null,
    delivered: {},
    retire: [],
    doubts: [],
  };
}

/**
 * A token that has got another name since: what is on record of it moves to that name. Doubts stay, as the attempts
 * were at the name that it had.
 */
export async function followName(
  target: Target,
  token: Pick<Observed, 'id' | 'name'>,
  { custodian }: Tools,
): Promise<void> {
  const { ledger, spool } = custodian.state;
  const key = keyOf(target, token.name);
  for (const { attempt, made } of spool.entries()) {
    if (!made || !sameId(made.id, token.id) || attempt.key === key) continue;
    await spool.made({ ...attempt, key, name: token.name }, made);
    await spool.remove(attempt);
  }
  const held = ledger.holding([token.id]);
  const there = ledger.entry(key);
  if (!held || held.key === key || there?.id) return;
  const { entry } = held;
  const left = { ...blankEntry(target, entry.name), address: entry.address, doubts: entry.doubts };
  const moved = { ...entry, address: target.desired.address, name: token.name };
  await ledger.rewrite([
    [held.key, entry.doubts.length > 0 ? left : undefined],
    [key, { ...moved, retire: [...(there?.retire ?? []), ...entry.retire], doubts: there?.doubts ?? [] }],
  ]);
}

/** Turns an attempt without an answer into an open doubt: the ledger knows it before the spool forgets it. */
export async function doubt(target: Target, attempt: Attempt, { custodian }: Tools): Promise<void> {
  const { ledger, spool } = custodian.state;
  await ledger.update(attempt.key, (entry = blankEntry(target, attempt.name)) => ({
    ...entry,
    doubts: [...entry.doubts.filter(({ nonce }) => nonce !== attempt.nonce), { ...attempt, settledAt: null }],
  }));
  await spool.remove(attempt);
}

/**
 * Deletes what attempts of ours whose answers were lost have left behind, and gives the tokens of which that
 * can't be told for sure. Each is asked for by its ID before anything is done to it: a list may lag.
 *
 * @param spare the ID of a token that is dealt with otherwise
 */
export async function cleanUp(
  target: Target,
  name: string,
  doubts: readonly Attempt[],
  snapshot: Snapshot,
  tools: Tools,
  spare?: string,
): Promise<readonly Observed[]> {
  if (doubts.length === 0) return [];
  const { client, scope } = target;
  const names = new Set([name, ...doubts.map((attempt) => attempt.name)]);
  const found = [...names].flatMap((known) => snapshot.tokens.alike(known));
  const listed = [...new Set(found)].filter(({ id }) => spare === undefined || !sameId(id, spare));
  const chosen = doubts.flatMap(({ id }) => (id === null || snapshot.tokens.withId(id) ? [] : [id]));
  const suspects = [
    ...listed.filter((token) => suspected(target, token, doubts, tools) !== 'foreign').map(({ id }) => id),
    ...chosen,
  ];
  const unsure: Observed[] = [];
  for (const id of suspects) {
    const token = await client.read(scope, id, unstoppable);
    if (!token) continue;
    const verdict = suspected(target, token, doubts, tools);
    if (verdict === 'unsure') unsure.push(token);
    if (verdict === 'ours') await client.delete(scope, id, unstoppable);
  }
  return unsure;
}

/** Tells whether a token comes from one of these attempts; never one of another entry, or whose secret is known to be somewhere. */
export function suspected(
  target: Target,
  token: Observed,
  doubts: readonly Attempt[],
  { custodian, standard, isDeclaredElsewhere }: Tools,
): Verdict {
  const { ledger, spool } = custodian.state;
  if (isDeclaredElsewhere(target, token)) return 'foreign';
  const key = keyOf(target, token.name);
  const entry = ledger.entry(key);
  // A token of exactly the name of another attempt is that one's.
  const isExact = doubts.some(({ name }) => name === token.name);
  if (!isExact && spool.entriesOf(key).length > 0) return 'foreign';
  const known = [
    entry?.id,
    // Under whatever name or address the record is kept.
    ledger.holding([token.id])?.entry.id,
    ...(entry?.retire ?? []).map(({ id }) => id),
    ...spool.entries().map(({ made }) => made?.id),
    ...target
      .record(token.name)
      .holdings.map(({ holding }) => (typeof holding === 'object' ? holding.id : null)),
  ];
  if (known.some((id) => typeof id === 'string' && sameId(id, token.id))) return 'foreign';
  // Whoever has made tokens of ours in this very run is known by now.
  return verdictOf(token, doubts, target.rules, { ...standard, makers: makersOf(custodian.state) });
}

/**
 * Before a token is patched that no attempt of ours has made: from then on it may look as one of ours was to be, so
 * the doubts of its name, and of the one that it gets, are told that it was there.
 */
export async function setApart(
  target: Target,
  { id }: Pick<Observed, 'id'>,
  names: readonly string[],
  { custodian }: Tools,
): Promise<void> {
  const { ledger } = custodian.state;
  const isUntold = ({ seen }: Doubt): boolean => !seen.some((known) => sameId(known, id));
  for (const key of new Set(names.map((name) => keyOf(target, name)))) {
    if (!ledger.entry(key)?.doubts.some(isUntold)) continue;
    const told = (known: Doubt): Doubt => (isUntold(known) ? { ...known, seen: [...known.seen, id] } : known);
    await ledger.update(key, (entry) => entry && { ...entry, doubts: entry.doubts.map(told) });
  }
}

/**
 * Returns the unresolved attempts on record of a name. One at another name is not ours to resolve here: a ledger that was
 * written by others could name any token in it.
 */
export function recordedDoubts(target: Target, name: string, { custodian }: Tools): readonly Doubt[] {
  const { desired } = target;
  const known = recordName(desired, name);
  const isOfName = (attempt: Attempt): boolean =>
    recordName(desired, attempt.name) === known ||
    (desired.rotation !== undefined && baseOf(attempt.name) === known);
  return (custodian.state.ledger.entry(keyOf(target, name))?.doubts ?? []).filter(isOfName);
}

/** What is on record of a token that was deleted is no longer of use. */
export async function forget(
  target: Target,
  { id, name }: RetiredToken,
  { custodian }: Tools,
): Promise<void> {
  const { ledger, spool } = custodian.state;
  await ledger.forgetGranted(id);
  for (const { attempt, made } of spool.entries()) if (made?.id === id) await spool.remove(attempt);
  const { desired } = target;
  for (const known of new Set([name, desired.name ?? name, desired.ref ?? name])) {
    const key = keyOf(target, known);
    if (!ledger.entry(key)?.retire.some((old) => old.id === id)) continue;
    await ledger.update(key, (entry) => entry && withoutRetired(entry, id));
  }
  const key = keyOf(target, name);
  if (ledger.entry(key)?.id !== id) return;
  await ledger.update(key, (entry) =>
    entry && entry.doubts.length + entry.retire.length > 0
      ? { ...entry, id: null, delivered: {}, doubts: entry.doubts.map(finished) }
      : undefined,
  );
}

/** An entry of which an old token is gone; nothing where nothing else is known. */
export function withoutRetired(entry: LedgerEntry, id: string): LedgerEntry | undefined {
  const retire = entry.retire.filter((old) => old.id !== id);
  return entry.id === null && retire.length + entry.doubts.length === 0 ? undefined : { ...entry, retire };
}

/** A doubt that no replace waits for any more. */
function finished(known: Doubt): Doubt {
  return { ...known, order: null, old: null };
}
