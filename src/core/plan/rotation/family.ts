import equal from 'fast-deep-equal';
import { type CustodyRecord, unresolvedAttempts } from '../../model/custody-record.ts';
import { timestampOf } from '../../model/generation-name.ts';
import type { Desired, Observed, Rotation, Sink } from '../../model/model.ts';
import { sameId } from '../../model/token-id.ts';
import { compareCodeUnits } from '../../util/json.ts';
import type { DecisionInput } from '../input.ts';
import { type Ownership, ownershipOf } from '../ownership.ts';
import { createdAt, expiresAt, isExpired, latestClock, leadSeconds, rotationBy } from './lifetime.ts';
import { strangerReason } from './membership.ts';

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
    (createdAt(one) ?? 0) - (createdAt(other) ?? 0) ||
    compareCodeUnits(other.id, one.id)
  );
}
