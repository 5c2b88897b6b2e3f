import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { Credential } from '../service.ts';
import { basicLogin } from './basic-login.ts';

/** The login challenge of a registry. It accepts both, whatever it asks for. */
export type LoginChallenge = 'basic' | 'bearer';

/** Lifetime of a bearer token, in seconds. */
const lifetimeSeconds = 300;

/** Tells whether a path is one of the registry endpoint's; others under `/v2/` are Docker Hub's. */
export function isRegistryPath(path: string): boolean {
  return /^\/v2\/(token|.+\/(tags\/list|manifests\/[^/]+))?$/.test(path);
}

/**
 * Creates the endpoint that `docker login` uses (Docker's HTTP API V2, and its token authentication). All registries
 * share it, and all the credentials that are valid at the time.
 */
export function createLoginEndpoint(
  credentials: () => readonly Credential[],
  loginChallenge: LoginChallenge,
  now: () => number,
): (request: Request) => Promise<Response> {
  const app = new Hono();
  // Bearer tokens are signed and not recorded. The password is part of the key, so a new password ends the old
  // tokens.
  const key = randomBytes(32);
  const sign = (text: string, { password }: Credential): string =>
    createHmac('sha256', key).update(`${text} ${password}`).digest('base64url');

  const issue = (credential: Credential): string => {
    const text = `${credential.id}.${now() + lifetimeSeconds * 1000}`;
    return `${text}.${sign(text, credential)}`;
  };

  const byBearer = (bearer: string): Credential | undefined => {
    const [, id, until, signature = ''] = /^(.*)\.(\d+)\.([^.]*)$/s.exec(bearer) ?? [];
    if (!(now() < Number(until))) return undefined;
    const found = credentials().find((one) => one.id === id);
    return found && same(signature, sign(`${id}.${until}`, found)) ? found : undefined;
  };

  const loggedIn = (context: Context): Credential | undefined => {
    const authorization = context.req.header('authorization');
    const [scheme = '', text = ''] = (authorization ?? '').split(' ');
    return scheme.toLowerCase() === 'bearer' ? byBearer(text) : basicLogin(authorization, credentials());
  };

  const challenge = (context: Context): string => {
    const { origin, host } = new URL(context.req.url);
    return loginChallenge === 'basic'
      ? `Basic realm="${host}"`
      : `Bearer realm="${origin}/v2/token",service="${host}"`;
  };

  app.get('/v2/', (context) => {
    context.header('docker-distribution-api-version', 'registry/2.0');
    if (!loggedIn(context)) return unauthorized(context, challenge(context));
    return context.json({});
  });

  app.get('/v2/token', (context) => {
    const known = basicLogin(context.req.header('authorization'), credentials());
    if (!known) return unauthorized(context, `Basic realm="${new URL(context.req.url).host}"`);
    const token = issue(known);
    return context.json({ token, access_token: token, expires_in: lifetimeSeconds });
  });

  /** Answers a pull from a repository. All repositories are empty. */
  const pull = (context: Context, repository: string, empty: () => Response): Response => {
    context.header('docker-distribution-api-version', 'registry/2.0');
    const credential = loggedIn(context);
    if (!credential) return unauthorized(context, challenge(context));
    if (!credential.actionsOn(repository).includes('pull')) {
      return context.json(errors('DENIED', `the token ${credential.name} can't pull ${repository}`), 403);
    }
    return empty();
  };

  app.get('/v2/:name{.+}/tags/list', (context) => {
    const name = context.req.param('name');
    return pull(context, name, () => context.json({ name, tags: [] }));
  });

  app.get('/v2/:name{.+}/manifests/:reference', (context) =>
    pull(context, context.req.param('name'), () =>
      context.json(errors('MANIFEST_UNKNOWN', 'manifest unknown'), 404),
    ),
  );

  // After a 405, clients that try a POST first fall back to a GET.
  app.notFound((context) => context.json(errors('UNSUPPORTED', 'the method is not supported'), 405));

  return async (request) => app.fetch(request);
}

function unauthorized(context: Context, challenge: string): Response {
  context.header('www-authenticate', challenge);
  return context.json(errors('UNAUTHORIZED', 'authentication required'), 401);
}

function errors(code: string, message: string): Record<string, unknown> {
  return { errors: [{ code, message, detail: null }] };
}

function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
