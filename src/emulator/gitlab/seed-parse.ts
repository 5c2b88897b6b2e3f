import type { SeedInstant } from '../seed-instant.ts';
import {
  readBoolean,
  readDate,
  readDuration,
  readEach,
  readEnum,
  readMapping,
  readObject,
  readPositive,
  readString,
  type SeedReader,
} from '../seed-values.ts';
import type { GitlabSeed, SeedGitlabUser, SeedResource } from './seed.ts';
import type { SeedAccessToken, SeedDeployToken, SeedGitlabToken } from './seed-token.ts';
import { accessLevels, type GitlabRole } from './state.ts';
import { gitlabVersions } from './versions.ts';

type Mapping = Readonly<Record<string, unknown>>;

const tokenKeys = ['name', 'id', 'scopes', 'expires_at', 'expires_in', 'revoked', 'token'];
const accessTokenKeys = [
  ...['description', 'access_level', 'user_id', 'revoked_at', 'revoked_ago'],
  ...['created_at', 'created_ago', 'last_used_at', 'last_used_ago'],
];
const groupKeys = ['path', 'id', 'public', 'deploy_tokens', 'access_tokens'];
const roles = Object.keys(accessLevels) as GitlabRole[];

/** Reads the part `gitlab` of a seed. Its `version` is returned as a quirk. */
export function parseGitlab(
  value: unknown,
  path: string,
): Required<Pick<GitlabSeed, 'users' | 'groups' | 'projects' | 'quirks'>> {
  const gitlab = readObject(['version', 'users', 'groups', 'projects'], value, path);
  return {
    quirks: optional(gitlab, 'version', path, (version, at) => ({
      version: readEnum(version, gitlabVersions, at),
    })),
    users: readEach(gitlab['users'], `${path}.users`, parseUser),
    groups: readEach(gitlab['groups'], `${path}.groups`, parseGroup),
    projects: readEach(gitlab['projects'], `${path}.projects`, parseProject),
  };
}

/** Reads a deploy token in the names of the API; `expires_in` is relative to the start, `token` is its secret. */
export function parseDeployToken(value: unknown, path: string): SeedDeployToken {
  const token = readObject([...tokenKeys, 'username'], value, path);
  return {
    ...parseToken(token, path),
    ...optional(token, 'username', path, (name, at) => ({ username: readString(name, at) })),
  };
}

/**
 * Reads an access token in the names of the API; `access_level` is the name of a role, and `KEY_ago` a time before
 * the start.
 */
export function parseAccessToken(value: unknown, path: string): SeedAccessToken {
  const token = readObject([...tokenKeys, ...accessTokenKeys], value, path);
  return {
    ...parseToken(token, path),
    ...optional(token, 'description', path, (text, at) => ({ description: readString(text, at) })),
    ...optional(token, 'access_level', path, (role, at) => ({
      accessLevel: accessLevels[readEnum(role, roles, at)],
    })),
    ...optional(token, 'user_id', path, (id, at) => ({ userId: readPositive(id, at) })),
    ...past(token, 'created', path, (created) => ({ created })),
    ...past(token, 'last_used', path, (lastUsed) => ({ lastUsed })),
    ...past(token, 'revoked', path, (revokedAt) => ({ revokedAt })),
  };
}

function parseUser(value: unknown, path: string): SeedGitlabUser {
  const user = readObject(['name', 'admin', 'roles', 'tokens'], value, path);
  return {
    name: readString(user['name'], `${path}.name`),
    ...optional(user, 'admin', path, (admin, at) => ({ admin: readBoolean(admin, at) })),
    ...optional(user, 'roles', path, (given, at) => ({
      roles: Object.fromEntries(
        Object.entries(readMapping(given, at)).map(([key, role]) => [
          key,
          readEnum(role, roles, `${at}.${key}`),
        ]),
      ),
    })),
    ...optional(user, 'tokens', path, (tokens, at) => ({ tokens: readEach(tokens, at, parsePersonalToken) })),
  };
}

function parsePersonalToken(value: unknown, path: string): SeedGitlabToken {
  return parseToken(readObject(tokenKeys, value, path), path);
}

function parseGroup(value: unknown, path: string): SeedResource {
  return parseResource(readObject(groupKeys, value, path), path);
}

function parseProject(value: unknown, path: string): SeedResource {
  const project = readObject([...groupKeys, 'registry', 'former_paths'], value, path);
  return {
    ...parseResource(project, path),
    ...optional(project, 'registry', path, (registry, at) => ({ registry: readBoolean(registry, at) })),
    formerPaths: readEach(project['former_paths'], `${path}.former_paths`, readString),
  };
}

function parseResource(resource: Mapping, path: string): SeedResource {
  return {
    path: readString(resource['path'], `${path}.path`),
    ...optional(resource, 'id', path, (id, at) => ({ id: readPositive(id, at) })),
    ...optional(resource, 'public', path, (flag, at) => ({ public: readBoolean(flag, at) })),
    deployTokens: readEach(resource['deploy_tokens'], `${path}.deploy_tokens`, parseDeployToken),
    accessTokens: readEach(resource['access_tokens'], `${path}.access_tokens`, parseAccessToken),
  };
}

function parseToken(token: Mapping, path: string): SeedGitlabToken {
  return {
    name: readString(token['name'], `${path}.name`),
    ...optional(token, 'id', path, (id, at) => ({ id: readPositive(id, at) })),
    ...optional(token, 'scopes', path, (scopes, at) => ({ scopes: readEach(scopes, at, readString) })),
    ...optional(token, 'expires_at', path, (date, at) => ({ expires: readInstant(date, at) })),
    ...optional(token, 'expires_in', path, (span, at) => ({ expires: { in: readDuration(span, at) } })),
    ...optional(token, 'revoked', path, (revoked, at) => ({ revoked: readBoolean(revoked, at) })),
    ...optional(token, 'token', path, (secret, at) => ({ secret: readString(secret, at) })),
  };
}

/** Reads a key if it is given; its value may be null. */
function optional<Part extends object>(
  mapping: Mapping,
  key: string,
  path: string,
  read: SeedReader<Part>,
): Partial<Part> {
  return mapping[key] === undefined ? {} : read(mapping[key], `${path}.${key}`);
}

/** Reads an instant that is given as `KEY_at` or `KEY_ago`. */
function past<Part extends object>(
  mapping: Mapping,
  key: string,
  path: string,
  make: (instant: SeedInstant) => Part,
): Partial<Part> {
  const ago = mapping[`${key}_ago`];
  if (ago !== undefined) return make({ in: -readDuration(ago, `${path}.${key}_ago`) });
  const written = readInstant(mapping[`${key}_at`], `${path}.${key}_at`);
  return written ? make(written) : {};
}

function readInstant(value: unknown, path: string): SeedInstant | null {
  const written = readDate(value, path);
  return written === null ? null : { at: Date.parse(written) };
}
