import { canonicalizeFields } from '../../../../src/core/model/field-rules.ts';
import type { Observed, Scope } from '../../../../src/core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../../../src/core/util/json.ts';
import { shownExpiry, shownInstant } from '../../../../src/providers/expiry.ts';
import { createResponseReader, type FieldKeys, leftOut } from '../../../../src/providers/response-reader.ts';
import { type KnownFields, shownObject } from '../../../../src/providers/shown.ts';
import { splitDescription } from './description-mark.ts';
import { canonicalPermissions, type Permission, rulesOf } from './fields.ts';

const read = createResponseReader('Stand-in');

/** Errors for a response of unexpected shape, and for an incomplete list. */
export const { unexpectedShape, truncatedList } = read;

const rules = rulesOf({});

const keys: FieldKeys = {
  permissions: { key: 'permissions', nullable: true },
  expires_at: { key: 'expires_at', nullable: true },
  description: { key: 'description' },
  disabled: { key: 'disabled' },
};

const known: KnownFields = {
  id: true,
  name: true,
  login: true,
  description: true,
  days: true,
  expires_at: true,
  expired: true,
  disabled: true,
  permissions: { scope: true, resource: true, action: true },
  created_at: true,
  updated_at: true,
  creator: true,
};

/** Decodes a token. Throws if it has no number or name. */
export function decodeToken(body: Json | undefined): Observed {
  if (!isObject(body)) throw unexpectedShape('a token');
  const { id, name } = body;
  if (!Number.isSafeInteger(id) || typeof name !== 'string') throw unexpectedShape('a token');
  const created = shownInstant(body['created_at']);
  const changed = shownInstant(body['updated_at']);
  const { text, mark } = splitDescription(read.text(body['description'], 'a description') ?? '');
  const permissions = canonicalPermissions(
    (read.list(body['permissions'], 'permissions') ?? []).map(decodePermission),
  );
  return {
    id: String(id),
    name,
    fields: canonicalizeFields(rules, {
      name,
      description: text,
      permissions,
      expires_at: shownExpiry(body['expires_at'], created, read),
      disabled: read.boolean(body['disabled'], 'a boolean') ?? false,
    }),
    origin: {
      created,
      createdBy: read.text(body['creator'], 'a user') ?? null,
      requestMark: mark,
      modified: changed !== null,
      ...(changed !== null && { changedAt: changed }),
    },
    ...(typeof body['login'] === 'string' && { loginName: body['login'] }),
    ...(body['expired'] === true && { expired: true }),
    assumed: leftOut(body, keys).filter((field) => field !== 'permissions'),
    // The service lists permissions in any order, even those of one token.
    object: shownObject({ ...body, permissions }, known),
  };
}

/** Returns the secret in the response to a create; `undefined` if there is none. */
export function decodeSecret(body: Json | undefined): string | undefined {
  const secret = isObject(body) ? body['secret'] : undefined;
  return typeof secret === 'string' && secret !== '' ? secret : undefined;
}

/** Decodes a project as a scope. */
export function decodeProject(body: Json): Scope {
  const { id, name }: JsonObject = isObject(body) ? body : {};
  if (!Number.isSafeInteger(id) || typeof name !== 'string') throw unexpectedShape('a project');
  return { id: `projects/${String(id)}`, name: `project/${name}` };
}

function decodePermission(body: Json): Permission {
  const { scope, resource, action }: JsonObject = isObject(body) ? body : {};
  if (typeof scope !== 'string' || typeof resource !== 'string' || typeof action !== 'string') {
    throw unexpectedShape('a permission');
  }
  return { scope, resource, action };
}
