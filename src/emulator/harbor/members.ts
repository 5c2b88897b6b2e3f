import type { HarborCaller } from './callers.ts';
import { robotCan } from './rights.ts';
import type { HarborProject, HarborRole } from './state.ts';

const roleIds: Readonly<Record<HarborRole, number>> = {
  project_admin: 1,
  developer: 2,
  guest: 3,
  maintainer: 4,
};

/** Tells whether a list of projects shows a project to a caller: it is public, or the caller has any right to it. */
export function mayList(caller: HarborCaller, project: HarborProject): boolean {
  if (project.public) return true;
  if (caller.type === 'person') return caller.person.admin || project.name in caller.person.roles;
  if (caller.type === 'anonymous') return false;
  return caller.robot.permissions.some(({ target }) => target === 'all' || target === project.id);
}

/** Tells whether a caller may read a project by its name or ID. A robot needs the right for that. */
export function mayRead(caller: HarborCaller, project: HarborProject): boolean {
  if (caller.type !== 'robot') return mayList(caller, project);
  return project.public || robotCan(caller.robot, 'project', 'read', project.id);
}

/**
 * Returns the number of a caller's role in a project, as responses show it; 0 for none, and for robots.
 * Administrators of the system count as those of each project.
 */
export function roleId(caller: HarborCaller, project: HarborProject): number {
  if (caller.type !== 'person') return 0;
  const role = caller.person.roles[project.name];
  if (role === undefined) return caller.person.admin ? roleIds.project_admin : 0;
  return roleIds[role];
}

/**
 * Returns the actions that a caller has on the images of a project (`pull`, `push`, `delete`); with `*` if it has
 * all.
 */
export function projectImageActions(caller: HarborCaller, project: HarborProject): readonly string[] {
  const actions = ['pull', 'push', 'delete'].filter((action) => {
    if (project.public && action === 'pull') return true;
    if (caller.type === 'anonymous') return false;
    if (caller.type === 'robot') return robotCan(caller.robot, 'repository', action, project.id);
    if (caller.person.admin) return true;
    return rights[caller.person.roles[project.name] ?? 'none'].includes(action);
  });
  return actions.length === 3 ? [...actions, '*'] : actions;
}

const rights: Readonly<Record<HarborRole | 'none', readonly string[]>> = {
  project_admin: ['pull', 'push', 'delete'],
  maintainer: ['pull', 'push', 'delete'],
  developer: ['pull', 'push'],
  guest: ['pull'],
  none: [],
};

/** Tells whether a caller is a system administrator. */
export function isAdmin(caller: HarborCaller): boolean {
  return caller.type === 'person' && caller.person.admin;
}

/** Tells whether a caller administers the system or at least one project. */
export function administersAny(caller: HarborCaller): boolean {
  if (caller.type !== 'person') return false;
  return caller.person.admin || Object.values(caller.person.roles).includes('project_admin');
}
