import { checkObject } from '../request.ts';
import { harborError } from './errors.ts';
import type { GrantableRights } from './grantable.ts';
import type { NewRobot } from './new-robot.ts';
import { isValidSecret, newRobotSecret } from './secret.ts';
import {
  type Access,
  fullName,
  type HarborProject,
  type HarborState,
  noProject,
  projectByName,
  type Robot,
  type RobotPermission,
} from './state.ts';
import type { RobotUpdate } from './store.ts';
import type { HarborFeatures } from './versions.ts';

type Body = Readonly<Record<string, unknown>>;

/** The state and settings that the bodies of requests are checked by. */
export interface Rules {
  readonly state: HarborState;
  readonly features: HarborFeatures;
  readonly grantable: GrantableRights;
  /** Lifetime in days for a duration of 0, if that is allowed. */
  readonly defaultDuration: number;
}

/** A permission as requests write it: a namespace is `/`, `*` or the name of a project. */
export interface WrittenPermission {
  readonly kind: string;
  readonly namespace: string;
  readonly access: readonly Access[];
}

/** The body of a create or an update whose form is valid. Other fields are ignored, as Harbor does. */
export interface WrittenRobot {
  readonly name: string;
  readonly level: 'system' | 'project';
  readonly description: string;
  readonly disable: boolean;
  /** Absent if the body has none. */
  readonly duration?: number;
  readonly permissions: readonly WrittenPermission[];
}

const namePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** The first duration that is too long. */
const tooLong = 2 ** 31 - 1;

/**
 * Returns the robot in the body of a create or an update. Throws a 400 if its form is invalid or a right can't be
 * granted. Doesn't check names and projects.
 */
export function checkRobot(body: unknown, rules: Rules): WrittenRobot {
  const robot = checkObject(body, 'the body');
  const duration = checkDuration(robot['duration']);
  const level = robot['level'];
  if (level !== 'system' && level !== 'project')
    throw harborError(400, `bad request error level input: ${String(level ?? '')}`);
  return {
    name: text(robot, 'name'),
    level,
    description: text(robot, 'description'),
    disable: flag(robot, 'disable'),
    ...(duration !== undefined && { duration }),
    permissions: checkPermissions(robot['permissions'], level, rules),
  };
}

/** Throws a 400 if the name in a create is not a short name: docs/services/harbor.md, Names. */
export function checkShortName(name: string): void {
  if (!namePattern.test(name))
    throw harborError(400, 'robot name is not in lower case or contains illegal characters');
}

/**
 * Returns the properties of the robot that a create asks for. Throws a 404 for an unknown project, and a 400 for a
 * duration that the release rejects.
 */
export function checkNewRobot(written: WrittenRobot, rules: Rules): NewRobot {
  const { name, description, duration = 0 } = written;
  if (duration === 0 && !rules.features.zeroIsDefault)
    throw harborError(400, 'bad request error duration input: 0');
  const project = projectOf(written, rules.state);
  return {
    name,
    project,
    description,
    duration: duration === 0 ? rules.defaultDuration : duration,
    permissions: resolvePermissions(written.permissions, rules.state),
  };
}

/**
 * Returns the update that a PUT of a whole robot asks for: docs/services/harbor.md, Changes. Throws a 400 if it has
 * another name, level or project.
 */
export function checkUpdate(written: WrittenRobot, robot: Robot, rules: Rules): RobotUpdate {
  const { state, features } = rules;
  const level = robot.projectId === noProject ? 'system' : 'project';
  if (written.level !== level || written.name !== fullName(robot, state))
    throw harborError(400, 'cannot update the level or name of robot');
  if (level === 'project' && projectOf(written, state)?.id !== robot.projectId)
    throw harborError(400, 'cannot update the project of robot');
  if (written.duration === 0 && !features.zeroIsDefault)
    throw harborError(400, 'bad request error duration input: 0');
  const { description, disable: disabled, permissions } = written;
  const unset = features.zeroIsDefault ? rules.defaultDuration : robot.duration;
  return {
    description,
    disabled,
    duration: written.duration || unset,
    permissions: resolvePermissions(permissions, state),
  };
}

/**
 * The secret that a robot gets, and whether the client has chosen it. The response shows only a secret that Harbor
 * has chosen.
 */
export interface Refresh {
  readonly secret: string;
  readonly chosen: boolean;
}

/**
 * Returns the secret that a body asks for; a new one if it has none. Throws a 400 if a chosen secret is too weak.
 */
export function checkRefresh(body: unknown): Refresh {
  const secret = text(checkObject(body, 'the body'), 'secret');
  if (secret === '') return { secret: newRobotSecret(), chosen: false };
  if (!isValidSecret(secret)) {
    throw harborError(
      400,
      'the secret must have 8 to 128 characters with at least 1 uppercase letter, 1 lowercase letter and 1 number',
    );
  }
  return { secret, chosen: true };
}

/** Returns the project that a robot is to belong to; none for a system robot. Throws a 404 if it doesn't exist. */
function projectOf({ level, permissions }: WrittenRobot, state: HarborState): HarborProject | undefined {
  if (level === 'system') return undefined;
  return existing(permissions[0]?.namespace ?? '', state);
}

function resolvePermissions(
  permissions: readonly WrittenPermission[],
  state: HarborState,
): readonly RobotPermission[] {
  const targets = new Map<RobotPermission['target'], Access[]>();
  for (const { kind, namespace, access } of permissions) {
    const target = kind === 'system' ? 'system' : namespace === '*' ? 'all' : existing(namespace, state).id;
    const held = targets.get(target) ?? [];
    targets.set(target, held);
    for (const { resource, action, effect } of access) {
      if (held.some((one) => one.resource === resource && one.action === action && one.effect === effect)) {
        continue;
      }
      held.push({ resource, action, effect });
    }
  }
  return [...targets].map(([target, access]) => ({ target, access }));
}

function existing(name: string, state: HarborState): HarborProject {
  const project = projectByName(state, name);
  if (!project) throw harborError(404, `project ${name} not found`);
  return project;
}

function checkPermissions(value: unknown, level: string, rules: Rules): readonly WrittenPermission[] {
  const list = items(value, 'permissions');
  if (list.length === 0) throw harborError(400, 'bad request empty permission');
  const permissions = list.map((item) => checkPermission(item, rules));
  const [first] = permissions;
  if (level === 'project' && (permissions.length > 1 || first?.kind !== 'project' || first.namespace === '*'))
    throw harborError(400, 'bad request permission');
  return permissions;
}

function checkPermission(value: unknown, { features, grantable }: Rules): WrittenPermission {
  // Earlier releases fail on a null entry.
  if (value === null) throw harborError(features.strictInput ? 400 : 500, 'bad request permission');
  const permission = checkObject(value, 'a permission');
  const [kind, namespace] = [text(permission, 'kind'), text(permission, 'namespace')];
  if (kind !== 'system' && kind !== 'project')
    throw harborError(400, `bad request error kind input: ${kind}`);
  if (kind === 'system' && namespace !== '/') throw harborError(400, `unknown namespace: ${namespace}`);
  const access = items(permission['access'], 'access').map((item): Access => {
    if (item === null) throw harborError(features.strictInput ? 400 : 500, 'bad request access');
    const one = checkObject(item, 'an access');
    return { resource: text(one, 'resource'), action: text(one, 'action'), effect: text(one, 'effect') };
  });
  if (access.length === 0) throw harborError(400, 'bad request empty access');
  for (const { resource, action } of access) {
    if (!grantable[kind].some((pair) => pair.resource === resource && pair.action === action))
      throw harborError(400, `bad request permission: ${resource}:${action}`);
  }
  return { kind, namespace, access };
}

function checkDuration(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw harborError(400, 'duration must be a number');
  if (value < -1 || value >= tooLong) throw harborError(400, `bad request error duration input: ${value}`);
  return value;
}

function items(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw harborError(400, `${field} must be a list`);
  return value;
}

function text(body: Body, field: string): string {
  const value = body[field] ?? '';
  if (typeof value !== 'string') throw harborError(400, `${field} must be a string`);
  return value;
}

function flag(body: Body, field: string): boolean {
  const value = body[field] ?? false;
  if (typeof value !== 'boolean') throw harborError(400, `${field} must be true or false`);
  return value;
}
