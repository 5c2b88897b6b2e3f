import equal from 'fast-deep-equal';
import { unresolvedAttempts } from '../../model/custody-record.ts';
import type { Rotation } from '../../model/desired.ts';
import { nameFieldOf } from '../../model/field-rules.ts';
import { timestampOf } from '../../model/generation-name.ts';
import type { Fields, Observed } from '../../model/token.ts';
import { compareIds, sameId } from '../../model/token-id.ts';
import type { DecisionInput } from '../input.ts';
import { ownershipOfUnrecorded } from '../ownership.ts';
import { type DeliveryStatus, deliveryStatus, type Generations } from './delivery.ts';
import { createdAt, expiresAt, isExpired, rotationBy, rotationDueAt } from './lifetime.ts';
import { strangerReason } from './membership.ts';

/** The newest generation of a family. All times in seconds since 1970. */
export interface NewestGeneration {
  readonly token: Observed;
  readonly createdAt: number | undefined;
  readonly expiresAt: number | undefined;
  /** The rotation settings, adapted if the service gave it a shorter life than requested. */
  readonly rotation: Rotation;
  readonly rotationDueAt: number | undefined;
  /** Present if it can't be used. */
  readonly unusable: 'expired' | 'disabled' | undefined;
  readonly delivery: DeliveryStatus;
}

/** The live generations of a rotating token. */
export interface Family extends Generations {
  readonly rotation: Rotation;
  readonly newest: NewestGeneration | undefined;
  /** The tokens that attempts of reconcile created, and whose secrets are lost. */
  readonly orphans: readonly Observed[];
  /** Tokens that only have the name of a generation, and the reasons why they are not members. Never changed or deleted. */
  readonly strangers: readonly { readonly token: Observed; readonly reason: string }[];
  /** The later of the local and the server clock, in seconds since 1970. */
  readonly now: number;
}

/** Returns the live family of an entry. */
export function findFamily(input: DecisionInput, rotation: Rotation): Family {
  const record = input.recordFor(rotation.base);
  const mayHaveOrphans = unresolvedAttempts(record).length > 0;
  const members: Observed[] = [];
  const orphans: Observed[] = [];
  const strangers: { readonly token: Observed; readonly reason: string }[] = [];
  for (const generation of [...input.live.generationsOf(rotation.base)].sort(byAge)) {
    const reason = strangerReason(generation, record, input);
    if (reason !== undefined) strangers.push({ token: generation, reason });
    else if (mayHaveOrphans && ownershipOfUnrecorded(generation, record, input) === 'ours')
      orphans.push(generation);
    else members.push(generation);
  }
  const now = Math.max(input.now, input.listedAt);
  const family = { input, rotation, record, members, orphans, strangers, now };
  const token = members.at(-1);
  if (!token) return { ...family, newest: undefined };
  const made = createdAt(token);
  const end = expiresAt(token, input);
  const hasExpired = token.expired === true || (end !== undefined && end <= now);
  const isDisabled = !hasExpired && isDisabledExternally(token, family, input.desired.fields);
  const effective = token.granted ? rotationBy(rotation, token, input) : rotation;
  const newest = {
    token,
    createdAt: made,
    expiresAt: end,
    rotation: effective,
    rotationDueAt: rotationDueAt(effective, made, end),
    unusable: hasExpired ? ('expired' as const) : isDisabled ? ('disabled' as const) : undefined,
    delivery: deliveryStatus(token, family),
  };
  return { ...family, newest };
}

/** Returns the input as if the entry were this generation alone. */
export function withName(input: DecisionInput, name: string): DecisionInput {
  const { desired, rules } = input;
  return {
    ...input,
    desired: { ...desired, name, fields: { ...desired.fields, [nameFieldOf(rules)]: name } },
  };
}

/** Tells whether the pending secret belongs to an expired or superseded generation. */
export function pendingSecretIsObsolete({ record, input, newest }: Family): boolean {
  const { pendingSecret } = record;
  const token = pendingSecret && input.live.byId(pendingSecret.id);
  if (!token) return false;
  return isExpired(token, input) || (newest !== undefined && !sameId(newest.token.id, token.id));
}

/**
 * Tells whether a token was disabled outside of reconcile: the manifest doesn't disable it, now or when last applied.
 *
 * @param wanted the fields that the manifest wants
 */
export function isDisabledExternally(
  { fields }: Observed,
  { input, record }: Generations,
  wanted: Fields,
): boolean {
  return Object.entries(input.rules).some(([field, { activeValue }]) => {
    const value = fields[field];
    if (activeValue === undefined || value === undefined || equal(value, activeValue)) return false;
    return !equal(value, wanted[field]) && !equal(value, record.lastApplied?.[field]);
  });
}

/** Tells whether the newest generation works, and its successor isn't due yet because of its expiry. */
export function newestIsUsable({ newest, now }: Family): boolean {
  if (!newest || newest.unusable) return false;
  const dueByExpiry = rotationDueAt(newest.rotation, undefined, newest.expiresAt);
  return dueByExpiry === undefined || now < dueByExpiry;
}

/** Tells whether several tokens have the plain name of this one, so that none of them is surely generation zero. */
export function isAmbiguousGenerationZero({ name }: Observed, { members }: Generations): boolean {
  return timestampOf(name) === undefined && members.filter((other) => other.name === name).length > 1;
}

/**
 * Orders tokens by age. Generation zero comes first, whenever it was created. Of two tokens created in the same second, the
 * one with the lower ID counts as newer: if both exist, the other was delivered before.
 */
function byAge(one: Observed, other: Observed): number {
  return (
    Number(timestampOf(one.name) !== undefined) - Number(timestampOf(other.name) !== undefined) ||
    (createdAt(one) ?? 0) - (createdAt(other) ?? 0) ||
    compareIds(other.id, one.id)
  );
}
