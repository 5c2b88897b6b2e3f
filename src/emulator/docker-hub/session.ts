import type { Context } from 'hono';
import { ApiError } from '../api-error.ts';
import { callerOf } from '../callers.ts';
import type { HubRouteContext } from './context.ts';
import { unauthorized } from './errors.ts';
import type { HubSession } from './jwt.ts';
import type { HubUser, Organization } from './state.ts';

/** Returns the session of a request, by a JWT or by a user's permanent bearer. Throws a 401 otherwise. */
export function requireSession(context: Context, { jwts, state }: HubRouteContext): HubSession {
  const authorization = context.req.header('authorization') ?? '';
  const [, bearer] = /^bearer (.+)$/i.exec(authorization) ?? [];
  if (bearer === undefined) throw unauthorized();
  const user = callerOf(`Bearer ${bearer}`)?.user;
  if (user !== undefined && state.users.has(user)) return { name: user, by: 'password' };
  const session = jwts.read(bearer);
  if (!session) throw unauthorized();
  return session;
}

/**
 * Returns the user of a request. Throws a 403 for a login with an access token, which can't manage access tokens:
 * docs/services/docker-hub.md, Access tokens as logins.
 */
export function requireManager(context: Context, route: HubRouteContext): HubUser {
  const { name, by } = requireSession(context, route);
  if (by === 'personal_token')
    throw forbidden('access with a token issued from a personal access token is not allowed');
  const user = route.state.users.get(name);
  if (by === 'org_token' || !user)
    throw forbidden('access with a token issued from an organization access token is not allowed');
  return user;
}

/**
 * Returns the organization in a path, and the user of the request. Throws a 404 for an unknown organization, and a
 * 403 if the user is not an owner.
 */
export function requireOwner(
  context: Context,
  route: HubRouteContext,
): { readonly organization: Organization; readonly user: HubUser } {
  const user = requireManager(context, route);
  const name = context.req.param('org') ?? '';
  const organization = route.state.organizations.get(name);
  if (!organization) throw new ApiError(404, 'organization-not-found', `no such organization: ${name}`);
  if (!organization.owners.includes(user.name))
    throw forbidden(`only an owner may manage the access tokens of ${name}`);
  return { organization, user };
}

function forbidden(message: string): ApiError {
  return new ApiError(403, 'forbidden', message);
}
