import { parseInstant } from '../../core/util/instant.ts';
import { isObject, type Json, textsIn } from '../../core/util/json.ts';
import { shownEnd } from './expiry.ts';
import { accessTokenScopes, personalScopes } from './scopes.ts';

/** The token that the run is signed in with. */
export interface OwnToken {
  readonly id: string;
  readonly scopes: readonly string[];
  /** In canonical form. */
  readonly expiry: string;
  /** True if it is known to be an access token of a project or a group. */
  readonly isOfProjectOrGroup: boolean;
}

/** Decodes the signed-in token; `undefined` if the response has none. */
export function decodeOwnToken(body: Json | undefined): OwnToken | undefined {
  if (!isObject(body) || !Number.isSafeInteger(body['id'])) return undefined;
  const { id, scopes, expires_at: expiry, resource_type: type } = body;
  return {
    id: String(id),
    scopes: textsIn(scopes),
    expiry: shownEnd(expiry),
    isOfProjectOrGroup: typeof type === 'string' && /^(project|group)$/i.test(type),
  };
}

/**
 * Tells whether the signed-in user is the bot of an access token. Its name tells, as accounts for services are bots, too:
 * docs/services/gitlab.md, Signing in.
 */
export function isTokenBot(user: Json | undefined): boolean {
  const name = isObject(user) ? user['username'] : undefined;
  return typeof name === 'string' && /^(project|group)_\d+_bot/.test(name);
}

/**
 * Tells whether a token certainly can't change anything. One with an unknown scope may be able to: newer versions have
 * finer rights.
 */
export function lacksApi({ scopes }: OwnToken): boolean {
  const known = [...accessTokenScopes, ...personalScopes];
  return scopes.length > 0 && !scopes.includes('api') && scopes.every((scope) => known.includes(scope));
}

const daySeconds = 86_400;

/** Time before the end of the signed-in token from which a plan warns of it. */
const noticeSeconds = 14 * daySeconds;

/**
 * Returns a warning if the token soon ends; `undefined` if it doesn't.
 *
 * @param now in seconds since 1970
 */
export function endWarning({ expiry }: OwnToken, now: number): string | undefined {
  const end = parseInstant(expiry, 'utc');
  if (end === undefined || end > now + noticeSeconds) return undefined;
  return `the token that signs in to GitLab ends on ${expiry.slice(0, 10)}`;
}
