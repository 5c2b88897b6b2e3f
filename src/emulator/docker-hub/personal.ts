import type { Hono } from 'hono';
import { jsonBody } from '../request.ts';
import type { HubRouteContext } from './context.ts';
import { paginateHub } from './paginate.ts';
import { showPersonal } from './serialize.ts';
import { requireManager } from './session.ts';
import { checkNewPersonal, checkPersonalPatch } from './validate.ts';

const path = '/v2/access-tokens';

/** Adds the routes for the caller's personal access tokens: docs/services/docker-hub.md, Requests. */
export function personalRoutes(app: Hono, route: HubRouteContext): void {
  const { quirks, now } = route;
  const store = route.store.personal;

  app.get(path, (context) => {
    const tokens = store.list(requireManager(context, route).collection);
    const { items, links } = paginateHub(context, tokens, quirks);
    return context.json({
      count: tokens.length,
      ...links,
      active_count: tokens.filter(({ active }) => active).length,
      results: items.map((token) => showPersonal('list', token, quirks)),
    });
  });

  app.post(path, async (context) => {
    const user = requireManager(context, route);
    const properties = checkNewPersonal(await jsonBody(context.req.raw), now());
    const creatorUa = context.req.header('user-agent') ?? '';
    const token = store.create(user, { ...properties, creatorUa }, user.name);
    return context.json(showPersonal('write', store.shown(token), quirks, token.secret), 201);
  });

  app.get(`${path}/:uuid`, (context) => {
    const { collection } = requireManager(context, route);
    return context.json(showPersonal('read', store.read(collection, context.req.param('uuid')), quirks));
  });

  app.patch(`${path}/:uuid`, async (context) => {
    const user = requireManager(context, route);
    const patch = checkPersonalPatch(await jsonBody(context.req.raw), quirks.immutable);
    const token = store.patch(user, context.req.param('uuid'), patch);
    return context.json(showPersonal('write', store.shown(token), quirks));
  });

  app.delete(`${path}/:uuid`, (context) => {
    store.delete(requireManager(context, route).collection, context.req.param('uuid'));
    return context.body(null, quirks.deleteStatus as 204);
  });
}
