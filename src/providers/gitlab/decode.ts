import { canonicalizeFields } from '../../core/model/field-rules.ts';
import type { Observed } from '../../core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { shownInstant } from '../expiry.ts';
import { lazyObject } from '../response-reader.ts';
import { type KnownFields, shownObject } from '../shown.ts';
import { splitMark } from './description.ts';
import { shownEnd } from './expiry.ts';
import { accessTokenRules, deployTokenRules } from './fields.ts';
import { accessTokenLogin } from './login-name.ts';
import { read } from './read.ts';
import { roleOf } from './roles.ts';

const knownOfDeployTokens: KnownFields = {
  id: true,
  name: true,
  username: true,
  scopes: true,
  expires_at: true,
  revoked: true,
  expired: true,
};

const knownOfAccessTokens: KnownFields = {
  id: true,
  name: true,
  description: true,
  scopes: true,
  access_level: true,
  expires_at: true,
  user_id: true,
  active: true,
  revoked: true,
  created_at: true,
  last_used_at: true,
  resource_type: true,
  resource_id: true,
};

/** Decodes a deploy token. Throws if it has no number or name. */
export function decodeDeployToken(body: Json | undefined): Observed {
  const { token, id, name } = identityIn(body, 'a deploy token');
  const username = read.text(token['username'], 'a user name') ?? '';
  const object = lazyObject(shownObject(token, knownOfDeployTokens));
  return {
    id,
    name,
    fields: canonicalizeFields(deployTokenRules, {
      name,
      // Carried over to the next token, so that its users have to change the password only.
      ...(username !== '' && { username }),
      scopes: read.strings(token['scopes'], 'a list of scopes') ?? [],
      expires_at: shownEnd(token['expires_at']),
    }),
    // docs/services/gitlab.md, Deploy tokens: the API tells nothing of a token's past.
    origin: { created: null, hasNoHistory: true, createdBy: null, requestMark: null, modified: false },
    ...(username !== '' && { loginName: username }),
    get object() {
      return object();
    },
  };
}

/** Decodes an access token. Throws if it has no number or name. */
export function decodeAccessToken(body: Json | undefined): Observed {
  const { token, id, name } = identityIn(body, 'an access token');
  const { access_level: level } = token;
  const { description, mark } = splitMark(read.text(token['description'], 'a description') ?? '');
  // The addresses that used a token are personal data.
  const { last_used_ips: _, ...shown } = token;
  const object = lazyObject(shownObject(shown, knownOfAccessTokens));
  return {
    id,
    name,
    fields: canonicalizeFields(accessTokenRules, {
      name,
      // Versions before 17.7 have no descriptions: docs/services/gitlab.md, Versions.
      ...('description' in token && { description }),
      scopes: read.strings(token['scopes'], 'a list of scopes') ?? [],
      ...(typeof level === 'number' && { access_level: roleOf(level) }),
      expires_at: shownEnd(token['expires_at']),
    }),
    origin: {
      created: shownInstant(token['created_at']),
      // The creator is not shown: `user_id` is the number of the token's own bot user.
      createdBy: null,
      requestMark: mark,
      // Versions before 17.7 drop the mark together with the description: docs/services/gitlab.md, Versions.
      showsMarks: 'description' in token,
      modified: false,
      lastUsed: shownInstant(token['last_used_at']),
    },
    loginName: accessTokenLogin(name),
    get object() {
      return object();
    },
  };
}

function identityIn(
  body: Json | undefined,
  what: string,
): { readonly token: JsonObject; readonly id: string; readonly name: string } {
  if (!isObject(body)) throw read.unexpectedShape(what);
  const { id, name } = body;
  if (!Number.isSafeInteger(id) || typeof name !== 'string') throw read.unexpectedShape(what);
  return { token: body, id: String(id), name };
}
