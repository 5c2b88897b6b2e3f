import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { ApiError } from '../api-error.ts';
import type { TokenSigner } from '../registry/token-signer.ts';
import { accessTokenRoutes } from './access-tokens.ts';
import type { RouteContext } from './context.ts';
import { deployTokenRoutes } from './deploy-tokens.ts';
import { errorResponse, refusal } from './errors.ts';
import { namespaceRoutes } from './namespaces.ts';
import { createPaginate } from './paginate.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { rotateRoutes } from './rotate.ts';
import { systemRoutes } from './system.ts';
import { realmPath, tokenRealmRoutes } from './token-realm.ts';

const tokenPath = /^\/api\/v4\/(projects|groups)\/[^/]+\/(deploy_tokens|access_tokens)(\/[^/]+(\/rotate)?)?$/;

/** Tells whether a path is one of GitLab's. */
export function isGitlabPath(path: string): boolean {
  return path.startsWith('/api/v4/') || path === realmPath;
}

/** Tells whether a path is that of a list of tokens, of one of them, or of its rotation. */
export function isGitlabTokenPath(path: string): boolean {
  return tokenPath.test(path);
}

/** Creates the GitLab API as one handler. */
export function createGitlabApp(
  route: RouteContext,
  signer: TokenSigner,
): (request: Request) => Promise<Response> {
  const app = new Hono();
  const paginate = createPaginate(route.quirks);

  if (route.quirks.rateLimitHeaders) app.use('/api/*', rateLimitHeaders(route.now));
  systemRoutes(app, route);
  namespaceRoutes(app, route, paginate);
  deployTokenRoutes(app, route, paginate);
  rotateRoutes(app, route);
  accessTokenRoutes(app, route, paginate);
  tokenRealmRoutes(app, route, signer);
  // Tokens can't be changed: there is no PUT and no PATCH.
  app.notFound((context) =>
    errorResponse(isGitlabTokenPath(new URL(context.req.url).pathname) ? refusal(405) : refusal(404)),
  );
  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (!(error instanceof ApiError)) throw error;
    return errorResponse(error);
  });

  return async (request) => app.fetch(request);
}
