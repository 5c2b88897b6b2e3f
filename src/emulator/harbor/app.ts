import { Hono } from 'hono';
import { ApiError } from '../api-error.ts';
import type { TokenSigner } from '../registry/token-signer.ts';
import type { HarborRouteContext } from './context.ts';
import { harborError, harborErrorResponse } from './errors.ts';
import { projectRoutes } from './projects.ts';
import { robotRoutes } from './robots.ts';
import { sessionCookies } from './session-cookie.ts';
import { harborSystemRoutes } from './system.ts';
import { harborRealmRoutes } from './token-realm.ts';

const tokenPath = /^\/api\/v2\.0\/robots(\/[^/]+)?$/;

/** Tells whether a path is one of Harbor's: of its API, or of the realm of its registry. */
export function isHarborPath(path: string): boolean {
  return path.startsWith('/api/v2.0/') || path === '/service/token';
}

/** Tells whether a path is that of the list of robots, or of one of them. */
export function isHarborTokenPath(path: string): boolean {
  return tokenPath.test(path);
}

/** Creates the handler of all requests to Harbor: docs/services/harbor.md, Requests. */
export function createHarborApp(
  route: HarborRouteContext,
  signer: TokenSigner,
): (request: Request) => Promise<Response> {
  const app = new Hono();

  app.use(async (context, next) => {
    const id = context.req.header('x-request-id');
    await next();
    if (id !== undefined) context.res.headers.set('x-request-id', id);
  });
  app.use(sessionCookies());
  robotRoutes(app, route);
  projectRoutes(app, route);
  harborSystemRoutes(app, route);
  harborRealmRoutes(app, route, signer);
  app.notFound(() => harborErrorResponse(harborError(404, 'not found')));
  app.onError((error) => {
    if (!(error instanceof ApiError)) throw error;
    return harborErrorResponse(error);
  });

  return async (request) => app.fetch(request);
}
