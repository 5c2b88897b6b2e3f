import type { Context, Hono } from 'hono';
import { hasRole } from './access.ts';
import { callerIn } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import type { NewDeployToken } from './deploy-token-store.ts';
import { badParameter, gitlabError } from './errors.ts';
import type { Paginate } from './paginate.ts';
import { dateParam, listParam, type Params, readParams, requireParams, textParam } from './params.ts';
import { booleanQuery, idIn } from './query.ts';
import { resourceIn, resourceKindIn } from './resource.ts';
import { knownDeployScopes } from './scopes.ts';
import { showDeployToken } from './serialize.ts';
import { type DeployToken, type GitlabResource, isUsableDeployToken } from './state.ts';

const base = '/api/v4';
const path = `${base}/:kind{projects|groups}/:id/deploy_tokens`;

/** Adds the routes that list, read, create and delete deploy tokens: docs/services/gitlab.md, Deploy tokens. */
export function deployTokenRoutes(app: Hono, route: GitlabRouteContext, paginate: Paginate): void {
  const { deployTokens, quirks, now } = route;
  const show = (token: DeployToken) => showDeployToken(token, now());

  /** Returns the project or group of a path if the caller has the role for this. */
  const resource = (context: Context, groupRole: 'maintainer' | 'owner'): GitlabResource => {
    const caller = callerIn(context, route);
    const found = resourceIn(context, resourceKindIn(context), caller, route);
    const role = found.kind === 'group' ? groupRole : 'maintainer';
    if (!hasRole(caller, found, role)) throw gitlabError(403);
    return found;
  };

  const listed = (context: Context, tokens: readonly DeployToken[]): Response => {
    const active = booleanQuery(context, 'active') ?? false;
    const items = tokens.filter((token) => !active || isUsableDeployToken(token, now())).toSorted(byExpiry);
    return context.json(paginate(context, items).map(show));
  };

  app.get(`${base}/deploy_tokens`, (context) => {
    const caller = callerIn(context, route);
    if (caller.type !== 'user' || !caller.user.admin) throw gitlabError(403);
    return listed(context, deployTokens.list());
  });

  app.get(path, (context) => {
    const found = resource(context, 'maintainer');
    return listed(
      context,
      deployTokens.list().filter((token) => token.resource === found),
    );
  });

  app.post(path, async (context) => {
    const found = resource(context, 'owner');
    const properties = checkNew(await readParams(context.req.raw), knownDeployScopes(quirks.version));
    const token = deployTokens.create(found, properties);
    return context.json({ ...show(token), token: token.secret }, 201);
  });

  app.get(`${path}/:tokenId`, (context) => {
    const found = resource(context, 'maintainer');
    const token = deployTokens.read(idIn(context));
    if (token.resource !== found) throw gitlabError(404);
    return context.json(show(token));
  });

  app.delete(`${path}/:tokenId`, (context) => {
    const found = resource(context, 'owner');
    const id = idIn(context);
    if (!deployTokens.live().some((token) => token.id === id && token.resource === found))
      throw gitlabError(404);
    deployTokens.delete(id);
    return context.body(null, 204);
  });
}

/** Returns the token that a create asks for. */
function checkNew(params: Params, known: readonly string[]): NewDeployToken {
  requireParams(params, 'name', 'scopes');
  const scopes = listParam(params, 'scopes');
  if (!scopes.every((scope) => known.includes(scope)))
    throw badParameter('scopes does not have a valid value');
  const name = textParam(params, 'name') ?? '';
  const username = textParam(params, 'username') ?? '';
  const expiresAt = dateParam(params, 'expires_at');
  const problems = [
    ...(scopes.length === 0 ? ["Scopes can't be blank"] : []),
    ...(name.trim() === '' ? ["Name can't be blank"] : []),
    ...tooLong('Name', name),
    ...tooLong('Username', username),
    ...(/^[\w+.-]*$/.test(username)
      ? []
      : ["Username can contain only letters, digits, '_', '-', '+', and '.'"]),
  ];
  if (problems.length > 0) throw gitlabError(400, problems.join(' and '));
  return {
    name,
    ...(username !== '' && { username }),
    scopes: known.filter((scope) => scopes.includes(scope)),
    expiresAt,
  };
}

function tooLong(field: string, text: string): readonly string[] {
  return text.length > 255 ? [`${field} is too long (maximum is 255 characters)`] : [];
}

/** Compares by expiry and ID; tokens that never expire are last. */
function byExpiry(one: DeployToken, other: DeployToken): number {
  const end = ({ expiresAt }: DeployToken): number => expiresAt ?? Number.MAX_VALUE;
  return end(one) - end(other) || Number(one.id) - Number(other.id);
}
