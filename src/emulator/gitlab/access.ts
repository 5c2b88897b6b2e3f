import type { GitlabCaller } from './callers.ts';
import { accessLevels, type GitlabResource, type GitlabState, isInGroup, resourcesOf } from './state.ts';

/** Returns the access level of a caller in a project or a group, the highest of all inherited ones; 0 for none. */
export function levelIn(caller: GitlabCaller, resource: GitlabResource): number {
  if (caller.type === 'bot') {
    const { resource: own, accessLevel } = caller.token;
    const reached = own.kind === 'group' && isInGroup(resource.path, own.path);
    return own === resource || reached ? accessLevel : 0;
  }
  if (caller.user.admin) return accessLevels.owner;
  const levels = Object.entries(caller.user.roles)
    .filter(([path]) => path === '*' || isInGroup(resource.path, path))
    .map(([, role]) => accessLevels[role]);
  return Math.max(0, ...levels);
}

/** Tells whether a caller can see a project or a group. A member of a project also sees the groups above it. */
export function isResourceVisible(
  caller: GitlabCaller,
  resource: GitlabResource,
  state: GitlabState,
): boolean {
  if (resource.public || levelIn(caller, resource) > 0) return true;
  if (resource.kind === 'project') return false;
  return [...resourcesOf(state, 'project'), ...resourcesOf(state, 'group')].some(
    (other) => isInGroup(other.path, resource.path) && levelIn(caller, other) > 0,
  );
}

/** Tells whether a caller has at least this role in a project or a group, its own or an inherited one. */
export function hasRole(
  caller: GitlabCaller,
  resource: GitlabResource,
  role: keyof typeof accessLevels,
): boolean {
  return levelIn(caller, resource) >= accessLevels[role];
}
