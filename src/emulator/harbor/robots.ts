import type { Context, Hono } from 'hono';
import { isoTime } from '../iso-time.ts';
import { jsonBody } from '../request.ts';
import { type HarborCaller, harborCallerOf } from './callers.ts';
import type { HarborRouteContext } from './context.ts';
import { denied, harborError } from './errors.ts';
import { grantable } from './grantable.ts';
import { paginateHarbor } from './paginate.ts';
import { meets, parseQuery, sorted } from './query.ts';
import { type HarborAction, requireLogin, requireOwnRights, requireRobotAccess } from './rights.ts';
import { createRobotView } from './serialize.ts';
import { type Creator, fullName, noProject, projectByName, type Robot } from './state.ts';
import {
  checkNewRobot,
  checkRefresh,
  checkRobot,
  checkShortName,
  checkUpdate,
  type Rules,
  type WrittenRobot,
} from './validate.ts';
import type { HarborFeatures } from './versions.ts';

const path = '/api/v2.0/robots';

const sortKeys = {
  id: ({ id }: Robot) => Number(id),
  name: ({ name }: Robot) => name,
  creation_time: ({ created }: Robot) => created,
  update_time: ({ updated }: Robot) => updated,
};

/**
 * Adds the routes that list, read, create, change and delete robots, and change their secrets:
 * docs/services/harbor.md, Requests.
 */
export function robotRoutes(app: Hono, route: HarborRouteContext): void {
  const { state, store, quirks, features, now } = route;
  const { defaultDuration } = quirks;
  const rules: Rules = { state, features, grantable: grantable(features), defaultDuration };
  const show = createRobotView(state, quirks, features);
  let lists = 0;

  /** Returns the caller, who must be logged in. */
  const callerIn = (context: Context): HarborCaller => {
    const caller = harborCallerOf(context.req.header('authorization'), state, now());
    requireLogin(caller);
    return caller;
  };

  /** Returns the robot of a path if the caller may do this with it. Only reads lag. */
  const robotIn = (context: Context, action: HarborAction): Robot => {
    const caller = callerIn(context);
    const id = idIn(context, features);
    const robot = action === 'read' ? store.read(id) : store.find(id);
    requireRobotAccess(caller, action, robot.projectId, route);
    return robot;
  };

  app.get(path, (context) => {
    const caller = callerIn(context);
    const query = parseQuery(context, features);
    const level = query.get('Level')?.value;
    const projectId = level === 'project' ? projectIdOf(query.get('ProjectID')?.value, features) : noProject;
    if (level !== undefined && level !== 'project' && level !== 'system')
      throw harborError(400, 'bad request error level input');
    requireRobotAccess(caller, 'list', projectId, route);

    const everywhere = features.systemListsAll && level === 'system';
    const robots = store
      .list()
      .filter((robot) => everywhere || robot.projectId === projectId)
      .filter(({ name }) => meets(name, query.get('name') ?? query.get('Name')));
    lists += 1;
    const total = robots.length + (lists <= quirks.movingTotals ? 1 : 0);
    return context.json(
      paginateHarbor(context, sorted(context, robots, sortKeys, sortKeys.name), total).map(show),
    );
  });

  app.post(path, async (context) => {
    const caller = callerIn(context);
    const written = checkRobot(await jsonBody(context.req.raw), rules);
    checkShortName(written.name);
    requireRobotAccess(caller, 'create', placeOf(written, route), route);
    const properties = checkNewRobot(written, rules);
    requireOwnRights(caller, properties.permissions, properties.project, features);
    const robot = store.create(properties, creatorOf(caller, features));
    context.header('location', `${path}/${robot.id}`);
    return context.json(
      {
        id: Number(robot.id),
        name: fullName(robot, state),
        secret: robot.secret,
        creation_time: isoTime(robot.created),
        expires_at: robot.expiresAt,
      },
      201,
    );
  });

  app.get(`${path}/:id`, (context) => context.json(show(robotIn(context, 'read'))));

  app.put(`${path}/:id`, async (context) => {
    const robot = robotIn(context, 'update');
    if (!robot.editable) throw denied('the robot of an earlier release cannot be changed');
    const written = checkRobot(await jsonBody(context.req.raw), rules);
    store.update(robot.id, checkUpdate(written, robot, rules));
    return context.body(null);
  });

  app.patch(`${path}/:id`, async (context) => {
    const robot = robotIn(context, 'update');
    const { secret, chosen } = checkRefresh(await jsonBody(context.req.raw));
    store.setSecret(robot.id, secret);
    return context.json(chosen ? {} : { secret });
  });

  app.delete(`${path}/:id`, (context) => {
    store.delete(robotIn(context, 'delete').id);
    return context.body(null);
  });
}

function idIn(context: Context, { strictInput }: HarborFeatures): string {
  const id = context.req.param('id') ?? '';
  const [bits, most] = strictInput ? [64, Number.MAX_SAFE_INTEGER] : [32, 2 ** 31 - 1];
  if (!/^\d+$/.test(id) || Number(id) > most)
    throw harborError(422, `robot_id in path must be of type int${bits}: "${id}"`);
  return String(Number(id));
}

function projectIdOf(value: string | undefined, { positiveProjectId }: HarborFeatures): number {
  if (value === undefined) throw harborError(400, 'must with project ID when to query project robots');
  if (!/^-?\d+$/.test(value)) throw harborError(400, 'Project ID must be int type.');
  if (positiveProjectId && Number(value) <= 0) throw harborError(400, 'Project ID must be positive.');
  return Number(value);
}

/** Returns the project ID of a robot to be created; no existing one if its project doesn't exist. */
function placeOf({ level, permissions }: WrittenRobot, { state }: HarborRouteContext): number {
  if (level === 'system') return noProject;
  return projectByName(state, permissions[0]?.namespace ?? '')?.id ?? -1;
}

function creatorOf(caller: HarborCaller, { robotRights }: HarborFeatures): Creator {
  if (!robotRights || caller.type === 'anonymous') return { type: '', id: 0 };
  if (caller.type === 'robot') return { type: 'robot', id: Number(caller.robot.id) };
  return { type: 'local', id: caller.person.id };
}
