import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { ApiError } from '../api-error.ts';
import type { TokenSigner } from '../registry/token-signer.ts';
import { accessTokenRoutes } from './access-tokens.ts';
import type { GitlabRouteContext } from './context.ts';
import { deployTokenRoutes } from './deploy-tokens.ts';
import { gitlabError, gitlabErrorResponse } from './errors.ts';
import { namespaceRoutes } from './namespaces.ts';
import { createPaginate } from './paginate.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { rotateRoutes } from './rotate.ts';
import { gitlabSystemRoutes } from './system.ts';
import { gitlabRealmPath, gitlabRealmRoutes } from './token-realm.ts';

const tokenPath = /^\/api\/v4\/(projects|groups)\/[^/]+\/(deploy_tokens|access_tokens)(\/[^/]+(\/rotate)?)?$/;

/** Tells whether a path is one of GitLab's: of its API, or of the realm of its registry. */
export function isGitlabPath(path: string): boolean {
  return path.startsWith('/api/v4/') || path === gitlabRealmPath;
}

/** Tells whether a path is that of a list of tokens, of one of them, or of its rotation. */
export function isGitlabTokenPath(path: string): boolean {
  return tokenPath.test(path);
}

/** Creates the handler of all requests to GitLab: docs/services/gitlab.md, Requests. */
export function createGitlabApp(
  route: GitlabRouteContext,
  signer: TokenSigner,
): (request: Request) => Promise<Response> {
  const app = new Hono();
  const paginate = createPaginate(route.quirks);

  if (route.quirks.rateLimitHeaders) app.use('/api/*', rateLimitHeaders(route.now));
  gitlabSystemRoutes(app, route);
  namespaceRoutes(app, route, paginate);
  deployTokenRoutes(app, route, paginate);
  rotateRoutes(app, route);
  accessTokenRoutes(app, route, paginate);
  gitlabRealmRoutes(app, route, signer);
  // Tokens can't be changed: there is no PUT and no PATCH.
  app.notFound((context) =>
    gitlabErrorResponse(
      isGitlabTokenPath(new URL(context.req.url).pathname) ? gitlabError(405) : gitlabError(404),
    ),
  );
  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (!(error instanceof ApiError)) throw error;
    return gitlabErrorResponse(error);
  });

  return async (request) => app.fetch(request);
}
