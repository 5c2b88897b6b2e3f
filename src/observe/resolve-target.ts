import type { CustodyRecord } from '../core/model/custody-record.ts';
import type { Desired } from '../core/model/desired.ts';
import type { Grants } from '../core/model/grants.ts';
import type { Observed } from '../core/model/token.ts';
import { type IdRange, sameId } from '../core/model/token-id.ts';
import { indexTokens, type TokenIndex, withReplaced } from '../core/model/token-index.ts';
import { findCandidates, type MatchInput } from '../core/plan/candidates.ts';
import { recordedTokens } from '../core/plan/recorded-names.ts';
import { rangeOf, type ScopeHandle, type Snapshot, type Target } from './target.ts';

/** A lookup of a name in a scope in the records of earlier runs. `ids` are those of the live tokens of that name. */
export type RecordLookup = (
  desired: Desired,
  place: ScopeHandle,
  name: string,
  ids: readonly string[],
) => CustodyRecord;

/** The context for resolving the tokens of an entry. */
export interface ResolveOptions {
  readonly records: RecordLookup;
  /** Returns the values that the service granted a token instead of the requested ones, by its ID. */
  readonly grants: (range: IdRange, id: string) => Grants | undefined;
  readonly signal: AbortSignal;
}

/** Returns a token as the records of an entry know it: by the requested name, and with the granted values. */
type AsOnRecord = (token: Observed) => Observed;

/** Resolves the tokens of an entry in a scope as it was listed. */
export async function resolveTarget(
  desired: Desired,
  place: ScopeHandle,
  listed: Snapshot,
  { records, grants: grantsIn, signal }: ResolveOptions,
): Promise<Target> {
  const range = rangeOf({ desired, client: place.client });
  const grants = (id: string): Grants | undefined => grantsIn(range, id);
  const first = { desired, rules: place.rules, recordFor: recordsIn(desired, place, listed, records) };
  const own = recordedTokens(first, listed.tokens, grants);
  const asOnRecord: AsOnRecord = (token) =>
    recordedTokens(first, indexTokens([token]), grants).get(token.id.toLowerCase()) ?? token;
  const snapshot =
    own.size === 0
      ? listed
      : {
          ...listed,
          tokens: withReplaced(listed.tokens, own),
          manageable: withReplaced(listed.manageable, own),
        };
  const record = own.size === 0 ? first.recordFor : recordsIn(desired, place, snapshot, records);
  const names = recordedNames(desired, snapshot.tokens);
  const knownIds = names.map(record).flatMap((one) => [
    one.entry?.id,
    one.pendingSecret?.id,
    ...one.openAttempts.map(({ repairId }) => repairId),
    // A concurrent run may have delivered a generation that isn't listed yet.
    ...(desired.rotation ? heldIds(one) : []),
  ]);
  const found = (await findMissing(knownIds, place, snapshot, signal)).map(asOnRecord);
  if (desired.rotation) {
    // In a family every generation matters, even if it is to be deleted.
    const generations = indexTokens([...snapshot.manageable.all, ...found]);
    const family = { desired, live: generations, listed: snapshot.tokens, recordFor: record };
    return {
      desired,
      snapshot,
      live: await completed(family, place, asOnRecord, signal),
      recordFor: record,
      ...place,
    };
  }
  const retired = names.flatMap((name) => retiredIds(record(name), snapshot, found));
  // An ID in the manifest can't match any other token.
  const gone =
    desired.id === undefined
      ? await findDeleted(names, record, retired, place, snapshot, found, signal)
      : await findReplaced(desired, record, place, snapshot, signal);
  const left = [...retired, ...gone];
  const usable =
    found.length === 0 && left.length === 0
      ? snapshot.manageable
      : indexTokens(
          [...snapshot.manageable.all, ...found].filter(({ id }) => !left.some((old) => sameId(old, id))),
        );
  const matter = { desired, live: usable, listed: snapshot.tokens, recordFor: record };
  const live = await completed(matter, place, asOnRecord, signal);
  return { desired, snapshot, live, recordFor: record, ...place };
}

/** Returns a lookup of names in the records of a scope. Each name is looked up once. */
export function recordsIn(
  desired: Desired,
  place: ScopeHandle,
  { tokens }: Snapshot,
  records: RecordLookup,
): (name: string) => CustodyRecord {
  const known = new Map<string, CustodyRecord>();
  return (name) => {
    const ids = tokens.byName(name).map(({ id }) => id);
    const found = known.get(name) ?? records(desired, place, name, ids);
    known.set(name, found);
    return found;
  };
}

/**
 * Returns the candidates of an entry, with all their fields if a list doesn't show them. A token that is listed and not
 * found need not be gone, as it may be too new. It is kept as listed, and the next write finds out.
 */
async function completed(
  matter: MatchInput,
  { client, scope }: ScopeHandle,
  asOnRecord: AsOnRecord,
  signal: AbortSignal,
): Promise<TokenIndex> {
  const { desired, live } = matter;
  if (desired.state === 'absent') return live;
  const lacking = findCandidates(matter).filter(
    (token) => lacksFields(token, desired) || lacksCreation(token, matter),
  );
  if (lacking.length === 0) return live;
  const whole = await Promise.all(lacking.map(({ id }) => client.read(scope, id, signal)));
  const found = new Map(
    lacking.map((token, index) => {
      const read = whole[index];
      return [token, read && asOnRecord(read)];
    }),
  );
  return indexTokens(live.all.map((token) => found.get(token) ?? token));
}

/**
 * Tells whether a list leaves out fields that matter to an entry. These are desired fields, also if they look as desired,
 * and fields that would be carried over to the next token.
 */
function lacksFields(token: Observed, { fields, allowReplace, rotation }: Desired): boolean {
  if (token.partial) return true;
  const isReplaced = allowReplace || rotation !== undefined;
  return (token.assumed ?? []).some((field) => isReplaced || fields[field] !== undefined);
}

/** Tells whether a list leaves out a creation time that identifies a generation or a recorded token. */
function lacksCreation({ name, id, origin }: Observed, { desired, recordFor }: MatchInput): boolean {
  if (origin.created !== null) return false;
  if (desired.rotation) return true;
  const { entry } = recordFor(name);
  return [entry, ...(entry?.superseded ?? [])].some(
    (known) => known?.id && known.created !== null && sameId(known.id, id),
  );
}

/** Returns the names under which there may be records of an entry. */
export function recordedNames({ name, existing, id }: Desired, tokens: TokenIndex): readonly string[] {
  const referred = existing === undefined ? [] : tokens.byNameOrId(existing).map((token) => token.name);
  const identified = id === undefined ? undefined : tokens.byId(id)?.name;
  return [...new Set([name, existing, ...referred, identified].filter((known) => known !== undefined))];
}

/** Returns the known tokens that the listing lacks. Lists lag, so each is read by its ID. */
async function findMissing(
  known: readonly (string | null | undefined)[],
  { client, scope }: ScopeHandle,
  { tokens }: Snapshot,
  signal: AbortSignal,
): Promise<readonly Observed[]> {
  const ids = new Set(known.filter((id) => typeof id === 'string').filter((id) => !tokens.byId(id)));
  const found = await Promise.all([...ids].map((id) => client.read(scope, id, signal)));
  return found.filter((token) => token !== undefined);
}

/** Returns the IDs of the tokens whose secrets the sinks hold. */
function heldIds({ sinkContents }: CustodyRecord): readonly string[] {
  return sinkContents.flatMap(({ holding }) => (typeof holding === 'object' ? holding.id : []));
}

/** Returns the old tokens of an entry once its own token is live. Until then they are still in service. */
function retiredIds(
  { entry }: CustodyRecord,
  snapshot: Snapshot,
  found: readonly Observed[],
): readonly string[] {
  if (!entry?.id || !isSeen(entry.id, snapshot, found)) return [];
  return entry.superseded.map(({ id }) => id);
}

/**
 * Returns listed tokens that are gone, if an entry has several candidates. They have been deleted, and the list lags. A
 * token that was just created may not be found yet either, so at least one is kept.
 */
async function findDeleted(
  names: readonly string[],
  record: (name: string) => CustodyRecord,
  retired: readonly string[],
  { client, scope }: ScopeHandle,
  snapshot: Snapshot,
  found: readonly Observed[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const own = names
    .map((name) => record(name).entry?.id)
    .filter((id) => typeof id === 'string')
    .filter((id) => isSeen(id, snapshot, found));
  const others = names
    .flatMap((name) => snapshot.tokens.byName(name))
    .map(({ id }) => id)
    .filter((id) => ![...own, ...retired].some((known) => sameId(known, id)));
  if (own.length + others.length < 2) return [];
  const read = await Promise.all(others.map((id) => client.read(scope, id, signal)));
  const gone = others.filter((_, index) => read[index] === undefined);
  return own.length + others.length > gone.length ? gone : [];
}

/**
 * Returns the token that an entry names by its ID if the ledger says that another one replaced it, and it is gone: the list
 * lags.
 */
async function findReplaced(
  { id, name, address }: Desired,
  record: (name: string) => CustodyRecord,
  { client, scope }: ScopeHandle,
  { tokens }: Snapshot,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (id === undefined || name === undefined || !tokens.byId(id)) return [];
  const { entry } = record(name);
  if (!entry?.id || sameId(entry.id, id) || entry.address !== address) return [];
  return (await client.read(scope, id, signal)) ? [] : [id];
}

function isSeen(id: string, { tokens }: Snapshot, found: readonly Observed[]): boolean {
  return tokens.byId(id) !== undefined || found.some((token) => sameId(token.id, id));
}
