import type { Context } from 'hono';
import type { GitlabRouteContext } from './context.ts';
import { gitlabError, insufficientScope, invalidToken } from './errors.ts';
import {
  type AccessToken,
  type CallerToken,
  type GitlabState,
  isExpiredAccessToken,
  type User,
} from './state.ts';

/** The account of a request: a person with a personal token, or the bot user of an access token. */
export type GitlabCaller =
  | { readonly type: 'user'; readonly user: User; readonly token: CallerToken }
  | { readonly type: 'bot'; readonly token: AccessToken };

/** Time until the last use of a token is recorded again, in milliseconds. */
const usageInterval = 600_000;

/**
 * Returns the account of a secret, even if its token is revoked or has expired; `undefined` for an unknown secret.
 * Deploy tokens have no account.
 */
export function ownerOf({ users, accessTokens }: GitlabState, secret: string): GitlabCaller | undefined {
  for (const token of accessTokens.tokens.values()) {
    if (token.secret === secret) return { type: 'bot', token };
  }
  for (const user of users) {
    const token = user.tokens.find((one) => one.secret === secret);
    if (token) return { type: 'user', user, token };
  }
  return undefined;
}

/**
 * Returns the account of a request whatever the scopes of its token. Throws a 401 for an unknown, revoked or expired
 * token.
 */
export function authenticate(context: Context, route: GitlabRouteContext): GitlabCaller {
  const { state, now } = route;
  const [, bearer = ''] = /^bearer (.+)$/i.exec(context.req.header('authorization') ?? '') ?? [];
  const caller = ownerOf(state, context.req.header('private-token') ?? bearer);
  if (!caller) throw gitlabError(401);
  if (caller.token.revoked) {
    if (caller.type === 'bot') afterReuse(context.req.path, caller.token, route);
    throw invalidToken('revoked');
  }
  if (isExpiredAccessToken(caller.token, now())) throw invalidToken('expired');
  recordUse(caller, clientAddress(context), now());
  return caller;
}

/**
 * Returns the account of a request whose token has the scope `api`, or `read_api` for a GET. Throws a 403 otherwise.
 */
export function callerIn(context: Context, route: GitlabRouteContext): GitlabCaller {
  const caller = authenticate(context, route);
  const { scopes } = caller.token;
  const isRead = context.req.method === 'GET';
  if (!scopes.includes('api') && !(isRead && scopes.includes('read_api'))) throw insufficientScope();
  return caller;
}

/** Returns the address that a request comes from: the first in `X-Forwarded-For`, or loopback. */
export function clientAddress(context: Context): string {
  return context.req.header('x-forwarded-for')?.split(',')[0]?.trim() ?? '127.0.0.1';
}

/** Records the use of a token: the time at most every ten minutes, and up to five addresses of a bot. */
export function recordUse({ type, token }: GitlabCaller, address: string, now: number): void {
  if (token.lastUsed === null || now - token.lastUsed >= usageInterval) token.lastUsed = now;
  if (type === 'bot' && !token.lastUsedIps.includes(address))
    token.lastUsedIps = [address, ...token.lastUsedIps].slice(0, 5);
}

/** Revokes the other tokens of a bot user if a revoked one is used for a rotation. */
function afterReuse(path: string, { userId }: AccessToken, { accessTokens, features }: GitlabRouteContext) {
  if (features.reuse !== 'reject' && path.endsWith('/rotate')) accessTokens.revokeFamily(userId);
}
