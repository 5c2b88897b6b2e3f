import type { Context, Hono } from 'hono';
import { BadRequest } from '../api-error.ts';
import { callerOf, defaultUser } from '../callers.ts';
import { jsonBody, numberQuery } from '../request.ts';
import type { IonosRouteContext } from './context.ts';
import { findRegistry } from './registries.ts';
import { showToken } from './serialize.ts';
import type { RegistryState, TokenState } from './state.ts';
import { checkNewToken, checkPatch } from './validate.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Adds the routes that list, read, create, change and delete the tokens of a registry: docs/services/ionos.md,
 * Requests.
 */
export function tokenRoutes(api: Hono, route: IonosRouteContext): void {
  const { quirks, now, store } = route;

  const registryOf = (context: Context): RegistryState => findRegistry(route, context.req.param('rid') ?? '');
  const idOf = (context: Context): string => context.req.param('tid') ?? '';
  const userOf = (context: Context): string =>
    callerOf(context.req.header('authorization'))?.user ?? defaultUser;
  const made = (context: Context, registry: RegistryState, token: TokenState): Response => {
    context.header('location', `/containerregistries/registries/${registry.id}/tokens/${token.id}`);
    return context.json(showToken('write', store.shown(token), quirks, token.password), 201);
  };

  api.get('/registries/:rid/tokens', (context) => {
    const tokens = store.list(registryOf(context));
    const offset = numberQuery(context.req.query('offset'), 0);
    const limit = Math.min(numberQuery(context.req.query('limit'), 100), quirks.pageCap);
    const items = tokens.slice(offset, offset + limit).map((token) => showToken('list', token, quirks));
    const { origin, pathname } = new URL(context.req.url);
    const link = (at: number): string => `${origin}${pathname}?offset=${at}&limit=${limit}`;
    return context.json({
      id: 'tokens',
      type: 'collection',
      href: '',
      items,
      count: items.length,
      limit,
      offset,
      total: tokens.length,
      _links: {
        self: link(offset),
        next: offset + limit < tokens.length ? link(offset + limit) : '',
        previous: offset > 0 ? link(Math.max(0, offset - limit)) : '',
      },
    });
  });

  api.post('/registries/:rid/tokens', async (context) => {
    const registry = registryOf(context);
    const properties = checkNewToken(await jsonBody(context.req.raw), now());
    return made(context, registry, store.create(registry, properties, userOf(context)));
  });

  api.get('/registries/:rid/tokens/:tid', (context) =>
    context.json(showToken('read', store.read(registryOf(context), idOf(context)), quirks)),
  );

  api.put('/registries/:rid/tokens/:tid', async (context) => {
    const registry = registryOf(context);
    const id = idOf(context).toLowerCase();
    if (!uuid.test(id)) throw new BadRequest('invalid-id', 'the ID is not a UUID');
    const properties = checkNewToken(await jsonBody(context.req.raw), now());
    return made(context, registry, store.create(registry, properties, userOf(context), id));
  });

  api.patch('/registries/:rid/tokens/:tid', async (context) => {
    const registry = registryOf(context);
    const patch = checkPatch(await jsonBody(context.req.raw), now());
    const token = store.patch(registry, idOf(context), patch, userOf(context));
    return context.json(showToken('write', store.shown(token), quirks));
  });

  api.delete('/registries/:rid/tokens/:tid', (context) => {
    store.delete(registryOf(context), idOf(context));
    return context.body(null, 204);
  });
}
