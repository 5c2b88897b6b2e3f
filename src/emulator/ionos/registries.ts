import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { ApiError, BadRequest } from '../api-error.ts';
import { checkObject, jsonBody, numberQuery } from '../request.ts';
import type { IonosRouteContext } from './context.ts';
import { showRegistry } from './serialize.ts';
import type { RegistryState } from './state.ts';

const namePattern = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/;
const settable = ['garbageCollectionSchedule', 'features', 'apiSubnetAllowList'];

/** Returns the registry with this ID, in either case. Throws a 404 if there is none. */
export function findRegistry({ state }: IonosRouteContext, id: string): RegistryState {
  const registry = state.get(id.toLowerCase());
  if (!registry) throw new ApiError(404, 'registry-not-found', 'no such registry');
  return registry;
}

/** Adds the routes for registries, for checks of names, and for locations: docs/services/ionos.md, Registries. */
export function registryRoutes(api: Hono, route: IonosRouteContext): void {
  const { state, quirks, now } = route;
  const show = (context: Context, registry: RegistryState): Record<string, unknown> =>
    showRegistry(registry, quirks, new URL(context.req.url).host);

  api.get('/registries', (context) => {
    const limit = Math.min(numberQuery(context.req.query('limit'), 100), quirks.pageCap);
    const filter = context.req.query('filter.name');
    const cursor = context.req.query('pagination.token') ?? '';
    const place = cursor === '' ? '0' : Buffer.from(cursor, 'base64url').toString();
    if (!/^\d+$/.test(place)) throw new BadRequest('invalid-token', 'pagination.token is invalid');
    const start = Number(place);
    const all = [...state.values()].filter(({ name }) => filter === undefined || name === filter);
    const end = start + limit;
    const next = end < all.length ? Buffer.from(String(end)).toString('base64url') : '';
    const token =
      next !== '' || quirks.cursorEnd === 'empty'
        ? { token: next }
        : quirks.cursorEnd === 'repeat'
          ? { token: cursor }
          : {};
    return context.json({
      id: 'registries',
      type: 'collection',
      href: '',
      items: all.slice(start, end).map((registry) => show(context, registry)),
      pagination: { limit, ...token },
      _links: { self: '', next: '', previous: '' },
    });
  });

  const add = (body: unknown, id: string): RegistryState => {
    const properties = checkObject(checkObject(body, 'the body')['properties'], 'properties');
    const { name, location, ...settings } = properties;
    if (typeof name !== 'string' || !namePattern.test(name))
      throw new BadRequest('invalid-name', 'name is missing or malformed');
    if (typeof location !== 'string') throw new BadRequest('invalid-location', 'location is missing');
    if ([...state.values()].some((other) => other.name === name && other.id !== id)) {
      throw new BadRequest('name-taken', 'a registry of this name exists');
    }
    const known = state.get(id);
    if (known && (known.name !== name || known.location !== location))
      throw new BadRequest('immutable', 'name and location cannot be changed');
    const registry: RegistryState = {
      id,
      name,
      location,
      hostname: `${name}.cr.${location.replace('/', '-')}.ionos.com`,
      state: 'Running',
      created: known?.created ?? now(),
      settings: onlySettable(settings),
      tokens: known?.tokens ?? new Map(),
      list: known?.list ?? new Map(),
    };
    state.set(id, registry);
    return registry;
  };

  api.post('/registries', async (context) => {
    const registry = add(await jsonBody(context.req.raw), randomUUID());
    context.header('location', `/containerregistries/registries/${registry.id}`);
    return context.json(show(context, registry), 201);
  });

  api.get('/registries/:rid', (context) =>
    context.json(show(context, findRegistry(route, context.req.param('rid')))),
  );

  api.put('/registries/:rid', async (context) =>
    context.json(
      show(context, add(await jsonBody(context.req.raw), context.req.param('rid').toLowerCase())),
      201,
    ),
  );

  api.patch('/registries/:rid', async (context) => {
    const registry = findRegistry(route, context.req.param('rid'));
    const patch = checkObject(await jsonBody(context.req.raw), 'the body');
    registry.settings = { ...registry.settings, ...onlySettable(patch) };
    return context.json(show(context, registry));
  });

  api.delete('/registries/:rid', (context) => {
    state.delete(findRegistry(route, context.req.param('rid')).id);
    return context.body(null, 204);
  });

  // Hono answers HEAD through GET.
  api.get('/names/:name', (context) => {
    const name = context.req.param('name');
    if (!namePattern.test(name)) return context.body(null, 400);
    return context.body(null, [...state.values()].some((registry) => registry.name === name) ? 200 : 404);
  });

  api.get('/locations', (context) =>
    context.json({
      id: 'locations',
      type: 'collection',
      href: '',
      items: ['de/fra', 'de/txl', 'es/vit'].map((id) => ({ id, type: 'location', href: '' })),
    }),
  );
}

function onlySettable(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const unknown = Object.keys(properties).find((key) => !settable.includes(key));
  if (unknown !== undefined) throw new BadRequest('unknown-field', `unknown field ${unknown}`);
  return { ...properties };
}
