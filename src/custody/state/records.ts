import type { CustodyRecord, LedgerEntry, PendingSecret } from '../../core/model/custody-record.ts';
import type { Grants } from '../../core/model/grants.ts';
import { type IdRange, isSameToken } from '../../core/model/token-id.ts';
import type { SpoolEntry } from './spool.ts';
import type { State } from './state.ts';

/** Returns the records of a name by its key, or of a live token of that name by its ID, as it may have had another name. */
export function loadRecord(
  { ledger, spool }: State,
  key: string,
  range: IdRange,
  ids: readonly string[],
): CustodyRecord {
  const isNamed = (entry: SpoolEntry): boolean => ids.some((id) => hasMade(entry, range, id));
  const entries = spool.entries().filter((entry) => entry.attempt.key === key || isNamed(entry));
  return {
    entry: withHeld(ledger.entry(key), ledger.findByTokenId(range, ids)?.entry),
    openAttempts: entries.filter(({ made }) => made === null).map(({ attempt }) => attempt),
    pendingSecret: waitingOf(entries),
    lastApplied: ledger.applied(key),
    sinkContents: [],
  };
}

/**
 * Adds the token that another key holds to an entry under the name's own key, if that holds none. A record is kept under
 * another key if the token was renamed, or if the manifest spelled the address of the service differently.
 */
function withHeld(own: LedgerEntry | undefined, held: LedgerEntry | undefined): LedgerEntry | undefined {
  if (!own || !held || own.id !== null) return own ?? held;
  return { ...own, ...held, superseded: [...own.superseded, ...held.superseded], unresolved: own.unresolved };
}

/** Tells whether an attempt has created a token, and its secret waits. */
export function hasMade({ attempt, made }: SpoolEntry, range: IdRange, id: string): boolean {
  return made !== null && isSameToken({ ...attempt, id: made.id }, { ...range, id });
}

/** Returns the attempt that has created a token and whose secret waits. */
export function waitingFor(
  { spool }: Pick<State, 'spool'>,
  range: IdRange,
  id: string,
): SpoolEntry | undefined {
  return spool.entries().find((entry) => hasMade(entry, range, id));
}

/** Returns the IDs of the tokens of a range whose secrets wait. */
export function waitingIds({ spool }: Pick<State, 'spool'>, range: IdRange): readonly string[] {
  return spool
    .entries()
    .flatMap((entry) => (entry.made && hasMade(entry, range, entry.made.id) ? [entry.made.id] : []));
}

/** Returns the values that the service granted a token instead of the requested ones, by its ID. */
export function grantsIn(state: State, range: IdRange, id: string): Grants | undefined {
  return state.ledger.granted(range, id) ?? waitingFor(state, range, id)?.made?.granted;
}

/** Returns the creators of the tokens that are known to be ours, as the service shows them. */
export function knownCreators({ ledger, spool }: State): ReadonlySet<string> {
  const makers = [
    ...[...ledger.entries().values()].map(({ createdBy }) => createdBy),
    ...spool.entries().map(({ made }) => made?.createdBy ?? null),
  ];
  return new Set(makers.filter((maker) => maker !== null));
}

/** Tells whether two states are the same, so that nothing was written in between. */
export function sameState(a: State, b: State): boolean {
  return summary(a) === summary(b);
}

function summary({ ledger, spool }: State): string {
  const attempts = spool.entries().map(({ attempt, made }) => [attempt, made?.id]);
  return JSON.stringify([[...ledger.entries()], attempts]);
}

/** Returns the secret to be delivered: the latest, if there are several. */
function waitingOf(entries: readonly SpoolEntry[]): PendingSecret | undefined {
  let latest: PendingSecret | undefined;
  for (const { attempt, made } of entries) {
    if (!made || (latest && latest.respondedAt > made.respondedAt)) continue;
    latest = { attempt, id: made.id, respondedAt: made.respondedAt, encryptedOnly: made.content !== null };
  }
  return latest;
}
