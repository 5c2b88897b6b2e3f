import type { Hono } from 'hono';
import { jsonBody } from '../request.ts';
import type { HubRouteContext } from './context.ts';
import { paginateHub } from './paginate.ts';
import { showNewOrg, showOrg, showOrgLine } from './serialize.ts';
import { requireOwner } from './session.ts';
import { checkNewOrg, checkOrgPatch } from './validate.ts';

const path = '/v2/orgs/:org/access-tokens';

/**
 * Adds the routes for the access tokens of an organization, which its owners may use: docs/services/docker-hub.md,
 * Requests.
 */
export function orgRoutes(app: Hono, route: HubRouteContext): void {
  const { quirks, now } = route;
  const store = route.store.org;

  app.get(path, (context) => {
    const tokens = store.list(requireOwner(context, route).organization.collection);
    const { items, links } = paginateHub(context, tokens, quirks);
    return context.json({
      total: tokens.length,
      ...links,
      results: items.map((token) => showOrgLine(token, quirks)),
    });
  });

  app.post(path, async (context) => {
    const { organization, user } = requireOwner(context, route);
    const properties = checkNewOrg(await jsonBody(context.req.raw), organization, now());
    const token = store.create(organization, properties, user.name);
    return context.json(showNewOrg(store.shown(token), quirks, token.secret), 201);
  });

  app.get(`${path}/:id`, (context) => {
    const { collection } = requireOwner(context, route).organization;
    return context.json(showOrg('read', store.read(collection, context.req.param('id')), quirks));
  });

  app.patch(`${path}/:id`, async (context) => {
    const { organization } = requireOwner(context, route);
    const patch = checkOrgPatch(await jsonBody(context.req.raw), organization, quirks.immutable);
    const token = store.patch(organization, context.req.param('id'), patch);
    return context.json(showOrg('write', store.shown(token), quirks));
  });

  app.delete(`${path}/:id`, (context) => {
    store.delete(requireOwner(context, route).organization.collection, context.req.param('id'));
    return context.body(null, quirks.deleteStatus as 204);
  });
}
