import { canonicalizeFields } from '../../core/model/field-rules.ts';
import type { Fields, Observed, Provenance, Scope } from '../../core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { isUuid } from '../../core/util/uuid.ts';
import { readExpiry, shownExpiry, shownInstant } from '../expiry.ts';
import { snakeCase } from '../provider.ts';
import { createResponseReader, type FieldKeys, leftOut } from '../response-reader.ts';
import { type KnownFields, shownObject } from '../shown.ts';
import { registryTokenRules, type TokenScope } from './fields.ts';

const read = createResponseReader('IONOS');

/** Errors for a response of unexpected shape, and for an incomplete list. */
export const { unexpectedShape, truncatedList } = read;

/** A registry as the API shows it. */
export interface Registry extends Scope {
  /** Empty while the registry is being set up: docs/services/ionos.md, Registries. */
  readonly host: string;
}

const keys: FieldKeys = {
  scopes: { key: 'scopes', nullable: true },
  expiry_date: { key: 'expiryDate', nullable: true },
  status: { key: 'status' },
};

/**
 * A token whose fields are decoded on first access. Only a few of a long list are used, and those of all of them would take
 * the memory.
 */
class IonosToken implements Observed {
  readonly id: string;
  readonly name: string;
  private readonly body: JsonObject;
  #fields: Fields | undefined;
  #origin: Provenance | undefined;

  constructor(id: string, name: string, body: JsonObject) {
    this.id = id;
    this.name = name;
    this.body = body;
  }

  get fields(): Observed['fields'] {
    this.#fields ??= decodeFields(this.name, this.body['properties'] as JsonObject, this.origin);
    return this.#fields;
  }

  get assumed(): readonly string[] {
    return leftOut(this.body['properties'] as JsonObject, keys);
  }

  get origin(): Provenance {
    this.#origin ??= decodeOrigin(this.body['metadata']);
    return this.#origin;
  }

  get object(): JsonObject {
    return snakeCase(shownObject(this.body, tokenFields));
  }
}

/** The fields of a token that reads show, without its password. */
const tokenFields: KnownFields = {
  id: true,
  type: true,
  href: true,
  metadata: {
    createdDate: true,
    createdBy: true,
    createdByUserId: true,
    lastModifiedDate: true,
    lastModifiedBy: true,
    lastModifiedByUserId: true,
    state: true,
  },
  properties: {
    name: true,
    status: true,
    expiryDate: true,
    scopes: { name: true, type: true, actions: true },
    credentials: { username: true },
  },
};

/** Decodes a token. Throws if it has no ID or name, as both are needed, or if a field is invalid. */
export function decodeToken(body: Json | undefined): Observed {
  const properties = isObject(body) ? body['properties'] : undefined;
  if (!isObject(body) || !isObject(properties)) throw unexpectedShape('a token');
  const { id } = body;
  const { name } = properties;
  if (typeof id !== 'string' || id === '' || typeof name !== 'string') throw unexpectedShape('a token');
  checkFields(properties);
  return new IonosToken(id, name, withoutPassword(body, properties));
}

/** Throws if a field has an unexpected shape. A list is checked as a whole, but only a few of its tokens are decoded. */
function checkFields({ scopes, expiryDate, status }: JsonObject): void {
  for (const scope of read.list(scopes, 'a list of scopes') ?? []) decodeScope(scope);
  readExpiry(expiryDate, read.text);
  read.text(status, 'a status');
}

function decodeFields(
  name: string,
  { scopes, expiryDate, status }: JsonObject,
  { created }: Provenance,
): Fields {
  return canonicalizeFields(registryTokenRules, {
    name,
    scopes: (read.list(scopes, 'a list of scopes') ?? []).map(decodeScope),
    expiry_date: shownExpiry(expiryDate, created, read),
    // The API sometimes leaves the status out. A token that isn't disabled works: docs/services/ionos.md, Tokens.
    status: read.text(status, 'a status') ?? 'enabled',
  });
}

/**
 * Decodes the metadata about a token's creation and last change. The API shows neither its use nor the request that created
 * it: docs/services/ionos.md, Tokens.
 */
function decodeOrigin(metadata: Json | undefined): Provenance {
  const { createdDate, createdBy, createdByUserId, lastModifiedDate } = isObject(metadata) ? metadata : {};
  const created = shownInstant(createdDate);
  const modified = shownInstant(lastModifiedDate);
  return {
    created,
    createdBy: typeof createdByUserId === 'string' && createdByUserId !== '' ? createdByUserId : null,
    ...(typeof createdBy === 'string' && createdBy !== '' && { createdByName: createdBy }),
    requestMark: null,
    // Some servers set the last change of a new token to its creation: docs/services/ionos.md, Tokens.
    modified: modified !== null && modified !== created,
    ...(modified !== null && { changedAt: modified }),
  };
}

/**
 * Returns the password and user name of a token that was just created; `undefined` if the response shows none:
 * docs/services/ionos.md, Create.
 */
export function decodeCredentials(
  body: Json | undefined,
): { username: string; password: string } | undefined {
  const properties = isObject(body) ? body['properties'] : undefined;
  const credentials = isObject(properties) ? properties['credentials'] : undefined;
  if (!isObject(properties) || !isObject(credentials)) return undefined;
  const { username, password } = credentials;
  if (typeof password !== 'string' || password === '') return undefined;
  return {
    username: read.text(username, 'a user name') || read.text(properties['name'], 'a name') || '',
    password,
  };
}

/**
 * Decodes a registry to the scope of its tokens: docs/services/ionos.md, Registries. Throws if it has no ID or name.
 */
export function decodeRegistry(body: Json | undefined): Registry {
  const properties = isObject(body) ? body['properties'] : undefined;
  if (!isObject(body) || !isObject(properties)) throw unexpectedShape('a registry');
  const { id, metadata } = body;
  const { name, hostname } = properties;
  if (typeof id !== 'string' || typeof name !== 'string') throw unexpectedShape('a registry');
  const state = isObject(metadata) ? metadata['state'] : undefined;
  return {
    // The same form as an ID in a reference: scopes are compared by it.
    id: isUuid(id) ? id.toLowerCase() : id,
    name,
    host: typeof hostname === 'string' ? hostname : '',
    ...(typeof state === 'string' &&
      state.toLowerCase() !== 'running' && { notReady: `the registry's state is ${state}` }),
  };
}

/**
 * Returns the items of a list. Null counts as empty, and so does a missing list if its total is 0: docs/services/ionos.md,
 * Lists.
 */
export function decodeItems(body: Json | undefined): readonly Json[] {
  if (!isObject(body)) throw unexpectedShape('a list');
  const isEmpty = body['items'] === null || body['total'] === 0 || body['count'] === 0;
  if (body['items'] === undefined && !isEmpty) throw unexpectedShape('a list');
  return read.list(body['items'], 'a list') ?? [];
}

/** Returns the total number of items of a list; `undefined` if the list doesn't show it. */
export function decodeTotal({ total }: JsonObject): number | undefined {
  if (total === undefined || total === null) return undefined;
  if (typeof total === 'number' && Number.isInteger(total) && total >= 0) return total;
  throw unexpectedShape('the length of a list');
}

function decodeScope(scope: Json): TokenScope {
  if (!isObject(scope)) throw unexpectedShape('a scope');
  const { type, name, actions } = scope;
  return {
    type: read.text(type, 'a type of scope') ?? '',
    name: read.text(name, "a scope's name") ?? '',
    actions: read.strings(actions, 'a list of actions') ?? [],
  };
}

function withoutPassword(body: JsonObject, properties: JsonObject): JsonObject {
  const { credentials } = properties;
  if (!isObject(credentials) || !credentials['password']) return body;
  const { password: _, ...shown } = credentials;
  return { ...body, properties: { ...properties, credentials: shown } };
}
