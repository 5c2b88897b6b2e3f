import type { Context, Hono } from 'hono';
import { BadRequest, checkNewToken, checkPatch, type TokenProperties } from './check.ts';
import { Refusal, type World } from './index.ts';
import { findRegistry } from './registries.ts';
import { jsonBody, numberQuery } from './request.ts';
import { showToken } from './show.ts';
import { dropExpired, newToken, type RegistryState, type TokenState } from './state.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Tokens of a registry (reference page Tokens). */
export function tokenRoutes(api: Hono, world: World): void {
  const { quirks, now } = world;

  const registryOf = (context: Context): RegistryState => {
    const registry = findRegistry(world, context.req.param('rid') ?? '');
    dropExpired(registry, now());
    return registry;
  };
  const tokenOf = (context: Context): TokenState => {
    const token = registryOf(context).tokens.get((context.req.param('tid') ?? '').toLowerCase());
    if (!token) throw new Refusal(404, 'token-not-found', 'there is no such token');
    return token;
  };
  const refuseTaken = ({ tokens }: RegistryState, name: string, id?: string): void => {
    if ([...tokens.values()].some((token) => token.name === name && token.id !== id)) {
      throw new Refusal(409, 'name-taken', `a token ${name} exists in this registry`);
    }
  };
  const made = (context: Context, registry: RegistryState, token: TokenState): Response => {
    registry.tokens.set(token.id, token);
    context.header('location', `/containerregistries/registries/${registry.id}/tokens/${token.id}`);
    return context.json(showToken(token, quirks, token.password), 201);
  };

  api.get('/registries/:rid/tokens', (context) => {
    const tokens = [...registryOf(context).tokens.values()];
    const offset = numberQuery(context.req.query('offset'), 0);
    const limit = Math.min(numberQuery(context.req.query('limit'), 100), quirks.pageCap);
    const items = tokens.slice(offset, offset + limit).map((token) => showToken(token, quirks));
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
    refuseTaken(registry, properties.name);
    return made(context, registry, newToken(complete(properties), now()));
  });

  api.get('/registries/:rid/tokens/:tid', (context) => context.json(showToken(tokenOf(context), quirks)));

  api.put('/registries/:rid/tokens/:tid', async (context) => {
    const registry = registryOf(context);
    const id = context.req.param('tid').toLowerCase();
    if (!uuid.test(id)) throw new BadRequest('invalid-id', 'the ID is no UUID');
    const properties = checkNewToken(await jsonBody(context.req.raw), now());
    const known = registry.tokens.get(id);
    if (known && known.name !== properties.name) throw new BadRequest('immutable', 'name cannot be changed');
    refuseTaken(registry, properties.name, id);
    return made(context, registry, newToken(complete(properties), now(), id));
  });

  api.patch('/registries/:rid/tokens/:tid', async (context) => {
    const token = tokenOf(context);
    const patch = checkPatch(await jsonBody(context.req.raw), now());
    const heeded = (field: string): boolean => !quirks.ignorePatch.includes(field);
    if (patch.status !== undefined && heeded('status')) token.status = patch.status;
    if (patch.expiry !== undefined && heeded('expiryDate')) token.expiry = patch.expiry;
    if (patch.scopes !== undefined && heeded('scopes')) token.scopes = patch.scopes;
    token.modified = now();
    return context.json(showToken(token, quirks));
  });

  api.delete('/registries/:rid/tokens/:tid', (context) => {
    const { id } = tokenOf(context);
    registryOf(context).tokens.delete(id);
    return context.body(null, 204);
  });
}

function complete({ name, status, expiry, scopes }: TokenProperties & { readonly name: string }) {
  return { name, status: status ?? 'enabled', expiry: expiry ?? null, scopes: scopes ?? [] };
}
