import { createHash } from 'node:crypto';
import type { ReplaceOrder, Rotation } from './desired.ts';
import type { RetiredToken } from './plan.ts';
import type { Secret } from './secret.ts';
import type { Sink } from './sink.ts';
import type { NamedToken, SinkContent } from './sink-content.ts';
import type { Fields, Kind } from './token.ts';
import { sameId } from './token-id.ts';

/** A create that was begun. Identifies the new token if the response is lost. */
export interface CreateAttempt {
  /** Sent with the request, for services that show it again. */
  readonly nonce: string;
  /** The order of the two steps of a replace; `null` if no token is replaced. */
  readonly replaceOrder: ReplaceOrder | null;
  readonly key: string;
  readonly kind: Kind;
  /** The API's address (`Client.account`); absent in records of versions before 0.2. */
  readonly account?: string;
  readonly address: string;
  readonly scope: { readonly id: string; readonly name: string };
  readonly name: string;
  /** The ID that we chose (`create_with: put`); `null` if the service chooses it. */
  readonly id: string | null;
  /** The properties sent, canonical. */
  readonly fields: Fields;
  readonly sinks: readonly Sink[];
  /** The IDs of the tokens of this name that were listed before. */
  readonly knownIds: readonly string[];
  /** The creator that the service will show, if it is known before the request; absent in older records too. */
  readonly createdBy?: string;
  /** The time of that listing, and the deadline of the request; the server's clock, in seconds. */
  readonly listedAt: number;
  readonly deadline: number;
  /**
   * The latest time at which the request is sent, by the server's clock, in seconds; then the attempt is recorded again
   * first. Only in states that others can take over.
   */
  readonly sendBy?: number;
  /** The token that the new one replaces. */
  readonly replaces: RetiredToken | null;
  /** True if all other tokens of the family are deleted as soon as the new one is delivered. */
  readonly revokeOld?: true;
  /**
   * A secret of ours that the token gets if the response is lost. Only in the spool, and only until the attempt has another
   * outcome.
   */
  readonly chosenSecret?: Secret;
  /** The ID of the token that gets it: recorded before that, as the token counts as modified afterwards. */
  readonly repairId?: string;
  /** True if that token is known, and its secret is renewed in place. */
  readonly renews?: true;
}

/** Returns an attempt whose token is no longer to be repaired. */
export function withoutRepair({ chosenSecret, repairId, ...attempt }: CreateAttempt): CreateAttempt {
  return attempt;
}

/** An attempt without a response: *open* until a listing made after its grace has dealt with it, then *settled*. */
export interface UnresolvedAttempt extends CreateAttempt {
  /** The server's clock, in seconds; `null` while the attempt is open. */
  readonly resolvedAt: number | null;
}

/** The record of one name in one scope. Never holds a secret. */
export interface LedgerEntry {
  readonly address: string;
  readonly kind: Kind;
  /** The API's address (`Client.account`); absent in records of versions before 0.2. */
  readonly account?: string;
  readonly name: string;
  /** The token whose secret was delivered; `null` if there is none, or none any more. */
  readonly id: string | null;
  /** The creation time by the service, in seconds since 1970; `null` if the service doesn't say. */
  readonly created: number | null;
  /** The user who created the token, as the service names them. */
  readonly createdBy: string | null;
  /** The expiry that the service showed last, in seconds since 1970; `null` for never. Absent if not known. */
  readonly expires?: number | null;
  /** The sinks that have the secret, each with the time of its delivery (RFC 3339). */
  readonly delivered: Readonly<Record<string, string>>;
  /** The keys of the places that each of those sinks wrote to. Each place can hold one token's secret. */
  readonly places?: Readonly<Record<string, readonly string[]>>;
  readonly superseded: readonly RetiredToken[];
  readonly unresolved: readonly UnresolvedAttempt[];
  /** The rotation of a family, for commands that run without a manifest. */
  readonly rotation?: Rotation;
  /** The time of the last renewal of the secret in place, in seconds since 1970. */
  readonly renewedAt?: number;
}

/** Returns an entry with the time of the renewal that an attempt has made; without any if the attempt has created the token. */
export function withRenewalTime(
  { renewedAt: _, ...entry }: LedgerEntry,
  { renews }: CreateAttempt,
  respondedAt: number,
): LedgerEntry {
  return renews ? { ...entry, renewedAt: Math.floor(respondedAt) } : entry;
}

/** A secret that waits in the spool. */
export interface PendingSecret {
  readonly attempt: CreateAttempt;
  /** The ID of the secret's token. */
  readonly id: string;
  /** The time of the service's response, by its clock, in seconds. */
  readonly respondedAt: number;
  /** True if only the encrypted content of its one file is kept. */
  readonly encryptedOnly: boolean;
  /** True if the token has still to be given the secret, as the response to its create was lost. */
  readonly repairs?: true;
}

/** The data of the state directory and the sinks about one name in one scope. */
export interface CustodyRecord {
  readonly entry: LedgerEntry | undefined;
  /** Attempts without a known response. */
  readonly openAttempts: readonly CreateAttempt[];
  readonly pendingSecret: PendingSecret | undefined;
  /** The fields that were last applied; `null` if the token was declared absent, `undefined` if not known. */
  readonly lastApplied: Fields | null | undefined;
  /** The contents of the entry's readable sinks. */
  readonly sinkContents: readonly { readonly sink: Sink; readonly holding: SinkContent }[];
}

/** Returns the sinks whose contents show a token, each with its ID. */
export function secretsInSinks({
  sinkContents,
}: Pick<CustodyRecord, 'sinkContents'>): readonly ({ readonly sink: Sink } & NamedToken)[] {
  return sinkContents.flatMap(({ sink, holding }) =>
    typeof holding === 'object' ? [{ sink, ...holding }] : [],
  );
}

/** Returns all unresolved attempts, open and settled. */
export function unresolvedAttempts({
  entry,
  openAttempts,
}: Pick<CustodyRecord, 'entry' | 'openAttempts'>): readonly UnresolvedAttempt[] {
  return [...(entry?.unresolved ?? []), ...openAttempts.map((attempt) => ({ ...attempt, resolvedAt: null }))];
}

/** Returns the key of a record. It is the same however a manifest spells the registry. */
export function recordKey(kind: Kind, account: string, scopeId: string, name: string): string {
  const text = JSON.stringify([kind, account, scopeId, name]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Returns the attempt of a replace of this address that has deleted the old token, but hasn't created the new one yet. */
export function interruptedReplace(record: CustodyRecord, address: string): CreateAttempt | undefined {
  const held = record.entry?.id;
  const begun = unresolvedAttempts(record)
    .filter((attempt) => attempt.replaceOrder === 'delete_first' && attempt.address === address)
    .filter(({ replaces }) => !held || (replaces !== null && sameId(replaces.id, held)));
  return begun.reduce<CreateAttempt | undefined>(
    (latest, attempt) => (latest && latest.listedAt > attempt.listedAt ? latest : attempt),
    undefined,
  );
}

/**
 * Tells whether an earlier run has begun to replace a live token that is deleted first, and the replace is to be continued: in
 * a state that others can take over at any time (docs/state.md, Takeover); in a folder as long as the request to delete the
 * token may still take effect: a token that lives on after that was not deleted. `at` is in seconds by the server's clock.
 */
export function isBeingReplaced(
  record: CustodyRecord,
  {
    address,
    id,
    at,
    grace,
  }: { readonly address: string; readonly id: string; readonly at: number; readonly grace: number },
): boolean {
  return unresolvedAttempts(record).some(
    (attempt) =>
      attempt.resolvedAt === null &&
      attempt.replaceOrder === 'delete_first' &&
      attempt.address === address &&
      attempt.replaces !== null &&
      sameId(attempt.replaces.id, id) &&
      (attempt.sendBy !== undefined || at <= attempt.deadline + grace),
  );
}
