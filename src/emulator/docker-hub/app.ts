import { Hono } from 'hono';
import { ApiError } from '../api-error.ts';
import { authRoutes } from './auth.ts';
import type { HubRouteContext } from './context.ts';
import { hubErrorResponse } from './errors.ts';
import { orgRoutes } from './org.ts';
import { personalRoutes } from './personal.ts';
import { requireSession } from './session.ts';

const tokenPath = /^\/v2\/(access-tokens|orgs\/[^/]+\/access-tokens)(\/[^/]+)?\/?$/;

/** Tells whether a path is that of a list of tokens, personal or of an organization, or of one token. */
export function isHubTokenPath(path: string): boolean {
  return tokenPath.test(path);
}

/** Creates the handler of all requests to the Docker Hub API: docs/services/docker-hub.md, Requests. */
export function createHubApp(route: HubRouteContext): (request: Request) => Promise<Response> {
  // Older clients end their paths in a slash.
  const app = new Hono({ strict: false });

  authRoutes(app, route);
  personalRoutes(app, route);
  orgRoutes(app, route);
  app.notFound((context) => {
    requireSession(context, route);
    throw new ApiError(404, 'not-found', 'no such endpoint');
  });
  app.onError((error) => {
    if (!(error instanceof ApiError)) throw error;
    return hubErrorResponse(error, route.quirks.errors);
  });

  return async (request) => app.fetch(request);
}
