import { Hono } from 'hono';
import { Refusal } from '../api-error.ts';
import { authRoutes } from './auth.ts';
import type { RouteContext } from './context.ts';
import { errorAnswer } from './errors.ts';
import { orgRoutes } from './org.ts';
import { personalRoutes } from './personal.ts';
import { sessionOf } from './session.ts';

const tokenPath = /^\/v2\/(access-tokens|orgs\/[^/]+\/access-tokens)(\/[^/]+)?\/?$/;

/** Tells whether a path is that of a list of tokens, or of one of them. */
export function isHubTokenPath(path: string): boolean {
  return tokenPath.test(path);
}

/** Creates the Docker Hub API as one handler. */
export function createHubApp(world: RouteContext): (request: Request) => Promise<Response> {
  // Older clients end their paths in a slash.
  const app = new Hono({ strict: false });

  authRoutes(app, world);
  personalRoutes(app, world);
  orgRoutes(app, world);
  app.notFound((context) => {
    sessionOf(context, world);
    throw new Refusal(404, 'not-found', 'no such endpoint');
  });
  app.onError((error) => {
    if (!(error instanceof Refusal)) throw error;
    return errorAnswer(error, world.quirks.errors);
  });

  return async (request) => app.fetch(request);
}
