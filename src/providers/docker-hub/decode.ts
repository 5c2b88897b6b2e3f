import { canonicalizeFields } from '../../core/model/field-rules.ts';
import type { Observed } from '../../core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { shownExpiry, shownInstant } from '../expiry.ts';
import { createResponseReader, type FieldKeys, lazyObject, leftOut } from '../response-reader.ts';
import { type KnownFields, shownObject } from '../shown.ts';
import { organizationTokenRules, personalTokenRules, type ResourceScopes } from './fields.ts';

const read = createResponseReader('Docker Hub');

const keys: FieldKeys = {
  is_active: { key: 'is_active' },
  expires_at: { key: 'expires_at', nullable: true },
};

/**
 * A token without scopes may do everything, so only a response that shows the scopes counts: a list may leave them out
 * (docs/services/docker-hub.md, Tokens).
 */
const personalKeys: FieldKeys = { ...keys, scopes: { key: 'scopes' } };

/** Errors for a response of unexpected shape, and for an incomplete list. */
export const { unexpectedShape, truncatedList } = read;

/** Decodes a personal token. `now` is in seconds since 1970. */
export function decodePersonalToken(body: Json | undefined, now: number): Observed {
  if (!isObject(body)) throw unexpectedShape('a personal access token');
  const { uuid, token_label: label, scopes, is_active: active, generated_by: generatedBy } = body;
  if (typeof uuid !== 'string' || uuid === '' || typeof label !== 'string')
    throw unexpectedShape('a personal access token');
  const userAgent = body['creator_ua'];
  const expiry = expiryOf(body);
  const object = lazyObject(shownObject(withoutPerson(body), personalFields));
  return {
    id: uuid,
    name: label,
    fields: canonicalizeFields(personalTokenRules, {
      token_label: label,
      scopes: read.strings(scopes, 'a list of scopes') ?? null,
      is_active: read.boolean(active, 'a flag') ?? true,
      expires_at: expiry,
    }),
    origin: {
      created: shownInstant(body['created_at']),
      createdBy: null,
      requestMark: typeof userAgent === 'string' && userAgent !== '' ? userAgent : null,
      modified: false,
      lastUsed: shownInstant(body['last_used']),
    },
    get object() {
      return object();
    },
    // Tokens created by Docker products are not ours. A token without this field isn't one of them:
    // docs/services/docker-hub.md, Tokens.
    ...(typeof generatedBy === 'string' && generatedBy !== 'manual' && { generated: true as const }),
    ...assumedIn(body, personalKeys),
    ...isExpired(expiry, now),
  };
}

/** Decodes an organization token. A list leaves out resources and description: docs/services/docker-hub.md, Lists. */
export function decodeOrganizationToken(body: Json | undefined, now: number): Observed {
  if (!isObject(body)) throw unexpectedShape('an organization access token');
  const { id, label, description, resources, is_active: active } = body;
  if (typeof id !== 'string' || id === '' || typeof label !== 'string')
    throw unexpectedShape('an organization access token');
  const createdBy = body['created_by'];
  const shown = read.list(resources, 'a list of resources');
  const reported = read.text(description, 'a description');
  const expiry = expiryOf(body);
  const object = lazyObject(shownObject(withoutPerson(body), organizationFields));
  return {
    id,
    name: label,
    fields: canonicalizeFields(organizationTokenRules, {
      label,
      ...(reported !== undefined && { description: reported }),
      ...(shown && { resources: shown.map(decodeResource) }),
      is_active: read.boolean(active, 'a flag') ?? true,
      expires_at: expiry,
    }),
    origin: {
      created: shownInstant(body['created_at']),
      createdBy: typeof createdBy === 'string' && createdBy !== '' ? createdBy : null,
      ...(typeof createdBy === 'string' && createdBy !== '' && { createdByName: createdBy }),
      requestMark: null,
      modified: false,
      lastUsed: shownInstant(body['last_used_at']),
    },
    get object() {
      return object();
    },
    ...(!(shown && reported !== undefined) && { partial: true as const }),
    ...assumedIn(body, keys),
    ...isExpired(expiry, now),
  };
}

/** Decodes an organization token from a complete response. A field that it leaves out is never shown by the service. */
export function decodeWholeOrganizationToken(body: Json | undefined, now: number): Observed {
  const { partial: _, ...token } = decodeOrganizationToken(body, now);
  if (!isObject(body) || body['description'] !== null) return token;
  // There is no description, or the service doesn't show it: docs/services/docker-hub.md, Change and delete.
  const assumed = [...(token.assumed ?? []), 'description'];
  return { ...token, fields: { ...token.fields, description: '' }, assumed };
}

function assumedIn(body: JsonObject, expected: FieldKeys): Pick<Observed, 'assumed'> {
  const assumed = leftOut(body, expected);
  return assumed.length === 0 ? {} : { assumed };
}

/**
 * Returns the secret of a token that was just created. Reads show an empty text or asterisks: docs/services/docker-hub.md,
 * Create.
 */
export function decodeSecret(body: Json | undefined): string | undefined {
  const token = isObject(body) ? body['token'] : undefined;
  return typeof token === 'string' && !/^\**$/.test(token) ? token : undefined;
}

/** Returns the items of a page. */
export function decodeResults(body: Json | undefined): readonly Json[] {
  if (!isObject(body)) throw unexpectedShape('a list');
  return read.list(body['results'], 'a list') ?? [];
}

function decodeResource(value: Json): ResourceScopes {
  if (!isObject(value)) throw unexpectedShape('a resource');
  const { type, path, scopes } = value;
  return {
    type: read.text(type, 'a type of resource') ?? '',
    path: read.text(path, "a resource's path") ?? '',
    scopes: read.strings(scopes, 'a list of scopes') ?? [],
  };
}

function expiryOf({ expires_at: expiry, created_at: created }: JsonObject): string {
  return shownExpiry(expiry, shownInstant(created), read);
}

/**
 * Tells whether a token has expired. Expired tokens stay in the list until they are deleted: docs/services/docker-hub.md,
 * Expiry.
 */
function isExpired(expiry: string, now: number): { expired?: true } {
  const seconds = shownInstant(expiry);
  return seconds !== null && seconds <= now ? { expired: true } : {};
}

/** Removes the personal data of the user who created a token: docs/services/docker-hub.md, Tokens. */
function withoutPerson({ creator_ip: _ip, creator_ua: _ua, ...body }: JsonObject): JsonObject {
  return body;
}

/** The fields of a personal token that reads show, without the secret. */
const personalFields: KnownFields = {
  uuid: true,
  client_id: true,
  created_at: true,
  last_used: true,
  generated_by: true,
  is_active: true,
  token_label: true,
  scopes: true,
  expires_at: true,
};

/** The fields of an organization token that reads show. */
const organizationFields: KnownFields = {
  id: true,
  label: true,
  description: true,
  resources: { type: true, path: true, scopes: true },
  expires_at: true,
  is_active: true,
  created_at: true,
  created_by: true,
  last_used_at: true,
};
