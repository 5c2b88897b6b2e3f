import type { Context, Hono } from 'hono';
import { isoTime } from '../iso-time.ts';
import { harborCallerOf } from './callers.ts';
import type { HarborRouteContext } from './context.ts';
import { harborError } from './errors.ts';
import { mayList, mayRead, roleId } from './members.ts';
import { paginateHarbor } from './paginate.ts';
import { meets, parseQuery, sorted } from './query.ts';
import { type HarborProject, projectByName } from './state.ts';

const path = '/api/v2.0/projects';

const sortKeys = { project_id: ({ id }: HarborProject) => id, name: ({ name }: HarborProject) => name };

/** Adds the routes that list and read projects. Anonymous callers see the public ones. */
export function projectRoutes(app: Hono, { state, features, now }: HarborRouteContext): void {
  const callerIn = (context: Context) => harborCallerOf(context.req.header('authorization'), state, now());

  const show = (context: Context, project: HarborProject): Readonly<Record<string, unknown>> => ({
    project_id: project.id,
    name: project.name,
    owner_id: 1,
    owner_name: 'admin',
    creation_time: isoTime(project.created),
    update_time: isoTime(project.created),
    current_user_role_id: roleId(callerIn(context), project),
    repo_count: 0,
    metadata: { public: String(project.public) },
  });

  app.get(path, (context) => {
    const caller = callerIn(context);
    const name = context.req.query('name');
    const query = parseQuery(context, features).get('name');
    const projects = [...state.projects.values()]
      .filter((project) => mayList(caller, project))
      .filter((project) => meets(project.name, query))
      .filter((project) => name === undefined || project.name.includes(name));
    const page = paginateHarbor(context, sorted(context, projects, sortKeys, sortKeys.name), projects.length);
    return context.json(page.map((project) => show(context, project)));
  });

  app.get(`${path}/:project`, (context) => {
    const caller = callerIn(context);
    const given = context.req.param('project');
    const isName = context.req.header('x-is-resource-name') === 'true' || !/^\d+$/.test(given);
    const project = isName ? projectByName(state, given) : state.projects.get(Number(given));
    if (!project && caller.type === 'anonymous') throw harborError(401, 'unauthorized');
    if (!project) throw harborError(404, `project ${given} not found`);
    if (!mayRead(caller, project)) {
      throw caller.type === 'anonymous' ? harborError(401, 'unauthorized') : harborError(403, 'forbidden');
    }
    return context.json(show(context, project));
  });
}
