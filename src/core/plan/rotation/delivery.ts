import { type CustodyRecord, type LedgerEntry, secretsInSinks } from '../../model/custody-record.ts';
import { sinksOf } from '../../model/entry-sinks.ts';
import { timestampOf } from '../../model/generation-name.ts';
import { isReadBackable } from '../../model/sink.ts';
import type { Observed } from '../../model/token.ts';
import { sameId } from '../../model/token-id.ts';
import { parseInstant } from '../../util/instant.ts';
import type { DecisionInput } from '../input.ts';
import { createdAt } from './lifetime.ts';

/**
 * Window after the creation of a generation in which a concurrent run may still be delivering it, or one beside it. After
 * this window, an undelivered generation stays undelivered.
 */
export const concurrentRunWindowSeconds = 600;

/**
 * Returns the time when all sinks had the secret of a family's newest generation, by the ledger, in seconds since 1970.
 * Without sinks, returns the creation time. `null` if a time in the ledger is invalid.
 */
export function deliveredAt({ delivered, created, name }: LedgerEntry): number | null {
  const times = Object.values(delivered).map((text) => parseInstant(text, 'utc'));
  if (times.length === 0) return created ?? timestampOf(name) ?? null;
  const known = times.filter((time) => time !== undefined);
  return known.length === times.length ? Math.max(...known) : null;
}

/** The generations of a family, oldest first, with its record. */
export interface Generations {
  readonly input: DecisionInput;
  readonly record: CustodyRecord;
  readonly members: readonly Observed[];
}

/** The delivery of a generation's secret. */
export type DeliveryStatus =
  /** Delivered, by the ledger or only by a sink. */
  | { readonly delivered: true; readonly byLedger: boolean }
  /** Not delivered. `concurrent` is a concurrent run's generation, if the sinks may have either secret. */
  | { readonly delivered: false; readonly concurrent?: Observed }
  /** Not known by the ledger or any sink. */
  | 'unknown';

/**
 * Returns whether a generation's secret has been delivered: a readable sink names it, or the ledger says so and no readable
 * sink names another. An unreadable sink may have received a concurrent run's secret since.
 */
export function deliveryStatus(token: Observed, family: Generations): DeliveryStatus {
  const { entry } = family.record;
  const sinks = sinksOf(family.input.desired);
  const readable = sinks.filter(isReadBackable);
  const held = secretsInSinks(family.record);
  const inSink = held.some(({ sink, id }) => readable.some((own) => own === sink) && sameId(id, token.id));
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const concurrent = readable.length < sinks.length ? concurrentWith(token, family) : undefined;
  if (concurrent && (byLedger || inSink)) return { delivered: false, concurrent };
  if (inSink || (byLedger && held.length === 0)) return { delivered: true, byLedger };
  return entry || held.length > 0 ? { delivered: false } : 'unknown';
}

/** Returns the generation that a concurrent run created at about the same time. */
function concurrentWith(token: Observed, { members, record }: Generations): Observed | undefined {
  const made = createdAt(token);
  return members.find(
    (other) =>
      other !== token &&
      timestampOf(other.name) !== undefined &&
      made !== undefined &&
      Math.abs(made - (createdAt(other) ?? 0)) < concurrentRunWindowSeconds &&
      !record.entry?.superseded.some(({ id }) => sameId(id, other.id)),
  );
}

/**
 * Tells whether the ledger is stale: it knows neither of the last two generations, and no sink names a token. A single
 * unknown generation is undelivered. Two were created by runs whose records were lost or discarded.
 */
export function isLedgerStale({ record, members }: Generations): boolean {
  const { entry } = record;
  if (!entry || secretsInSinks(record).length > 0) return false;
  const place = members.findIndex(({ id }) => entry.id && sameId(id, entry.id));
  const since = place === -1 ? (entry.created ?? timestampOf(entry.name) ?? 0) : undefined;
  const later = members.filter((token, index) =>
    since === undefined ? index > place : (createdAt(token) ?? 0) > since,
  );
  return later.length > 1;
}
