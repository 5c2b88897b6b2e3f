import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { RegistryState, TokenState } from './state.ts';
import type { World } from './world.ts';

/** How long a bearer token is good, in seconds. */
const lifetime = 300;

/**
 * The endpoint that `docker login` goes to (Docker's HTTP API V2, and its token authentication). All
 * registries share it. Only exact paths are taken: others under `/v2/` may belong to another service.
 */
export function loginRoutes(app: Hono, { state, store, quirks, now }: World): void {
  // Bearer tokens are signed rather than kept: with the password in the key, a new one ends the old.
  const key = randomBytes(32);
  const sign = (text: string, { password }: TokenState): string =>
    createHmac('sha256', key).update(`${text} ${password}`).digest('base64url');

  const issue = (registry: RegistryState, token: TokenState): string => {
    const text = `${registry.id}.${token.id}.${now() + lifetime * 1000}`;
    return `${text}.${sign(text, token)}`;
  };

  const byPassword = (credentials: string): { registry: RegistryState; token: TokenState } | undefined => {
    const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
    for (const registry of state.values()) {
      const token = store
        .live(registry)
        .find((one) => one.name === name && one.password === password && one.status === 'enabled');
      if (token) return { registry, token };
    }
    return undefined;
  };

  const byBearer = (bearer: string): TokenState | undefined => {
    const [registryId = '', tokenId = '', until = '', signature = ''] = bearer.split('.');
    const registry = state.get(registryId);
    const token = registry && store.live(registry).find(({ id }) => id === tokenId);
    if (token?.status !== 'enabled' || !(now() < Number(until))) return undefined;
    return same(signature, sign(`${registryId}.${tokenId}.${until}`, token)) ? token : undefined;
  };

  const loggedIn = (context: Context): TokenState | undefined => {
    const [scheme = '', credentials = ''] = (context.req.header('authorization') ?? '').split(' ');
    if (scheme.toLowerCase() === 'bearer') return byBearer(credentials);
    return scheme.toLowerCase() === 'basic' ? byPassword(credentials)?.token : undefined;
  };

  const challenge = (context: Context): string => {
    const { origin, host } = new URL(context.req.url);
    return quirks.loginChallenge === 'basic'
      ? `Basic realm="${host}"`
      : `Bearer realm="${origin}/v2/token",service="${host}"`;
  };

  app.get('/v2/', (context) => {
    context.header('docker-distribution-api-version', 'registry/2.0');
    if (!loggedIn(context)) return unauthorized(context, challenge(context));
    return context.json({});
  });

  app.get('/v2/token', (context) => {
    const [scheme = '', credentials = ''] = (context.req.header('authorization') ?? '').split(' ');
    const known = scheme.toLowerCase() === 'basic' ? byPassword(credentials) : undefined;
    if (!known) return unauthorized(context, `Basic realm="${new URL(context.req.url).host}"`);
    const token = issue(known.registry, known.token);
    return context.json({ token, access_token: token, expires_in: lifetime });
  });

  app.get('/v2/:name{.+}/tags/list', (context) => {
    context.header('docker-distribution-api-version', 'registry/2.0');
    const name = context.req.param('name');
    const token = loggedIn(context);
    if (!token) return unauthorized(context, challenge(context));
    if (!mayPull(token, name)) {
      return context.json(errors('DENIED', `the token ${token.name} may not pull ${name}`), 403);
    }
    return context.json({ name, tags: [] });
  });
}

function mayPull({ scopes }: TokenState, repository: string): boolean {
  return scopes.some(
    ({ type, name, actions }) =>
      type === 'repository' && (name === repository || name === '*') && actions.includes('pull'),
  );
}

function unauthorized(context: Context, challenge: string): Response {
  context.header('www-authenticate', challenge);
  return context.json(errors('UNAUTHORIZED', 'authentication required'), 401);
}

function errors(code: string, message: string): Record<string, unknown> {
  return { errors: [{ code, message, detail: null }] };
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
