import type { Fields, Observed } from '../../../../src/core/model/token.ts';
import { parseInstant } from '../../../../src/core/util/instant.ts';
import type { Json, JsonObject } from '../../../../src/core/util/json.ts';
import { joinDescription } from './description-mark.ts';

const daySeconds = 86_400;

/**
 * Returns the body of a create.
 *
 * @param mark the mark at the end of the description, if the create leaves one
 * @param now seconds since 1970
 */
export function encodeNewToken(fields: Fields, mark: string | null, now: number): JsonObject {
  const { expires_at: expiry, description, ...others } = fields;
  const marked = joinDescription({ text: typeof description === 'string' ? description : '', mark });
  return {
    ...others,
    ...((description !== undefined || mark !== null) && { description: marked }),
    ...(expiry !== undefined && expiry !== 'never' && { days: daysFrom(now, expiry) }),
  };
}

/** Returns the body that replaces a token by one with these fields changed. */
export function encodeWholeToken(token: Observed, fields: Fields): JsonObject {
  const { expires_at: expiry = 'never', description, ...others } = { ...token.fields, ...fields };
  return {
    ...others,
    description: joinDescription({ text: String(description), mark: token.origin.requestMark }),
    days: expiry === 'never' ? -1 : daysFrom(token.origin.created ?? 0, expiry),
  };
}

/** Returns the lifetime in whole days, rounded down: a token never lives longer than wanted. */
function daysFrom(created: number, expiry: Json): number {
  return Math.floor(((parseInstant(String(expiry), 'utc') ?? Number.NaN) - created) / daySeconds);
}
