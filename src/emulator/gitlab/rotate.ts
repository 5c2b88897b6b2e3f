import type { Context, Hono } from 'hono';
import { levelIn } from './access.ts';
import { managesTokens } from './access-tokens.ts';
import { authenticate, callerIn, type GitlabCaller } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import { badRequest, gitlabError, insufficientScope } from './errors.ts';
import { dateAfter, expiryOfRotated } from './expiry.ts';
import { dateParam, readParams } from './params.ts';
import { idIn } from './query.ts';
import { resourceIn, resourceKindIn } from './resource.ts';
import { showAccessToken } from './serialize.ts';
import { type AccessToken, isExpiredAccessToken } from './state.ts';

const path = '/api/v4/:kind{projects|groups}/:id/access_tokens';

/**
 * Adds the routes that rotate access tokens: docs/services/gitlab.md, Access tokens. Reuse of a revoked token may
 * revoke its successors.
 */
export function rotateRoutes(app: Hono, route: GitlabRouteContext): void {
  const { accessTokens, features, quirks, now } = route;

  const rotated = async (context: Context, token: AccessToken): Promise<Response> => {
    const end = features.rotateExpiry ? dateParam(await readParams(context.req.raw), 'expires_at') : null;
    const expiresOn = expiryOfRotated(
      end === null ? null : dateAfter(end),
      { ...quirks, ...features },
      now(),
    );
    const fresh = accessTokens.rotate(token, expiresOn);
    return context.json({ ...showAccessToken(fresh, features, now()), token: fresh.secret });
  };

  if (features.selfRotate) {
    app.post(`${path}/self/rotate`, (context) => {
      const caller = authenticate(context, route);
      const { scopes } = caller.token;
      if (!scopes.includes('api') && !scopes.includes('self_rotate')) throw insufficientScope();
      if (caller.type !== 'bot') throw gitlabError(405);
      if (resourceIn(context, resourceKindIn(context), caller, route) !== caller.token.resource)
        throw gitlabError(401);
      return rotated(context, caller.token);
    });
  }

  app.post(`${path}/:tokenId/rotate`, (context) => {
    const caller = callerIn(context, route);
    const resource = resourceIn(context, resourceKindIn(context), caller, route);
    const id = idIn(context);
    const token = accessTokens.live().find((one) => one.id === id && one.resource === resource);
    // Only administrators learn that a token doesn't exist.
    if (!token) throw gitlabError(isAdmin(caller) ? 404 : 401);
    const isOwn = caller.token === token;
    if (!isOwn && (caller.type === 'bot' || !managesTokens(caller, resource))) throw gitlabError(401);
    if (token.revoked) {
      if (features.reuse === 'family') accessTokens.revokeFamily(token.userId);
      throw badRequest('Token already revoked');
    }
    if (isExpiredAccessToken(token, now()) && !isAdmin(caller)) throw gitlabError(401);
    if (token.accessLevel > levelIn(caller, resource))
      throw badRequest('Not eligible to rotate token with access level higher than the user');
    return rotated(context, token);
  });
}

function isAdmin(caller: GitlabCaller): boolean {
  return caller.type === 'user' && caller.user.admin;
}
