import { Hono } from 'hono';
import type { Credential } from '../service.ts';
import { basicLogin } from './basic-login.ts';
import { requestedScopes } from './token-request.ts';
import type { GrantedAccess, TokenSigner } from './token-signer.ts';

/** The path of the realm of IONOS and Docker Hub. Harbor and GitLab have their own. */
export const realmPath = '/token';

const issuer = 'reconcile-emulator';
const lifetimeSeconds = 300;

/**
 * Creates the endpoint that issues bearer tokens for a real registry (Docker's token authentication), with the rights that
 * a token has at the time.
 *
 * @param credentials returns the tokens that can log in to the registry of a service name
 */
export function createTokenRealm(
  credentials: (service: string) => readonly Credential[],
  signer: TokenSigner,
): (request: Request) => Promise<Response> {
  const app = new Hono();

  app.get(realmPath, (context) => {
    const service = context.req.query('service') ?? '';
    const known = basicLogin(context.req.header('authorization'), credentials(service));
    if (!known) return context.json({ details: 'incorrect username or password' }, 401);
    const scopes = requestedScopes(context);
    const access = scopes.map((scope) => grantedAccess(scope, known));
    const token = signer.sign({
      issuer,
      subject: known.username,
      audience: service,
      access,
      lifetimeSeconds,
    });
    return context.json({ token, access_token: token, expires_in: lifetimeSeconds });
  });

  // After a 405, clients that try a POST first fall back to a GET.
  app.notFound((context) => context.json({ details: 'the method is not supported' }, 405));

  return async (request) => app.fetch(request);
}

/** Returns the part of the requested actions that a token may do. */
function grantedAccess(scope: string, { actionsOn }: Credential): GrantedAccess {
  const [, type = scope, name = '', asked = ''] = /^([^:]*):(.*):([^:/]*)$/.exec(scope) ?? [];
  const allowed = type === 'repository' ? actionsOn(name) : [];
  return { type, name, actions: asked.split(',').filter((action) => allowed.includes(action)) };
}
