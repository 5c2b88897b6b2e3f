import equal from 'fast-deep-equal';
import { type CustodyRecord, type LedgerEntry, unresolvedAttempts } from '../../model/custody-record.ts';
import { expiryField, expiryOf } from '../../model/field-rules.ts';
import { timestampOf } from '../../model/generation-name.ts';
import { type Desired, isReadBackable, type Observed, type Rotation, type Sink } from '../../model/model.ts';
import { sameId } from '../../model/token-id.ts';
import { parseInstant } from '../../util/instant.ts';
import { compareCodeUnits } from '../../util/json.ts';
import { sinkHoldsToken, sinksOf } from '../custody.ts';
import type { DecisionInput } from '../input.ts';
import { type Ownership, ownershipOf } from '../ownership.ts';
import { strangerReason } from './membership.ts';

/**
 * Window after the creation of a generation in which a concurrent run may still be delivering it, or one beside it. After
 * this window, an undelivered generation stays undelivered.
 */
export const concurrentRunWindowSeconds = 600;

/** The live generations of a rotating token. */
export interface Family {
  readonly rotation: Rotation;
  readonly record: CustodyRecord;
  /** The generations, oldest first, without orphans. */
  readonly members: readonly Observed[];
  readonly newest: Observed | undefined;
  /** The tokens that attempts of ours created, and whose secrets are lost. */
  readonly orphans: readonly Observed[];
  /** Tokens that only have the name of a generation, and the reasons why they are not members. Never changed or deleted. */
  readonly strangers: readonly { readonly token: Observed; readonly reason: string }[];
}

/** The input for an entry that is a family. */
export type RotationInput = DecisionInput & { readonly desired: Desired & { readonly rotation: Rotation } };

/** Tells whether an entry is a family. */
export function isRotating(situation: DecisionInput): situation is RotationInput {
  return situation.desired.rotation !== undefined;
}

/** Returns the live family of an entry. */
export function findFamily(situation: RotationInput): Family {
  const { rotation } = situation.desired;
  const record = situation.recordFor(rotation.base);
  const named = [...situation.live.generationsOf(rotation.base)].sort(byAge);
  const strangers = named.flatMap((token) => {
    const reason = strangerReason(token, record, situation);
    return reason === undefined ? [] : [{ token, reason }];
  });
  const all = named.filter((token) => !strangers.some((stranger) => stranger.token === token));
  const isLeftBehind = (token: Observed): boolean => ownershipInFamily(token, record, situation) === 'ours';
  const members = all.filter((token) => !isLeftBehind(token));
  return {
    rotation,
    record,
    members,
    newest: members.at(-1),
    orphans: all.filter(isLeftBehind),
    strangers,
  };
}

/**
 * Returns the ownership of a generation by attempts with lost responses. Generations with a recorded secret are not ours in
 * this sense.
 */
export function ownershipInFamily(
  token: Observed,
  record: CustodyRecord,
  { rules, evidence }: Pick<DecisionInput, 'rules' | 'evidence'>,
): Ownership {
  const { entry, waiting, sinkContents } = record;
  const known = [
    entry?.id,
    waiting?.id,
    ...(entry?.retire ?? []).map(({ id }) => id),
    ...sinkContents.map(({ holding }) => (typeof holding === 'object' ? holding.id : undefined)),
  ];
  if (known.some((id) => typeof id === 'string' && sameId(id, token.id))) return 'foreign';
  return ownershipOf(token, unresolvedAttempts(record), rules, evidence);
}

/** Returns the creation time of a generation, in seconds since 1970: by the service, or else by its name. */
export function respondedAt({ origin, name }: Observed): number | undefined {
  return origin.created ?? timestampOf(name);
}

/** Returns a token's expiry, in seconds since 1970; `undefined` if it never expires. */
export function expiresAt({ fields }: Observed, { rules }: Pick<DecisionInput, 'rules'>): number | undefined {
  const expiry = expiryOf(rules, fields);
  return expiry === null ? undefined : parseInstant(expiry, 'utc');
}

/**
 * Returns the minimum time between a successor's due time and the end of a generation, in seconds. Never less than the
 * overlap, whatever lifetime the manifest states now, as both tokens have to exist for the overlap.
 */
export function leadSeconds({ beforeExpiry, overlap }: Rotation): number {
  return Math.max(beforeExpiry, overlap);
}

/**
 * Returns the rotation settings for a generation that the service gave a shorter life than requested. It is used as long as
 * intended, or for at least half of its life. Otherwise the remaining time could be less than `before_expiry`, and each run
 * would create a generation.
 */
export function rotationBy(
  rotation: Rotation,
  token: Observed,
  { rules }: Pick<DecisionInput, 'rules'>,
): Rotation {
  const grant = token.granted?.[expiryField(rules)];
  const [made, end] = [respondedAt(token), expiresAt(token, { rules })];
  const asked = typeof grant?.asked === 'string' ? parseInstant(grant.asked, 'utc') : undefined;
  if (made === undefined || end === undefined || asked === undefined || end >= asked) return rotation;
  const { every, beforeExpiry, overlap } = rotation;
  const intended = Math.min(every, asked - made - Math.max(beforeExpiry, overlap));
  const left = end - made - Math.min(intended, Math.floor((end - made) / 2));
  return { ...rotation, beforeExpiry: Math.min(beforeExpiry, left), overlap: Math.min(overlap, left) };
}

/** Returns the time when the successor of a generation is due, by its creation and expiry; all in seconds since 1970. */
export function rotationDueAt(
  rotation: Rotation,
  made: number | undefined,
  end: number | undefined,
): number | undefined {
  const dues = [
    ...(made === undefined ? [] : [made + rotation.every]),
    ...(end === undefined ? [] : [end - leadSeconds(rotation)]),
  ];
  return dues.length === 0 ? undefined : Math.min(...dues);
}

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

/**
 * Returns the later of the local and the server clock, in seconds since 1970: a token expired by either counts as expired.
 */
export function latestClock({ now, listedAt }: Pick<DecisionInput, 'now' | 'listedAt'>): number {
  return Math.max(now, listedAt);
}

/** Tells whether a token has expired. */
export function isExpired(
  token: Observed,
  situation: Pick<DecisionInput, 'rules' | 'now' | 'listedAt'>,
): boolean {
  const end = expiresAt(token, situation);
  return token.expired === true || (end !== undefined && end <= latestClock(situation));
}

/** Tells whether a token has expired by both clocks, so that deleting it can't interrupt a consumer. */
export function isExpiredByBothClocks(
  token: Observed,
  situation: Pick<DecisionInput, 'rules' | 'now' | 'listedAt'>,
): boolean {
  const end = expiresAt(token, situation);
  return end === undefined ? token.expired === true : end <= Math.min(situation.now, situation.listedAt);
}

/** Tells whether the pending secret belongs to an expired or superseded generation. */
export function pendingSecretIsObsolete(family: Family, situation: RotationInput): boolean {
  const { waiting } = family.record;
  const token = waiting && situation.live.byId(waiting.id);
  if (!token) return false;
  return isExpired(token, situation) || (family.newest !== undefined && !sameId(family.newest.id, token.id));
}

/** Tells whether a token was disabled outside of reconcile: the manifest doesn't disable it, now or when last applied. */
export function isDisabledExternally(
  { fields }: Observed,
  { rules, desired }: Pick<DecisionInput, 'rules' | 'desired'>,
  { lastApplied }: CustodyRecord,
): boolean {
  return Object.entries(rules).some(([field, { activeValue }]) => {
    const value = fields[field];
    if (activeValue === undefined || value === undefined || equal(value, activeValue)) return false;
    return !equal(value, desired.fields[field]) && !equal(value, lastApplied?.[field]);
  });
}

/** Tells whether the newest generation works, and its successor isn't due yet because of its expiry. */
export function newestIsUsable({ newest, record, ...family }: Family, situation: RotationInput): boolean {
  if (!newest || isExpired(newest, situation) || isDisabledExternally(newest, situation, record))
    return false;
  const end = expiresAt(newest, situation);
  return (
    end === undefined ||
    latestClock(situation) < end - leadSeconds(rotationBy(family.rotation, newest, situation))
  );
}

/** The delivery of a generation's secret. */
export type DeliveryStatus =
  /** Delivered at this time by the ledger (seconds since 1970); `null` if only a sink shows it. */
  | { readonly delivered: true; readonly since: number | null }
  /** Not delivered. `concurrent` is a concurrent run's generation, if the sinks may have either secret. */
  | { readonly delivered: false; readonly concurrent?: Observed }
  /** Not known by the ledger or any sink. */
  | 'unknown';

/**
 * Returns whether a generation's secret has been delivered: a readable sink names it, or the ledger says so and no readable
 * sink names another. An unreadable sink may have received a concurrent run's secret since.
 */
export function deliveryStatus(token: Observed, family: Family, desired: Desired): DeliveryStatus {
  const { record } = family;
  const { entry, sinkContents } = record;
  const sinks = sinksOf(desired);
  const readable = sinks.filter(isReadBackable);
  const inSink = readable.some((sink) => sinkHoldsToken(record, sink, token));
  const named = sinkContents.some(({ holding }) => typeof holding === 'object');
  const byLedger = entry?.id ? sameId(entry.id, token.id) : false;
  const twin = readable.length < sinks.length ? twinOf(token, family) : undefined;
  if (twin && (byLedger || inSink)) return { delivered: false, concurrent: twin };
  if (byLedger && (inSink || !named)) {
    return { delivered: true, since: entry ? deliveredAt(entry) : null };
  }
  if (inSink) return { delivered: true, since: null };
  return entry || named ? { delivered: false } : 'unknown';
}

/** Returns the generation that a concurrent run created at about the same time. */
function twinOf(token: Observed, { members, record }: Family): Observed | undefined {
  const made = respondedAt(token);
  return members.find(
    (other) =>
      other !== token &&
      timestampOf(other.name) !== undefined &&
      made !== undefined &&
      Math.abs(made - (respondedAt(other) ?? 0)) < concurrentRunWindowSeconds &&
      !record.entry?.retire.some(({ id }) => sameId(id, other.id)),
  );
}

/**
 * Tells whether the ledger is stale: it knows neither of the last two generations, and no sink names a token. A single
 * unknown generation is undelivered. Two were created by runs whose records were lost or discarded.
 */
export function isLedgerStale({ record, members }: Family): boolean {
  const { entry, sinkContents } = record;
  if (!entry || sinkContents.some(({ holding }) => typeof holding === 'object')) return false;
  const place = members.findIndex(({ id }) => entry.id && sameId(id, entry.id));
  const since = place === -1 ? (entry.created ?? timestampOf(entry.name) ?? 0) : undefined;
  const later = members.filter((token, index) =>
    since === undefined ? index > place : (respondedAt(token) ?? 0) > since,
  );
  return later.length > 1;
}

/** Returns the sink that received the newest secret, and now holds that of a token outside of the family. */
export function findOverwrittenSink({ record, members, orphans, newest }: Family): Sink | undefined {
  const { entry, sinkContents } = record;
  if (!newest || !entry?.id || !sameId(entry.id, newest.id)) return undefined;
  const familyTokens = [...members, ...orphans];
  return sinkContents.find(
    ({ holding }) => typeof holding === 'object' && !familyTokens.some(({ id }) => sameId(id, holding.id)),
  )?.sink;
}

/**
 * Orders tokens by age. Generation zero comes first, whenever it was created. Of two tokens created in the same second, the
 * one with the lower ID counts as newer: if both exist, the other was delivered before.
 */
function byAge(one: Observed, other: Observed): number {
  return (
    Number(timestampOf(one.name) !== undefined) - Number(timestampOf(other.name) !== undefined) ||
    (respondedAt(one) ?? 0) - (respondedAt(other) ?? 0) ||
    compareCodeUnits(other.id, one.id)
  );
}
