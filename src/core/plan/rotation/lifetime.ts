import type { Rotation } from '../../model/desired.ts';
import { expiryField, expirySeconds } from '../../model/field-rules.ts';
import { timestampOf } from '../../model/generation-name.ts';
import type { Observed } from '../../model/token.ts';
import { parseInstant } from '../../util/instant.ts';
import type { DecisionInput } from '../input.ts';

/** Returns the creation time of a generation, in seconds since 1970: by the service, or else by its name. */
export function createdAt({ origin, name }: Observed): number | undefined {
  return origin.created ?? timestampOf(name);
}

/** Returns a token's expiry, in seconds since 1970; `undefined` if it never expires. */
export function expiresAt({ fields }: Observed, { rules }: Pick<DecisionInput, 'rules'>): number | undefined {
  return expirySeconds(rules, fields);
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
  const [made, end] = [createdAt(token), expiresAt(token, { rules })];
  const asked = typeof grant?.asked === 'string' ? parseInstant(grant.asked, 'utc') : undefined;
  if (made === undefined || end === undefined || asked === undefined || end >= asked) return rotation;
  const { every, beforeExpiry, overlap } = rotation;
  const intended = Math.min(every, asked - made - Math.max(beforeExpiry, overlap));
  const left = end - made - Math.min(intended, Math.floor((end - made) / 2));
  return { ...rotation, beforeExpiry: Math.min(beforeExpiry, left), overlap: Math.min(overlap, left) };
}

/**
 * Returns the time when the successor of a generation is due, by its creation and expiry; all in seconds since 1970. It is
 * never later than an overlap before the expiry, even if the manifest now states another lifetime: both tokens have to exist for
 * the overlap.
 */
export function rotationDueAt(
  rotation: Rotation,
  made: number | undefined,
  end: number | undefined,
): number | undefined {
  const byAge = made === undefined ? Number.POSITIVE_INFINITY : made + rotation.every;
  const byExpiry =
    end === undefined ? Number.POSITIVE_INFINITY : end - Math.max(rotation.beforeExpiry, rotation.overlap);
  return made === undefined && end === undefined ? undefined : Math.min(byAge, byExpiry);
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
  input: Pick<DecisionInput, 'rules' | 'now' | 'listedAt'>,
): boolean {
  const end = expiresAt(token, input);
  return token.expired === true || (end !== undefined && end <= latestClock(input));
}

/** Tells whether a token has expired by both clocks, so that deleting it can't interrupt a consumer. */
export function isExpiredByBothClocks(
  token: Observed,
  input: Pick<DecisionInput, 'rules' | 'now' | 'listedAt'>,
): boolean {
  const end = expiresAt(token, input);
  return end === undefined ? token.expired === true : end <= Math.min(input.now, input.listedAt);
}
