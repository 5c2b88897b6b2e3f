import { Hono } from 'hono';
import { ApiError } from '../api-error.ts';
import { callerOf } from '../callers.ts';
import type { IonosRouteContext } from './context.ts';
import { registryRoutes } from './registries.ts';
import { tokenRoutes } from './tokens.ts';

/** The base path of the API on its host. */
const basePath = '/containerregistries';

const tokenPath = new RegExp(`^${basePath}/registries/[^/]+/tokens(/[^/]+)?$`);

/** Tells whether a path is that of the tokens of a registry, or of one of them. */
export function isIonosTokenPath(path: string): boolean {
  return tokenPath.test(path);
}

/** Creates the handler of all requests to the IONOS API: docs/services/ionos.md, Requests. */
export function createIonosApp(route: IonosRouteContext): (request: Request) => Promise<Response> {
  const app = new Hono();

  app.use(async (context, next) => {
    const caller = callerOf(context.req.header('authorization'));
    // The body of a 401 is not documented; a page of HTML keeps clients from relying on JSON.
    if (!caller) return context.html('<html><body><h1>401 Unauthorized</h1></body></html>', 401);
    if (!caller.privileged)
      return context.json(errorBody(403, 'forbidden', 'the privilege to manage registries is missing'), 403);
    return next();
  });

  const api = app.basePath(basePath);
  registryRoutes(api, route);
  tokenRoutes(api, route);
  app.notFound((context) => context.json(errorBody(404, 'not-found', 'no such endpoint'), 404));
  app.onError((error, context) => {
    if (!(error instanceof ApiError)) throw error;
    return context.json(errorBody(error.status, error.code, error.message), error.status);
  });

  return async (request) => app.fetch(request);
}

function errorBody(status: number, errorCode: string, message: string): Record<string, unknown> {
  return { httpStatus: status, messages: [{ errorCode, message }] };
}
