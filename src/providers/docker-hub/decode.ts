import { ReconcileError } from '../../core/errors.ts';
import { canonicalFields, initialFields } from '../../core/fields.ts';
import { parseInstant } from '../../core/instant.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Observed } from '../../core/model.ts';
import { organizationTokenRules, personalTokenRules, type Resource } from './fields.ts';

/** A personal token from an answer (facts §2.3). `now` is in seconds since 1970. */
export function decodePersonalToken(body: Json | undefined, now: number): Observed {
  if (!isObject(body)) throw misshapen('a personal access token');
  const { uuid, token_label: label, scopes, is_active: active, generated_by: generatedBy } = body;
  if (typeof uuid !== 'string' || uuid === '' || typeof label !== 'string')
    throw misshapen('a personal access token');
  const userAgent = body['creator_ua'];
  return {
    id: uuid,
    name: label,
    fields: canonicalFields(personalTokenRules, {
      token_label: label,
      scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : null,
      is_active: active !== false,
      expires_at: expiryOf(body),
    }),
    origin: {
      created: instantOf(body['created_at']),
      createdBy: null,
      userAgent: typeof userAgent === 'string' && userAgent !== '' ? userAgent : null,
      modified: false,
      lastUsed: instantOf(body['last_used']),
    },
    object: shownObject(body),
    // What Docker makes by itself is none of ours; whoever doesn't say is not counted to it.
    ...(typeof generatedBy === 'string' && generatedBy !== 'manual' && { generated: true as const }),
    ...isExpired(body, now),
  };
}

/** An organization token from an answer (facts §3.2); one of a list lacks resources and description. */
export function decodeOrganizationToken(body: Json | undefined, now: number): Observed {
  if (!isObject(body)) throw misshapen('an organization access token');
  const { id, label, description, resources, is_active: active } = body;
  if (typeof id !== 'string' || id === '' || typeof label !== 'string')
    throw misshapen('an organization access token');
  const createdBy = body['created_by'];
  return {
    id,
    name: label,
    fields: canonicalFields(organizationTokenRules, {
      label,
      ...(typeof description === 'string' && { description }),
      ...(Array.isArray(resources) && { resources: resources.map(decodeResource) }),
      is_active: active !== false,
      expires_at: expiryOf(body),
    }),
    origin: {
      created: instantOf(body['created_at']),
      createdBy: typeof createdBy === 'string' && createdBy !== '' ? createdBy : null,
      userAgent: null,
      modified: false,
      lastUsed: instantOf(body['last_used_at']),
    },
    object: shownObject(body),
    ...(!(Array.isArray(resources) && typeof description === 'string') && { partial: true as const }),
    ...isExpired(body, now),
  };
}

/** The same from an answer that shows all there is: what isn't there is none. */
export function decodeWholeOrganizationToken(body: Json | undefined, now: number): Observed {
  const { partial: _, fields, ...token } = decodeOrganizationToken(body, now);
  return { ...token, fields: { ...initialFields(organizationTokenRules), resources: [], ...fields } };
}

/** The secret of a token that was just made: reads show an empty text or asterisks in its place (facts §2.3). */
export function decodeSecret(body: Json | undefined): string | undefined {
  const token = isObject(body) ? body['token'] : undefined;
  return typeof token === 'string' && !/^\**$/.test(token) ? token : undefined;
}

/** The items of a page. */
export function decodeResults(body: Json | undefined): readonly Json[] {
  if (!isObject(body)) throw misshapen('a list');
  const { results } = body;
  if (results === undefined || results === null) return [];
  if (!Array.isArray(results)) throw misshapen('a list');
  return results;
}

/** An answer of a shape that this API doesn't have. */
export function misshapen(what: string): ReconcileError {
  return new ReconcileError({
    code: 'API_UNAVAILABLE',
    message: `Docker Hub answered with something that is not ${what}`,
    hint: 'check the API URL, and any proxy in between',
  });
}

function decodeResource(value: Json): Resource {
  const { type, path, scopes } = isObject(value) ? value : {};
  return {
    type: typeof type === 'string' ? type : '',
    path: typeof path === 'string' ? path : '',
    scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
  };
}

function expiryOf({ expires_at: expiry }: JsonObject): string {
  return typeof expiry === 'string' && expiry !== '' ? expiry : 'never';
}

/** Expired tokens stay in the list until somebody deletes them (facts §2.6). */
function isExpired({ expires_at: expiry }: JsonObject, now: number): { expired?: true } {
  const seconds = instantOf(expiry);
  return seconds !== null && seconds <= now ? { expired: true } : {};
}

function instantOf(value: Json | undefined): number | null {
  return typeof value === 'string' ? (parseInstant(value, 'utc') ?? null) : null;
}

/** Without the secret, and without what tells of the person who made the token (facts §2.3). */
function shownObject({ token: _, creator_ip: _ip, creator_ua: _ua, ...shown }: JsonObject): JsonObject {
  return shown;
}
