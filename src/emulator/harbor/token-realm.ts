import type { Hono } from 'hono';
import { isoTime } from '../iso-time.ts';
import { requestedScopes } from '../registry/token-request.ts';
import type { GrantedAccess, TokenSigner } from '../registry/token-signer.ts';
import { type HarborCaller, harborCallerOf, loginOf } from './callers.ts';
import type { HarborRouteContext } from './context.ts';
import { harborError } from './errors.ts';
import { isAdmin, projectImageActions } from './members.ts';
import { requireLogin } from './rights.ts';
import { type HarborState, projectByName } from './state.ts';

/** The name of the registry in challenges and tokens. */
const service = 'harbor-registry';

const issuer = 'harbor-token-issuer';
const lifetimeSeconds = 1800;
const path = '/service/token';

/**
 * Adds the route that issues bearer tokens for the registry. A bearer has the rights that the caller has at that
 * moment.
 */
export function harborRealmRoutes(app: Hono, { state, now }: HarborRouteContext, signer: TokenSigner): void {
  app.get(path, (context) => {
    if (context.req.query('service') !== service) {
      throw harborError(400, `unable to handle service: ${context.req.query('service') ?? ''}`);
    }
    const caller = harborCallerOf(context.req.header('authorization'), state, now());
    const scopes = requestedScopes(context);
    // A login asks for nothing. A request for a repository may be one for a public one.
    if (scopes.length === 0) requireLogin(caller);
    const access = scopes.map((scope) => grantedAccess(scope, caller, state));
    const token = signer.sign({
      issuer,
      subject: loginOf(caller),
      audience: service,
      access,
      lifetimeSeconds,
    });
    return context.json({
      token,
      access_token: token,
      expires_in: lifetimeSeconds,
      issued_at: isoTime(now()),
    });
  });

  // After a 405, clients that try a POST first fall back to a GET.
  app.all(path, () => {
    throw harborError(405, 'method not allowed');
  });
}

/** Returns all rights that a caller has to the resource of a scope, whatever actions the scope asks for. */
function grantedAccess(scope: string, caller: HarborCaller, state: HarborState): GrantedAccess {
  const [, type = scope, name = ''] = /^([^:]*):(.*?)(?::[^:/]*)?$/.exec(scope) ?? [];
  return { type, name, actions: actionsOn(type, name, caller, state) };
}

function actionsOn(type: string, name: string, caller: HarborCaller, state: HarborState): readonly string[] {
  if (type === 'registry') return name === 'catalog' && isAdmin(caller) ? ['*'] : [];
  const project = type === 'repository' ? projectByName(state, name.split('/')[0] ?? '') : undefined;
  return project ? projectImageActions(caller, project) : [];
}
