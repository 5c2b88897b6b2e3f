import type { Context, Hono } from 'hono';
import { basicCredentials, requestedScopes } from '../registry/token-request.ts';
import type { GrantedAccess, TokenSigner } from '../registry/token-signer.ts';
import { clientAddress, ownerOf, recordUse } from './callers.ts';
import type { GitlabRouteContext } from './context.ts';
import { hasImageScope, type RegistryLogin, repositoryActions } from './image-rights.ts';
import { createLoginLimit } from './login-limit.ts';
import { isUsableAccessToken, isUsableDeployToken, resourcesOf } from './state.ts';

/** The path where clients of GitLab's registry get their bearer tokens. */
export const gitlabRealmPath = '/jwt/auth';

/** The name of the registry in challenges and tokens. */
const service = 'container_registry';

const issuer = 'gitlab-issuer';
const lifetimeSeconds = 300;

/**
 * Adds the route that issues bearer tokens for the registry. A bearer has the rights that the login has at that
 * moment.
 */
export function gitlabRealmRoutes(app: Hono, route: GitlabRouteContext, signer: TokenSigner): void {
  const { state, quirks, now } = route;
  const limit = createLoginLimit(quirks.maxLoginFailures, now);

  app.get(gitlabRealmPath, (context) => {
    const address = clientAddress(context);
    if (limit.isBlocked(address)) return context.text('Forbidden\n', 403);
    if (context.req.query('service') !== service) return context.text('', 404);
    if (!quirks.registry) return refused(context, 404, 'UNAVAILABLE', 'registry not enabled');
    const authorization = context.req.header('authorization');
    const { name = '', password = '' } = basicCredentials(authorization) ?? {};
    const login = loginOf(name, password, route);
    if (authorization !== undefined && !login) {
      limit.failed(address);
      return refused(context, 401, 'UNAUTHORIZED', 'HTTP Basic: Access denied');
    }
    if (login) limit.succeeded(address);
    const scopes = requestedScopes(context);
    if (login ? !hasImageScope(login) : scopes.length === 0)
      return refused(context, 403, 'DENIED', 'access forbidden');
    if (login && login.type !== 'deploy') recordUse(login, address, now());

    const actionsOn = (repository: string): readonly string[] =>
      login ? repositoryActions(login, repository, state) : publicActions(repository, route);
    const access = scopes.flatMap((scope) => grantedAccess(scope, actionsOn));
    const token = signer.sign({ issuer, subject: name, audience: service, access, lifetimeSeconds });
    return context.json({ token });
  });
}

/** Returns the login of a user name and a secret. A deploy token has one name, others any that isn't empty. */
function loginOf(
  name: string,
  secret: string,
  { state, now }: GitlabRouteContext,
): RegistryLogin | undefined {
  const deploy = [...state.deployTokens.tokens.values()].find((token) => token.secret === secret);
  if (deploy) {
    const isValid = deploy.username === name && isUsableDeployToken(deploy, now());
    return isValid ? { type: 'deploy', token: deploy } : undefined;
  }
  const owner = name === '' ? undefined : ownerOf(state, secret);
  return owner && isUsableAccessToken(owner.token, now()) ? owner : undefined;
}

/** Returns the part of the requested actions that is allowed; none if nothing is. */
function grantedAccess(
  scope: string,
  actionsOn: (repository: string) => readonly string[],
): readonly GrantedAccess[] {
  const [, type = '', name = '', asked = ''] = /^([^:]*):(.*):([^:/]*)$/.exec(scope) ?? [];
  const allowed = type === 'repository' ? actionsOn(name) : [];
  const actions = asked.split(',').filter((action) => allowed.includes(action));
  return actions.length > 0 ? [{ type, name, actions }] : [];
}

function publicActions(repository: string, { state }: GitlabRouteContext): readonly string[] {
  return resourcesOf(state, 'project').some(
    (project) =>
      project.public && project.registry && `${repository}/`.startsWith(`${project.path.toLowerCase()}/`),
  )
    ? ['pull']
    : [];
}

function refused(context: Context, status: 401 | 403 | 404, code: string, message: string): Response {
  return context.json({ errors: [{ code, message }] }, status);
}
