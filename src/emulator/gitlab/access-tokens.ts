import type { Context, Hono } from 'hono';
import { hasRole, levelIn } from './access.ts';
import type { NewAccessToken } from './access-token-store.ts';
import { callerIn, type GitlabCaller } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import { badField, badParameter, badRequest, gitlabError } from './errors.ts';
import { dateAfter, expiryOfNew } from './expiry.ts';
import type { Paginate } from './paginate.ts';
import {
  dateParam,
  integerParam,
  listParam,
  type Params,
  readParams,
  requireParams,
  textParam,
} from './params.ts';
import { booleanQuery, idIn, wordQuery } from './query.ts';
import { resourceIn, resourceKindIn } from './resource.ts';
import { knownAccessScopes } from './scopes.ts';
import { showAccessToken } from './serialize.ts';
import { type AccessToken, accessLevels, type GitlabResource, isUsableAccessToken } from './state.ts';

const path = '/api/v4/:kind{projects|groups}/:id/access_tokens';

type Order = (one: AccessToken, other: AccessToken) => number;

const byId: Order = (one, other) => Number(one.id) - Number(other.id);
const byName: Order = (one, other) => one.name.localeCompare(other.name) || byId(one, other);
const byExpiry: Order = (one, other) =>
  (one.expiresOn ?? '9999').localeCompare(other.expiresOn ?? '9999') || byId(one, other);
const orders = { created: byId, name: byName, expires: byExpiry } as const;
const sorts = ['created', 'name', 'expires'].flatMap((key) => [`${key}_asc`, `${key}_desc`]);

/**
 * Tells whether a caller manages the access tokens of a project (maintainers) or a group (owners):
 * docs/services/gitlab.md, Access tokens.
 */
export function managesTokens(caller: GitlabCaller, resource: GitlabResource): boolean {
  return hasRole(caller, resource, resource.kind === 'group' ? 'owner' : 'maintainer');
}

/** Adds the routes that list, read, create and revoke access tokens; `rotateRoutes` adds their rotation. */
export function accessTokenRoutes(app: Hono, route: GitlabRouteContext, paginate: Paginate): void {
  const { accessTokens, features, quirks, now } = route;
  const show = (token: AccessToken) => showAccessToken(token, features, now());
  const find = (context: Context) => {
    const caller = callerIn(context, route);
    return { caller, resource: resourceIn(context, resourceKindIn(context), caller, route) };
  };

  app.get(path, (context) => {
    const { caller, resource } = find(context);
    if (!managesTokens(caller, resource)) throw gitlabError(401);
    const tokens = accessTokens.list().filter((token) => token.resource === resource);
    const items = features.tokenFilters ? filtered(context, tokens, now()) : tokens.toSorted(byId).reverse();
    return context.json(paginate(context, items).map(show));
  });

  app.post(path, async (context) => {
    const { caller, resource } = find(context);
    const params = await readParams(context.req.raw);
    const properties = checkNew(params, knownAccessScopes(resource.kind, quirks), route);
    if (caller.type === 'bot' || !managesTokens(caller, resource) || !quirks.accessTokensAllowed)
      throw badRequest(`User does not have permission to create ${resource.kind} access token`);
    if (properties.accessLevel > levelIn(caller, resource))
      throw badRequest('Access level of the token is greater than that of the user who creates it');
    const token = accessTokens.create(resource, properties);
    return context.json({ ...show(token), token: token.secret }, 201);
  });

  app.get(`${path}/:tokenId`, (context) => {
    const { caller, resource } = find(context);
    if (!managesTokens(caller, resource)) throw gitlabError(401);
    const id = idIn(context);
    if (!findIn(accessTokens.live(), id, resource)) throw notFound(resource);
    return context.json(show(accessTokens.read(id)));
  });

  app.delete(`${path}/:tokenId`, (context) => {
    const { caller, resource } = find(context);
    const id = idIn(context);
    const token = findIn(accessTokens.live(), id, resource);
    if (!token || (token.revoked && quirks.revokedDelete === 'not_found')) throw notFound(resource);
    if (!managesTokens(caller, resource)) throw badRequest('The user cannot delete this token');
    accessTokens.revoke(id);
    return context.body(null, 204);
  });
}

function findIn(
  tokens: readonly AccessToken[],
  id: string,
  resource: GitlabResource,
): AccessToken | undefined {
  return tokens.find((token) => token.id === id && token.resource === resource);
}

function notFound({ kind }: GitlabResource) {
  return gitlabError(404, `404 ${kind} Access Token Not Found`);
}

function filtered(context: Context, tokens: readonly AccessToken[], now: number): readonly AccessToken[] {
  const state = wordQuery(context, 'state', ['active', 'inactive']);
  const revoked = booleanQuery(context, 'revoked');
  const search = context.req.query('search')?.toLowerCase() ?? '';
  const [key, direction] = (wordQuery(context, 'sort', sorts) ?? 'created_desc').split('_');
  const ordered = tokens
    .filter((token) => state === undefined || isUsableAccessToken(token, now) === (state === 'active'))
    .filter((token) => revoked === undefined || token.revoked === revoked)
    .filter(({ name }) => name.toLowerCase().includes(search))
    .toSorted(orders[key as keyof typeof orders]);
  return direction === 'asc' ? ordered : ordered.reverse();
}

/** Returns the token that a create asks for. */
function checkNew(
  params: Params,
  known: readonly string[],
  { quirks, features, now }: GitlabRouteContext,
): NewAccessToken {
  requireParams(params, 'name', 'scopes');
  const scopes = listParam(params, 'scopes');
  if (!scopes.every((scope) => known.includes(scope)))
    throw badParameter('scopes does not have a valid value');
  const accessLevel = integerParam(params, 'access_level', accessLevels.maintainer);
  const levels: readonly number[] = Object.values(accessLevels);
  if (!levels.includes(accessLevel) || (accessLevel === accessLevels.planner && !features.descriptions))
    throw badParameter('access_level does not have a valid value');
  const name = textParam(params, 'name') ?? '';
  const description = textParam(params, 'description');
  const end = dateParam(params, 'expires_at');
  if (scopes.length === 0) throw badRequest("Scopes can't be blank");
  if (name.trim() === '') throw badRequest("Name can't be blank");
  if (name.length > 255) throw badField('name', 'is too long (maximum is 255 characters)');
  return {
    name,
    // Releases without descriptions ignore them.
    description: features.descriptions ? description : null,
    scopes,
    accessLevel,
    expiresOn: expiryOfNew(end === null ? null : dateAfter(end), { ...quirks, ...features }, now()),
  };
}
