import { type HarborCaller, loginOf } from './callers.ts';
import type { HarborRouteContext } from './context.ts';
import { denied, harborError } from './errors.ts';
import {
  type Access,
  type HarborProject,
  noProject,
  type PermissionTarget,
  type Robot,
  type RobotPermission,
} from './state.ts';
import type { HarborFeatures } from './versions.ts';

/** An action on robots that a right can allow. */
export type HarborAction = 'create' | 'read' | 'list' | 'update' | 'delete';

/**
 * Tells whether a robot has a right to a project, or to the system (`noProject`). The right to push to a project
 * includes that to pull for its own robots.
 */
export function robotCan(
  { permissions, projectId: own }: Robot,
  resource: string,
  action: string,
  projectId: number,
): boolean {
  const held = ({ access }: RobotPermission): boolean =>
    access.some(
      (one) =>
        one.resource === resource &&
        (one.effect === '' || one.effect === 'allow') &&
        (one.action === action ||
          // Only the rules of project robots add the right to pull.
          (own !== noProject && resource === 'repository' && action === 'pull' && one.action === 'push')),
    );
  return permissions.some((permission) => reaches(permission.target, projectId) && held(permission));
}

function reaches(target: PermissionTarget, projectId: number): boolean {
  return projectId === noProject ? target === 'system' : target === projectId || target === 'all';
}

/** Throws a 401 if the caller is anonymous. */
export function requireLogin(caller: HarborCaller): void {
  if (caller.type === 'anonymous') throw harborError(401, 'unauthorized');
}

/** Throws a 401 or 403 unless the caller may do this with the robots of the system (`noProject`) or of a project. */
export function requireRobotAccess(
  caller: HarborCaller,
  action: HarborAction,
  projectId: number,
  { state, features }: Pick<HarborRouteContext, 'state' | 'features'>,
): void {
  requireLogin(caller);
  if (mayManage(caller, action, projectId, state.projects.get(projectId), features)) return;
  throw harborError(403, projectId === noProject ? loginOf(caller) : 'forbidden');
}

function mayManage(
  caller: HarborCaller,
  action: HarborAction,
  projectId: number,
  project: HarborProject | undefined,
  { robotRights }: HarborFeatures,
): boolean {
  if (caller.type === 'anonymous') return false;
  if (caller.type === 'robot') {
    // No release lets a robot update one: the right can't be granted.
    return robotRights && action !== 'update' && robotCan(caller.robot, 'robot', action, projectId);
  }
  if (caller.person.admin) return true;
  const role = project && caller.person.roles[project.name];
  return role === 'project_admin' || (role !== undefined && (action === 'read' || action === 'list'));
}

/** Throws a 403 if a robot creates another one with rights that it doesn't have: docs/services/harbor.md, Robots. */
export function requireOwnRights(
  caller: HarborCaller,
  permissions: readonly RobotPermission[],
  project: HarborProject | undefined,
  features: HarborFeatures,
): void {
  if (caller.type !== 'robot') return;
  const { robot } = caller;
  const misjudged = features.projectRobotsDenied && robot.projectId === noProject && project !== undefined;
  if (misjudged || !permissions.every((permission) => isCovered(permission, robot, features))) {
    throw denied('permission scope is invalid. It must be equal to or more restrictive than the creator');
  }
}

function isCovered(
  { target, access }: RobotPermission,
  creator: Robot,
  { wildcardCovers }: HarborFeatures,
): boolean {
  const covering = creator.permissions.filter(
    (held) => held.target === target || (wildcardCovers && held.target === 'all' && target !== 'system'),
  );
  return access.every((one) => covering.some((held) => held.access.some((other) => isSame(one, other))));
}

function isSame(one: Access, other: Access): boolean {
  return one.resource === other.resource && one.action === other.action && one.effect === other.effect;
}
