import type { Context } from 'hono';
import { isResourceVisible } from './access.ts';
import type { GitlabCaller } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import { gitlabError, moved } from './errors.ts';
import { type GitlabResource, type ResourceKind, resourceByPath, resourcesOf } from './state.ts';

const titles = { project: 'Project', group: 'Group' } as const;

/** Returns whether a path is about a project or a group. */
export function resourceKindIn(context: Context): ResourceKind {
  return context.req.param('kind') === 'groups' ? 'group' : 'project';
}

/**
 * Returns the project or group of a path, by its number or its full path. Throws a 404 if the caller can't see it, and
 * a redirect if it is a project with another path by now.
 */
export function resourceIn(
  context: Context,
  kind: ResourceKind,
  caller: GitlabCaller,
  { state, features }: Pick<GitlabRouteContext, 'state' | 'features'>,
): GitlabResource {
  const given = context.req.param('id') ?? '';
  const visible = (resource: GitlabResource | undefined): resource is GitlabResource =>
    resource !== undefined && isResourceVisible(caller, resource, state);

  const resources = resourcesOf(state, kind);
  const found = /^\d+$/.test(given)
    ? resources.find(({ id }) => id === Number(given))
    : resourceByPath(state, kind, given);
  if (visible(found)) return found;
  const former = resources.find(({ formerPaths }) => formerPaths.includes(given));
  if (!features.movedProjects || !visible(former)) throw gitlabError(404, `404 ${titles[kind]} Not Found`);
  if (context.req.method !== 'GET')
    throw gitlabError(405, 'Non GET methods are not allowed for moved projects');
  const url = new URL(context.req.url);
  const rest = url.pathname.split('/').slice(5);
  throw moved(`${url.origin}/api/v4/projects/${[former.id, ...rest].join('/')}${url.search}`);
}
