import equal from 'fast-deep-equal';
import { type CustodyRecord, type LedgerEntry, unresolvedAttempts } from '../../model/custody-record.ts';
import { expiryField, expiryOf } from '../../model/field-rules.ts';
import { timestampOf } from '../../model/generation-name.ts';
import { type Desired, isReadBackable, type Observed, type Rotation, type Sink } from '../../model/model.ts';
import { parseInstant } from '../../util/instant.ts';
import { compareCodeUnits } from '../../util/json.ts';
import { sinkHoldsToken, sinksOf } from '../custody.ts';
import type { DecisionInput } from '../input.ts';
import { type Ownership, ownershipOf, sameId } from '../ownership.ts';
import { strangerReason } from './membership.ts';

/**
 * So long after a generation was made, in seconds, another run may be at work on it, or on one beside it. After that
 * nobody will hand it over who hasn't.
 */
export const concurrentRunWindowSeconds = 600;

/** The live generations of a rotating token. */
export interface Family {
  readonly rotation: Rotation;
  readonly record: CustodyRecord;
  /** Oldest first; without what is left behind. */
  readonly members: readonly Observed[];
  readonly newest: Observed | undefined;
  /** What attempts of ours have made and nobody has the secret of. */
  readonly orphans: readonly Observed[];
  /** Tokens that are only named like generations, and why they are none. Never changed or deleted. */
  readonly strangers: readonly { readonly token: Observed; readonly reason: string }[];
}

/** A situation that is about a family. */
export type RotationInput = DecisionInput & { readonly desired: Desired & { readonly rotation: Rotation } };

/** Whether a situation is about a family. */
export function isRotating(situation: DecisionInput): situation is RotationInput {
  return situation.desired.rotation !== undefined;
}

/** The family as it is live. */
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

/** Whether a generation comes from an attempt whose answer is lost. Never one whose secret is somewhere. */
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

/** When a generation was made, in seconds since 1970: by the service, or else by its name. */
export function respondedAt({ origin, name }: Observed): number | undefined {
  return origin.created ?? timestampOf(name);
}

/** When a token ends, in seconds since 1970; `undefined` where it never does. */
export function expiresAt({ fields }: Observed, { rules }: Pick<DecisionInput, 'rules'>): number | undefined {
  const expiry = expiryOf(rules, fields);
  return expiry === null ? undefined : parseInstant(expiry, 'utc');
}

/**
 * How long before the end of a generation its successor is due at the latest, in seconds. Never less than the overlap,
 * whatever lifetime the manifest states now: both have to be there for as long as that.
 */
export function leadSeconds({ beforeExpiry, overlap }: Rotation): number {
  return Math.max(beforeExpiry, overlap);
}

/**
 * How a family rotates by a generation that the service gave a shorter life than was asked for. It serves as long as was
 * intended, or at least half of its life: what is left of that may be less than `before_expiry`, and each run would make
 * the next one.
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

/** When the successor of a generation is due, by when it was made and when it ends; all in seconds since 1970. */
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
 * Since when all sinks have the secret of a family's newest generation, by the ledger; in seconds since 1970. Where none
 * is wanted, since it was made. `null` where that can't be read.
 */
export function deliveredAt({ delivered, created, name }: LedgerEntry): number | null {
  const times = Object.values(delivered).map((text) => parseInstant(text, 'utc'));
  if (times.length === 0) return created ?? timestampOf(name) ?? null;
  const known = times.filter((time) => time !== undefined);
  return known.length === times.length ? Math.max(...known) : null;
}

/** The later of our clock and the service's, in seconds since 1970: what is over by either is over. */
export function latestClock({ now, listedAt }: Pick<DecisionInput, 'now' | 'listedAt'>): number {
  return Math.max(now, listedAt);
}

/** Whether a token is over. */
export function isExpired(
  token: Observed,
  situation: Pick<DecisionInput, 'rules' | 'now' | 'listedAt'>,
): boolean {
  const end = expiresAt(token, situation);
  return token.expired === true || (end !== undefined && end <= latestClock(situation));
}

/** Whether a token is over by every clock, so that nobody loses it where it is deleted. */
export function isExpiredByBothClocks(
  token: Observed,
  situation: Pick<DecisionInput, 'rules' | 'now' | 'listedAt'>,
): boolean {
  const end = expiresAt(token, situation);
  return end === undefined ? token.expired === true : end <= Math.min(situation.now, situation.listedAt);
}

/** The waiting secret of a generation that is over, or that has a successor, is of no use to anybody. */
export function pendingSecretIsObsolete(family: Family, situation: RotationInput): boolean {
  const { waiting } = family.record;
  const token = waiting && situation.live.byId(waiting.id);
  if (!token) return false;
  return isExpired(token, situation) || (family.newest !== undefined && !sameId(family.newest.id, token.id));
}

/** Whether somebody has switched a token off: not the manifest, now or when it was last applied. */
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

/** Whether the newest generation works, and its end is further off than a successor has to come before it. */
export function newestIsUsable({ newest, record, ...family }: Family, situation: RotationInput): boolean {
  if (!newest || isExpired(newest, situation) || isDisabledExternally(newest, situation, record))
    return false;
  const end = expiresAt(newest, situation);
  return (
    end === undefined ||
    latestClock(situation) < end - leadSeconds(rotationBy(family.rotation, newest, situation))
  );
}

/** What is known of the delivery of a generation. */
export type DeliveryStatus =
  /** By the ledger since then (seconds since 1970); `null` where only a sink tells. */
  | { readonly delivered: true; readonly since: number | null }
  /** With the generation that another run has made beside it, where nothing tells which of the two the sinks have. */
  | { readonly delivered: false; readonly concurrent?: Observed }
  /** Neither the ledger nor a sink can tell. */
  | 'unknown';

/**
 * Whether a generation's secret has been delivered: a readable sink names it, or the ledger says so and no readable
 * sink names another. A sink that can't be read may have been given another run's since.
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

/** The generation that another run has made at about the same time. */
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
 * Whether the ledger is behind: it knows none of the last two generations, of which no sink can tell either. One such is
 * undelivered; two are the work of runs whose records were lost, or thrown away.
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

/** The sink that was handed the secret of the newest, and holds that of a token that is none of the family. */
export function findOverwrittenSink({ record, members, orphans, newest }: Family): Sink | undefined {
  const { entry, sinkContents } = record;
  if (!newest || !entry?.id || !sameId(entry.id, newest.id)) return undefined;
  const familyTokens = [...members, ...orphans];
  return sinkContents.find(
    ({ holding }) => typeof holding === 'object' && !familyTokens.some(({ id }) => sameId(id, holding.id)),
  )?.sink;
}

/**
 * Generation zero comes before all others, whenever it was made. Of two that were made in the same second, the one of the
 * lower ID doesn't yield to the other: where both are there, that one had been handed over before.
 */
function byAge(one: Observed, other: Observed): number {
  return (
    Number(timestampOf(one.name) !== undefined) - Number(timestampOf(other.name) !== undefined) ||
    (respondedAt(one) ?? 0) - (respondedAt(other) ?? 0) ||
    compareCodeUnits(other.id, one.id)
  );
}
