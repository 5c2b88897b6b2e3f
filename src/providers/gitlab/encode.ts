import type { Fields } from '../../core/model/token.ts';
import { type JsonObject, textsIn } from '../../core/util/json.ts';
import { withMark } from './description.ts';
import { numberOf } from './roles.ts';

/** Returns the body of the create of a deploy token. Without an expiry it never ends. */
export function encodeDeployToken({ name, username, scopes, expires_at: expiry }: Fields): JsonObject {
  return {
    name: String(name),
    ...(typeof username === 'string' && { username }),
    scopes: textsIn(scopes),
    ...(typeof expiry === 'string' && expiry !== 'never' && { expires_at: expiry }),
  };
}

/**
 * Returns the body of the create of an access token. The mark in its description proves later that the token is ours.
 *
 * @param program the beginning of the mark
 */
export function encodeAccessToken(fields: Fields, program: string, nonce: string): JsonObject {
  const { name, description, scopes, access_level: role, expires_at: expiry } = fields;
  return {
    name: String(name),
    description: withMark(typeof description === 'string' ? description : '', program, nonce),
    scopes: textsIn(scopes),
    ...(typeof role === 'string' && { access_level: numberOf(role) }),
    // GitLab stores a date, so an instant is rounded down: docs/services/gitlab.md, Expiry.
    ...(typeof expiry === 'string' && expiry !== 'never' && { expires_at: expiry.slice(0, 10) }),
  };
}
