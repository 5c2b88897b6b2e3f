import type { SeedInstant } from '../seed-instant.ts';
import {
  readBoolean,
  readDate,
  readDuration,
  readEach,
  readEnum,
  readInteger,
  readMapping,
  readObject,
  readPositive,
  readString,
} from '../seed-values.ts';
import type { HarborQuirks } from './quirks.ts';
import { type HarborSeed, plainPeople, type SeedPerson, type SeedProject } from './seed.ts';
import type { SeedRobot } from './seed-robot.ts';
import { type Access, type Creator, roles } from './state.ts';
import type { WrittenPermission } from './validate.ts';
import { harborVersions } from './versions.ts';

const robotKeys = [
  ...['name', 'id', 'description', 'duration', 'disable', 'permissions', 'access', 'editable', 'secret'],
  ...['created_at', 'created_ago', 'creator'],
];

/** Reads the part `harbor` of a seed. Its `version` and `prefix` are returned as quirks. */
export function parseHarbor(
  value: unknown,
  path: string,
): Required<Pick<HarborSeed, 'users' | 'projects' | 'robots' | 'quirks'>> {
  const harbor = readObject(['version', 'prefix', 'users', 'projects', 'robots'], value, path);
  const quirks: Partial<HarborQuirks> = {
    ...(harbor['version'] !== undefined && {
      version: readEnum(harbor['version'], harborVersions, `${path}.version`),
    }),
    ...(harbor['prefix'] !== undefined && { prefix: readString(harbor['prefix'], `${path}.prefix`) }),
  };
  return {
    quirks,
    users: readEach(harbor['users'], `${path}.users`, parsePerson),
    projects: readEach(harbor['projects'], `${path}.projects`, parseProject),
    robots: readEach(harbor['robots'], `${path}.robots`, (robot, at) => parseRobot(robot, at)),
  };
}

/**
 * Reads a robot. `access` is a short form for the only permission of a project's robot, and an access may be
 * `resource:action`.
 *
 * @param project the name of the robot's project; absent for a robot of the system
 */
export function parseRobot(value: unknown, path: string, project?: string): SeedRobot {
  const robot = readObject(robotKeys, value, path);
  const given = <Value extends object>(key: string, read: (value: unknown, at: string) => Value) =>
    robot[key] === undefined ? {} : read(robot[key], `${path}.${key}`);
  const created = instant(robot, path);
  const parsed = {
    name: readString(robot['name'], `${path}.name`),
    ...given('id', (id, at) => ({ id: readPositive(id, at) })),
    ...given('description', (description, at) => ({ description: readString(description, at) })),
    ...given('duration', (duration, at) => ({ duration: duration === -1 ? -1 : readPositive(duration, at) })),
    ...given('disable', (disabled, at) => ({ disabled: readBoolean(disabled, at) })),
    ...given('permissions', (permissions, at) => ({
      permissions: readEach(permissions, at, parsePermission),
    })),
    ...given('editable', (editable, at) => ({ editable: readBoolean(editable, at) })),
    ...given('secret', (secret, at) => ({ secret: readString(secret, at) })),
    ...given('creator', (creator, at) => ({ creator: parseCreator(creator, at) })),
    ...(created && { created }),
  };
  if (robot['access'] === undefined) return parsed;
  if (project === undefined) throw new Error(`${path}.access: only the robots of a project have it`);
  const access = readEach(robot['access'], `${path}.access`, parseAccess);
  return { ...parsed, permissions: [{ kind: 'project', namespace: project, access }] };
}

function parsePerson(value: unknown, path: string): SeedPerson {
  const person = readObject(['name', 'password', 'admin', 'roles'], value, path);
  const name = readString(person['name'], `${path}.name`);
  const plain = plainPeople.find((one) => one.name === name);
  const given = Object.entries(readMapping(person['roles'] ?? {}, `${path}.roles`));
  return {
    name,
    password: readString(person['password'] ?? name, `${path}.password`),
    admin: readBoolean(person['admin'] ?? plain?.admin ?? false, `${path}.admin`),
    roles: Object.fromEntries(
      given.map(([project, role]) => [project, readEnum(role, roles, `${path}.roles.${project}`)]),
    ),
  };
}

function parseProject(value: unknown, path: string): SeedProject {
  const project = readObject(['id', 'name', 'public', 'robots'], value, path);
  const name = readString(project['name'], `${path}.name`);
  return {
    ...(project['id'] !== undefined && { id: readPositive(project['id'], `${path}.id`) }),
    name,
    public: readBoolean(project['public'] ?? false, `${path}.public`),
    robots: readEach(project['robots'], `${path}.robots`, (robot, at) => parseRobot(robot, at, name)),
  };
}

function parsePermission(value: unknown, path: string): WrittenPermission {
  const permission = readObject(['kind', 'namespace', 'access'], value, path);
  const namespace = readString(permission['namespace'], `${path}.namespace`);
  const kind = permission['kind'] ?? (namespace === '/' ? 'system' : 'project');
  return {
    kind: readEnum(kind, ['system', 'project'], `${path}.kind`),
    namespace,
    access: readEach(permission['access'], `${path}.access`, parseAccess),
  };
}

/** Reads an access, which may be written as `resource:action`. */
function parseAccess(value: unknown, path: string): Access {
  if (typeof value === 'string') {
    const [, resource, action] = /^([^:]+):([^:]+)$/.exec(value) ?? [];
    if (resource === undefined || action === undefined) throw new Error(`${path}: expected resource:action`);
    return { resource, action, effect: '' };
  }
  const access = readObject(['resource', 'action', 'effect'], value, path);
  return {
    resource: readString(access['resource'], `${path}.resource`),
    action: readString(access['action'], `${path}.action`),
    effect: access['effect'] === undefined ? '' : readString(access['effect'], `${path}.effect`),
  };
}

/** Reads a creator; null for one that isn't recorded. */
function parseCreator(value: unknown, path: string): Creator {
  if (value === null) return { type: '', id: 0 };
  const creator = readObject(['type', 'id'], value, path);
  return {
    type: readEnum(creator['type'] ?? 'local', ['local', 'robot'], `${path}.type`),
    id: readInteger(creator['id'], `${path}.id`),
  };
}

function instant(robot: Readonly<Record<string, unknown>>, path: string): SeedInstant | undefined {
  if (robot['created_ago'] !== undefined) {
    return { in: -readDuration(robot['created_ago'], `${path}.created_ago`) };
  }
  const written = readDate(robot['created_at'], `${path}.created_at`);
  return written === null ? undefined : { at: Date.parse(written) };
}
