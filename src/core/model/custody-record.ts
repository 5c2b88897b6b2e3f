import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../util/json.ts';
import type { Fields, Kind, ReplaceOrder, RetiredToken, Rotation, Sink } from './model.ts';
import type { SinkContent } from './sink-content.ts';

/** A create that was begun: what has to be known to recognise its token, should the answer be lost. */
export interface CreateAttempt {
  /** Sent with the request, for services that show it again. */
  readonly nonce: string;
  /** How the new token takes the place of an old one; `null` where there is none. */
  readonly order: ReplaceOrder | null;
  readonly key: string;
  readonly kind: Kind;
  readonly address: string;
  readonly scope: { readonly id: string; readonly name: string };
  readonly name: string;
  /** The ID that we chose (`create_with: put`); `null` where the service chooses. */
  readonly id: string | null;
  /** The properties sent, canonical. */
  readonly fields: Fields;
  readonly sinks: readonly Sink[];
  /** The IDs of the tokens of this name that were there before. */
  readonly seen: readonly string[];
  /** When those were listed, and when the request is over at the latest; the server's clock, in seconds. */
  readonly listedAt: number;
  readonly deadline: number;
  /** The token that the new one takes the place of. */
  readonly old: RetiredToken | null;
  /** Whether all other tokens of its family go as soon as it is handed over. */
  readonly revokes?: true;
}

/**
 * An attempt without an answer. *Open* until a listing made after its grace has dealt with it, then *settled*.
 */
export interface UnresolvedAttempt extends CreateAttempt {
  /** The server's clock, in seconds; `null` while it is open. */
  readonly settledAt: number | null;
}

/** What is recorded of one name in one scope. Never a secret. */
export interface LedgerEntry {
  readonly address: string;
  readonly kind: Kind;
  readonly name: string;
  /** The token whose secret was delivered; `null` where there is none, or none any more. */
  readonly id: string | null;
  /** When the service made it, in seconds since 1970; `null` where it doesn't say. */
  readonly created: number | null;
  /** Who the service says has made it. */
  readonly createdBy: string | null;
  /** When it ends, as the service showed it last, in seconds since 1970; `null` for never. Absent if not known. */
  readonly expires?: number | null;
  /** The sinks that have its secret, and since when (RFC 3339). */
  readonly delivered: Readonly<Record<string, string>>;
  /** The places that each of those sinks wrote to, by their keys: each may hold one token's secret. */
  readonly places?: Readonly<Record<string, readonly string[]>>;
  readonly retire: readonly RetiredToken[];
  readonly doubts: readonly UnresolvedAttempt[];
  /** Of a family: how its tokens follow each other, for those who look without a manifest. */
  readonly rotation?: Rotation;
}

/** A secret that waits in the spool. */
export interface PendingSecret {
  readonly attempt: CreateAttempt;
  /** The token that it is for. */
  readonly id: string;
  /** When the service answered, by its clock, in seconds. */
  readonly madeAt: number;
  /** Whether only the encrypted content of its one file is kept. */
  readonly encryptedOnly: boolean;
}

/** What the state directory and the sinks say about one name in one scope. */
export interface CustodyRecord {
  readonly entry: LedgerEntry | undefined;
  /** Attempts of which no answer is known. */
  readonly unanswered: readonly CreateAttempt[];
  readonly waiting: PendingSecret | undefined;
  /** The fields that were wanted when this was last applied; `null` for none at all, `undefined` where that is not known. */
  readonly lastApplied: Fields | null | undefined;
  /** What the readable sinks of the entry hold. */
  readonly sinkContents: readonly { readonly sink: Sink; readonly holding: SinkContent }[];
}

/** The record of a name that nothing is known of. */
export const emptyRecord: CustodyRecord = {
  entry: undefined,
  unanswered: [],
  waiting: undefined,
  lastApplied: undefined,
  sinkContents: [],
};

/** All attempts whose outcome is, or was, in doubt. */
export function unresolvedAttempts({
  entry,
  unanswered,
}: Pick<CustodyRecord, 'entry' | 'unanswered'>): readonly UnresolvedAttempt[] {
  return [...(entry?.doubts ?? []), ...unanswered.map((attempt) => ({ ...attempt, settledAt: null }))];
}

/** What records are kept under: the same however a manifest spells the registry. */
export function recordKey(kind: Kind, account: string, scopeId: string, name: string): string {
  const parts: Json = [kind, account, scopeId, name];
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 32);
}

/** A replace of an address that has deleted the old token, and hasn't made the new one yet. */
export function interruptedReplace(record: CustodyRecord, address: string): CreateAttempt | undefined {
  const held = record.entry?.id;
  const begun = unresolvedAttempts(record)
    .filter((attempt) => attempt.order === 'delete_first' && attempt.address === address)
    .filter(({ old }) => !held || old?.id.toLowerCase() === held.toLowerCase());
  return begun.reduce<CreateAttempt | undefined>(
    (latest, attempt) => (latest && latest.listedAt > attempt.listedAt ? latest : attempt),
    undefined,
  );
}
