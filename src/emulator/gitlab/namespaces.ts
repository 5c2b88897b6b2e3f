import type { Context, Hono } from 'hono';
import { isoTime } from '../iso-time.ts';
import { isResourceVisible, levelIn } from './access.ts';
import { callerIn, type GitlabCaller } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import type { Paginate } from './paginate.ts';
import { booleanQuery, integerQuery, wordQuery } from './query.ts';
import { resourceIn } from './resource.ts';
import { imagePrefix } from './serialize.ts';
import { accessLevels, type GitlabResource, isInGroup, resourceByPath, resourcesOf } from './state.ts';

const base = '/api/v4';

/** Adds the routes that read projects and groups, with their filters. */
export function namespaceRoutes(app: Hono, route: GitlabRouteContext, paginate: Paginate): void {
  const { state, quirks } = route;

  const showGroup = (context: Context, { id, path, public: isPublic, created }: GitlabResource) => ({
    id,
    name: nameOf(path),
    path: nameOf(path),
    full_path: path,
    full_name: path.split('/').join(' / '),
    web_url: `${new URL(context.req.url).origin}/groups/${path}`,
    visibility: isPublic ? 'public' : 'private',
    parent_id: resourceByPath(state, 'group', parentOf(path))?.id ?? null,
    created_at: isoTime(created),
  });

  const showProject = (
    context: Context,
    { id, path, public: isPublic, registry, created }: GitlabResource,
  ) => {
    const { origin, host } = new URL(context.req.url);
    const parent = parentOf(path);
    const group = resourceByPath(state, 'group', parent);
    const prefix = imagePrefix(path, host, quirks);
    return {
      id,
      name: nameOf(path),
      path: nameOf(path),
      path_with_namespace: path,
      web_url: `${origin}/${path}`,
      visibility: isPublic ? 'public' : 'private',
      archived: false,
      created_at: isoTime(created),
      namespace: {
        id: group?.id ?? 1,
        path: nameOf(parent),
        kind: group ? 'group' : 'user',
        full_path: parent,
      },
      container_registry_enabled: registry,
      container_registry_access_level: registry ? 'enabled' : 'disabled',
      ...(prefix !== undefined && { container_registry_image_prefix: prefix }),
    };
  };

  app.get(`${base}/projects`, (context) => {
    const caller = callerIn(context, route);
    const projects = matching(context, caller, resourcesOf(state, 'project'), route);
    return context.json(
      paginate(context, sorted(context, projects, 'desc')).map((one) => showProject(context, one)),
    );
  });

  app.get(`${base}/groups`, (context) => {
    const caller = callerIn(context, route);
    const groups = matching(context, caller, resourcesOf(state, 'group'), route);
    return context.json(
      paginate(context, sorted(context, groups, 'asc')).map((one) => showGroup(context, one)),
    );
  });

  app.get(`${base}/projects/:id`, (context) =>
    context.json(showProject(context, resourceIn(context, 'project', callerIn(context, route), route))),
  );

  app.get(`${base}/groups/:id`, (context) =>
    context.json(showGroup(context, resourceIn(context, 'group', callerIn(context, route), route))),
  );

  app.get(`${base}/groups/:id/projects`, (context) => {
    const caller = callerIn(context, route);
    const group = resourceIn(context, 'group', caller, route);
    const all = booleanQuery(context, 'include_subgroups') ?? false;
    const below = resourcesOf(state, 'project').filter(({ path }) =>
      all ? isInGroup(path, group.path) : parentOf(path) === group.path,
    );
    const projects = matching(context, caller, below, route);
    return context.json(
      paginate(context, sorted(context, projects, 'desc')).map((one) => showProject(context, one)),
    );
  });
}

/** Returns the resources that a caller sees and that meet the query. */
function matching(
  context: Context,
  caller: GitlabCaller,
  resources: readonly GitlabResource[],
  { state }: GitlabRouteContext,
): readonly GitlabResource[] {
  const membersOnly =
    booleanQuery(context, 'membership') === true || booleanQuery(context, 'all_available') === false;
  const least = Math.max(
    integerQuery(context, 'min_access_level', 0),
    booleanQuery(context, 'owned') === true ? accessLevels.owner : 0,
  );
  const topOnly = booleanQuery(context, 'top_level_only') ?? false;
  const search = context.req.query('search')?.toLowerCase() ?? '';
  return resources
    .filter((resource) => isResourceVisible(caller, resource, state))
    .filter((resource) => levelIn(caller, resource) >= Math.max(least, membersOnly ? 1 : 0))
    .filter(({ path }) => (!topOnly || parentOf(path) === '') && path.toLowerCase().includes(search));
}

/** Returns the resources sorted: projects by their ID, groups by their path, unless the query says otherwise. */
function sorted(
  context: Context,
  resources: readonly GitlabResource[],
  direction: 'asc' | 'desc',
): readonly GitlabResource[] {
  const key = context.req.query('order_by') ?? (direction === 'asc' ? 'path' : 'id');
  const ordered = resources.toSorted((one, other) =>
    key === 'name' || key === 'path' ? one.path.localeCompare(other.path) : one.id - other.id,
  );
  const wanted = wordQuery(context, 'sort', ['asc', 'desc']) ?? direction;
  return wanted === 'asc' ? ordered : ordered.reverse();
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
