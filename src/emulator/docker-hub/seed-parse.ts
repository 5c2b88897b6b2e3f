import { defaultUser } from '../callers.ts';
import type { SeedInstant } from '../seed-instant.ts';
import {
  readBoolean,
  readDate,
  readDuration,
  readEach,
  readObject,
  readPositive,
  readString,
  type SeedReader,
} from '../seed-values.ts';
import { plainOrganizations, plainUsers, type SeedHubUser, type SeedOrganization } from './seed.ts';
import type { SeedOrgToken, SeedPersonalToken } from './seed-tokens.ts';
import type { OrgResource } from './state.ts';

type Entry = Readonly<Record<string, unknown>>;

const dateKeys = ['expires_at', 'expires_in', 'created_at', 'created_ago'];
const personalKeys = [
  ...['uuid', 'token_label', 'scopes', 'is_active', 'generated_by', 'creator_ua', 'secret'],
  ...['last_used', 'last_used_ago', ...dateKeys],
];
const orgKeys = [
  ...['id', 'label', 'description', 'resources', 'is_active', 'created_by', 'secret'],
  ...['last_used_at', 'last_used_ago', ...dateKeys],
];

/** Reads the part `docker_hub` of a seed. A built-in user or organization is extended by its name. */
export function parseHub(
  value: unknown,
  path: string,
): { readonly users: readonly SeedHubUser[]; readonly organizations: readonly SeedOrganization[] } {
  const hub = readObject(['users', 'organizations'], value, path);
  return {
    users: readEach(hub['users'], `${path}.users`, parseUser),
    organizations: readEach(hub['organizations'], `${path}.organizations`, parseOrganization),
  };
}

/**
 * Reads a personal token in the names of the API; dates absolute (`expires_at`) or relative (`expires_in`,
 * `created_ago`).
 */
export function parsePersonalToken(value: unknown, path: string): SeedPersonalToken {
  const token = readObject(personalKeys, value, path);
  const generatedBy = token['generated_by'];
  return {
    ...common(token, path, { id: 'uuid', label: 'token_label', lastUsed: 'last_used' }),
    ...given(token, 'scopes', path, (scopes, at) => ({ scopes: readEach(scopes, at, readString) })),
    ...given(token, 'generated_by', path, (_, at) => ({
      generatedBy: generatedBy === null ? null : readString(generatedBy, at),
    })),
    ...given(token, 'creator_ua', path, (agent, at) => ({ creatorUa: readString(agent, at) })),
  };
}

/**
 * Reads an organization's token in the names of the API; dates as in `parsePersonalToken`. By default the default
 * user created it.
 */
export function parseOrgToken(value: unknown, path: string): SeedOrgToken {
  const token = readObject(orgKeys, value, path);
  return {
    ...common(token, path, { id: 'id', label: 'label', lastUsed: 'last_used_at' }),
    ...given(token, 'description', path, (description, at) => ({ description: readString(description, at) })),
    resources: readEach(token['resources'], `${path}.resources`, parseResource),
    createdBy: readString(token['created_by'] ?? defaultUser, `${path}.created_by`),
  };
}

function parseUser(value: unknown, path: string): SeedHubUser {
  const user = readObject(['name', 'password', 'totp', 'sso', 'tokens'], value, path);
  const name = readString(user['name'], `${path}.name`);
  const plain = plainUsers.find((one) => one.name === name);
  const totp = user['totp'] ?? plain?.totp ?? null;
  return {
    name,
    password: readString(user['password'] ?? plain?.password ?? name, `${path}.password`),
    totp: totp === null ? null : readString(totp, `${path}.totp`),
    sso: readBoolean(user['sso'] ?? plain?.sso ?? false, `${path}.sso`),
    tokens: readEach(user['tokens'], `${path}.tokens`, parsePersonalToken),
  };
}

function parseOrganization(value: unknown, path: string): SeedOrganization {
  const organization = readObject(['name', 'owners', 'limit', 'repositories', 'tokens'], value, path);
  const name = readString(organization['name'], `${path}.name`);
  const plain = plainOrganizations.find((one) => one.name === name);
  const repositories = organization['repositories'] ?? null;
  return {
    name,
    owners: readEach(organization['owners'] ?? plain?.owners ?? [defaultUser], `${path}.owners`, readString),
    limit: readPositive(organization['limit'] ?? 10, `${path}.limit`),
    repositories: repositories === null ? null : readEach(repositories, `${path}.repositories`, readString),
    tokens: readEach(organization['tokens'], `${path}.tokens`, parseOrgToken),
  };
}

function parseResource(value: unknown, path: string): OrgResource {
  const resource = readObject(['type', 'path', 'scopes'], value, path);
  return {
    type: readString(resource['type'] ?? 'TYPE_REPO', `${path}.type`),
    path: readString(resource['path'], `${path}.path`),
    scopes: readEach(resource['scopes'], `${path}.scopes`, readString),
  };
}

/** Returns the fields of both kinds of tokens, though not always under the same key. */
function common(
  token: Entry,
  path: string,
  keys: { readonly id: string; readonly label: string; readonly lastUsed: string },
) {
  const expiry = instant(token, path, 'expires_at', 'expires_in');
  const created = instant(token, path, 'created_at', 'created_ago');
  const lastUsed = instant(token, path, keys.lastUsed, 'last_used_ago');
  return {
    label: readString(token[keys.label], `${path}.${keys.label}`),
    ...given(token, keys.id, path, (id, at) => ({ id: readString(id, at).toLowerCase() })),
    ...given(token, 'is_active', path, (active, at) => ({ active: readBoolean(active, at) })),
    ...given(token, 'secret', path, (secret, at) => ({ secret: readString(secret, at) })),
    ...(expiry && { expiry }),
    ...(created && { created }),
    ...(lastUsed && { lastUsed }),
  };
}

/** Reads the value of a key, if there is one. */
function given<Value extends object>(token: Entry, key: string, path: string, read: SeedReader<Value>) {
  return token[key] === undefined ? {} : read(token[key], `${path}.${key}`);
}

/** Reads an instant, written as a date under one key or as a span from the start under another. */
function instant(token: Entry, path: string, at: string, relative: string): SeedInstant | undefined {
  if (token[relative] !== undefined) {
    const milliseconds = readDuration(token[relative], `${path}.${relative}`);
    return { in: relative.endsWith('_ago') ? -milliseconds : milliseconds };
  }
  const written = readDate(token[at], `${path}.${at}`);
  return written === null ? undefined : { at: Date.parse(written) };
}
