import type { CustodyRecord } from '../core/model/custody-record.ts';
import type { Desired } from '../core/model/desired.ts';
import { type Problem, ReconcileError, toProblem } from '../core/model/errors.ts';
import type { FieldRules } from '../core/model/field-rules.ts';
import type { Grants } from '../core/model/grants.ts';
import type { Inability } from '../core/model/inability.ts';
import type { Kind, Observed, Scope } from '../core/model/token.ts';
import { sameId } from '../core/model/token-id.ts';
import { indexTokens, type TokenIndex, withReplaced } from '../core/model/token-index.ts';
import type { TokenKind } from '../core/model/token-kind.ts';
import { findCandidates, type MatchInput } from '../core/plan/candidates.ts';
import { recordedTokens } from '../core/plan/recorded-names.ts';
import type { Clock } from '../core/util/clock.ts';
import type { Client } from '../providers/provider.ts';
import type { ScopeHandle, Snapshot, Target } from './target.ts';

/** A desired token, the rules of its kind, and the client of its connection. */
export interface ObserveRequest {
  readonly desired: Desired;
  readonly client: Client;
  readonly rules: FieldRules;
  readonly uniqueNames: boolean;
  readonly repairable?: true;
}

/** The observation of a desired token, or the reason for its failure, with its scope if that could be resolved. */
export type Observation =
  | Target
  | { readonly desired: Desired; readonly problem: Problem; readonly scope?: Scope };

/** The scope that an entry or a rule names, or the reason why it is unknown. */
export type Located = { readonly scope: Scope } | { readonly problem: Problem };

/** A lookup of a name in a scope in the records of earlier runs. `ids` are those of the live tokens of that name. */
export type RecordLookup = (
  desired: Desired,
  place: ScopeHandle,
  name: string,
  ids: readonly string[],
) => CustodyRecord;

/** The context for observing desired tokens. */
export interface ObserveOptions {
  readonly clock: Clock;
  readonly records: RecordLookup;
  /** Returns the values that the service granted a token instead of the requested ones, by its ID. */
  readonly grants: (id: string) => Grants | undefined;
  readonly signal: AbortSignal;
}

/** An observer that looks at each scope once. */
export interface Observer {
  /**
   * Observes a desired token. A scope that can't be listed fails its own tokens only. Rejected credentials (401), or
   * credentials that may not even list the scopes, fail the whole run: throws.
   */
  observe(wanted: ObserveRequest): Promise<Observation>;
  /**
   * Observes an entry outside the selection by the listing alone, without a request for its own token. A failure doesn't
   * affect other entries.
   */
  observeUntargeted(wanted: ObserveRequest): Promise<Observation>;
  /** Returns the named scope. Throws if the failure affects the whole run. */
  locate(client: Client, at: { readonly kind: Kind; readonly scope: string }): Promise<Located>;
  /** Returns the scope of an entry outside the selection. A failure doesn't affect other entries. */
  locateAside(client: Client, at: { readonly kind: Kind; readonly scope: string }): Promise<Located>;
  /**
   * Returns why a scope doesn't exist, or can't be read; `undefined` if it exists. Throws if the failure affects the whole
   * run.
   */
  verify(client: Client, kind: Kind, scope: Scope): Promise<Problem | undefined>;
  /** Returns a scope and its content, or why it can't be listed. Throws if the failure affects the whole run. */
  viewScope(
    client: Client,
    at: { readonly kind: Kind; readonly scope: string },
    behaviour: KindBehavior,
  ): Promise<ScopeView | { readonly problem: Problem }>;
}

/** A scope and its content. */
export interface ScopeView {
  readonly place: ScopeHandle;
  readonly snapshot: Snapshot;
}

/** The rules for tokens of a kind. */
export type KindBehavior = Pick<ObserveRequest, 'rules' | 'uniqueNames' | 'repairable'>;

/** Returns the rules for tokens of a kind. */
export function behaviorOf({ rules, uniqueNames, repairable }: TokenKind): KindBehavior {
  return { rules, uniqueNames, ...(repairable && { repairable }) };
}

/** Creates the observer of a run. */
export function createObserver(options: ObserveOptions): Observer {
  const { signal } = options;
  const clients = new Map<Client, number>();
  const scopes = new Map<string, Promise<Scope>>();
  const views = new Map<string, Promise<ScopeView>>();
  const verified = new Map<string, Promise<void>>();
  const inabilities = new Map<string, Promise<readonly Inability[]>>();
  const numberOf = (client: Client): number => {
    const number = clients.get(client) ?? clients.size;
    clients.set(client, number);
    return number;
  };

  const resolve = (client: Client, kind: Kind, written: string): Promise<Scope> =>
    memoize(scopes, `${numberOf(client)} ${kind} ${written}`, () =>
      client.resolve(written, signal).catch((error: unknown) => {
        throw isAuth(error) ? new Fatal(error) : error;
      }),
    );
  const look = async (
    client: Client,
    { kind, scope: written }: { readonly kind: Kind; readonly scope: string },
    behaviour: KindBehavior,
  ): Promise<ScopeView> => {
    const number = numberOf(client);
    const scope = await resolve(client, kind, written);
    const scopeKey = `${kind} ${client.account} ${scope.id}`;
    return memoize(views, `${number} ${scopeKey}`, async () => {
      const unable = await memoize(
        inabilities,
        String(number),
        async () => (await client.inabilities?.(signal)) ?? [],
      );
      const place = { client, scope, ...behaviour, inabilities: unable, scopeKey };
      return { place, snapshot: await takeSnapshot(place, options.clock, signal) };
    });
  };

  const locate = async (
    client: Client,
    { kind, scope }: { readonly kind: Kind; readonly scope: string },
    failure: Failure,
  ): Promise<Located> => {
    try {
      return { scope: await resolve(client, kind, scope) };
    } catch (error) {
      return { problem: toProblem(failure(error, signal)) };
    }
  };
  const observe = async (
    { desired, client, ...behaviour }: ObserveRequest,
    failure: Failure,
    targetIn: (view: ScopeView) => Promise<Target> | Target,
  ): Promise<Observation> => {
    const located = await locate(client, desired, failure);
    if ('problem' in located) return { desired, ...located };
    try {
      return await targetIn(await look(client, desired, behaviour));
    } catch (error) {
      return { desired, problem: toProblem(failure(error, signal)), ...located };
    }
  };

  return {
    locate: (client, at) => locate(client, at, scopeFailure),
    locateAside: (client, at) => locate(client, at, contained),
    async verify(client, kind, scope) {
      try {
        await memoize(verified, `${numberOf(client)} ${kind} ${scope.id}`, () =>
          client.verify(scope, signal),
        );
        return undefined;
      } catch (error) {
        return toProblem(scopeFailure(error, signal));
      }
    },
    viewScope: (client, at, behaviour) =>
      look(client, at, behaviour).catch((error: unknown) => ({
        problem: toProblem(scopeFailure(error, signal)),
      })),
    observe: (wanted) =>
      observe(wanted, scopeFailure, ({ place, snapshot }) =>
        resolveTarget(wanted.desired, place, snapshot, options),
      ),
    observeUntargeted: (wanted) =>
      observe(wanted, contained, ({ place, snapshot }) => ({
        desired: wanted.desired,
        snapshot,
        live: snapshot.manageable,
        recordFor: recordsIn(wanted.desired, place, snapshot, options.records),
        ...place,
      })),
  };
}

/** A function that returns the failure of one scope from a thrown error. */
type Failure = (error: unknown, signal: AbortSignal) => unknown;

/** Returns the failure of one scope. Throws if the whole run fails. */
function scopeFailure(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Fatal && !signal.aborted) throw error.cause;
  const failure = contained(error, signal);
  if (isAuth(failure) && (failure as ReconcileError).httpStatus === 401) throw failure;
  return failure;
}

/** Returns the failure of one scope outside the selection, which never ends a run. */
function contained(error: unknown, signal: AbortSignal): unknown {
  // An interruption is not a failure of one token.
  if (signal.aborted) throw signal.reason;
  return error instanceof Fatal ? error.cause : error;
}

/** Lists a scope. A server that doesn't send its time is assumed to have ours. */
export async function takeSnapshot(
  { client, scope }: Pick<ScopeHandle, 'client' | 'scope'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Snapshot> {
  const started = Math.floor(clock.now() / 1000);
  const { tokens, date, ahead, user } = await client.list(scope, signal);
  return { ...indexSnapshot(tokens), listedAt: date ?? started, ahead: ahead ?? 0, user };
}

/** Creates the indexes of a snapshot. */
export function indexSnapshot(tokens: readonly Observed[]): Pick<Snapshot, 'tokens' | 'manageable'> {
  const all = indexTokens(tokens);
  const usable = tokens.filter(({ generated }) => !generated);
  return { tokens: all, manageable: usable.length === tokens.length ? all : indexTokens(usable) };
}

/** Returns a token as the records of an entry know it: by the requested name, and with the granted values. */
type AsOnRecord = (token: Observed) => Observed;

/** Resolves the tokens of an entry in a scope as it was listed. */
export async function resolveTarget(
  desired: Desired,
  place: ScopeHandle,
  listed: Snapshot,
  { records, grants, signal }: Pick<ObserveOptions, 'records' | 'grants' | 'signal'>,
): Promise<Target> {
  const first = { desired, rules: place.rules, recordFor: recordsIn(desired, place, listed, records) };
  const own = recordedTokens(first, listed.tokens, grants);
  const asOnRecord: AsOnRecord = (token) =>
    recordedTokens(first, indexTokens([token]), grants).get(token.id.toLowerCase()) ?? token;
  const snapshot = {
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
    const live = indexTokens([...snapshot.manageable.all, ...found]);
    const family = { desired, live, listed: snapshot.tokens, recordFor: record };
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
function recordsIn(
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

class Fatal extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

function isAuth(error: unknown): boolean {
  return error instanceof ReconcileError && error.code === 'AUTH';
}

function memoize<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
