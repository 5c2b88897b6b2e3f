import type { Context, Hono } from 'hono';
import { levelIn } from './access.ts';
import { managesTokens } from './access-tokens.ts';
import { authenticate, type Caller, callerIn } from './callers.ts';
import type { RouteContext } from './context.ts';
import { badRequest, insufficientScope, refusal } from './errors.ts';
import { dateAfter, expiryOfRotated } from './expiry.ts';
import { dateParam, readParams } from './params.ts';
import { idIn } from './query.ts';
import { kindIn, resourceIn } from './resource.ts';
import { showAccessToken } from './serialize.ts';
import { type AccessToken, isExpired } from './state.ts';

const path = '/api/v4/:kind{projects|groups}/:id/access_tokens';

/** Adds the routes that rotate access tokens. */
export function rotateRoutes(app: Hono, route: RouteContext): void {
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
      if (caller.type !== 'bot') throw refusal(405);
      if (resourceIn(context, kindIn(context), caller, route) !== caller.token.resource) throw refusal(401);
      return rotated(context, caller.token);
    });
  }

  app.post(`${path}/:tokenId/rotate`, (context) => {
    const caller = callerIn(context, route);
    const resource = resourceIn(context, kindIn(context), caller, route);
    const id = idIn(context);
    const token = accessTokens.live().find((one) => one.id === id && one.resource === resource);
    // Only administrators learn that a token doesn't exist.
    if (!token) throw refusal(isAdmin(caller) ? 404 : 401);
    const isOwn = caller.token === token;
    if (!isOwn && (caller.type === 'bot' || !managesTokens(caller, resource))) throw refusal(401);
    if (token.revoked) {
      if (features.reuse === 'family') accessTokens.revokeFamily(token.userId);
      throw badRequest('Token already revoked');
    }
    if (isExpired(token, now()) && !isAdmin(caller)) throw refusal(401);
    if (token.accessLevel > levelIn(caller, resource))
      throw badRequest('Not eligible to rotate token with access level higher than the user');
    return rotated(context, token);
  });
}

function isAdmin(caller: Caller): boolean {
  return caller.type === 'user' && caller.user.admin;
}
