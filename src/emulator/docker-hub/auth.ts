import type { Hono } from 'hono';
import { ApiError } from '../api-error.ts';
import { jsonBody } from '../request.ts';
import type { HubRouteContext } from './context.ts';
import type { LoginResult } from './logins.ts';
import { checkTexts } from './validate.ts';

/**
 * Adds the routes that issue JWTs: `/v2/auth/token`, and the deprecated `/v2/users/login`, which alone supports
 * second factors. See docs/services/docker-hub.md, Login.
 */
export function authRoutes(app: Hono, { logins, jwts }: HubRouteContext): void {
  app.post('/v2/auth/token', async (context) => {
    const { identifier, secret } = checkTexts(await jsonBody(context.req.raw), ['identifier', 'secret']);
    const login = logins.enter(identifier, secret);
    if (login.type === 'in') return context.json({ access_token: jwts.issue(login.session) });
    throw new ApiError(401, 'unauthorized', login.type === 'refused' ? login.why : secondFactor);
  });

  const response = (login: LoginResult): Response => {
    switch (login.type) {
      case 'second_factor':
        return Response.json({ detail: secondFactor, login_2fa_token: login.token }, { status: 401 });
      case 'refused':
        return Response.json({ detail: login.why }, { status: 401 });
      case 'in':
        if (login.session.by !== 'org_token') return Response.json({ token: jwts.issue(login.session) });
        return Response.json({ detail: 'the account of an organization cannot log in' }, { status: 401 });
    }
  };

  app.post('/v2/users/login', async (context) => {
    const { username, password } = checkTexts(await jsonBody(context.req.raw), ['username', 'password']);
    return response(logins.enter(username, password));
  });

  app.post('/v2/users/2fa-login', async (context) => {
    const body = checkTexts(await jsonBody(context.req.raw), ['login_2fa_token', 'code']);
    return response(logins.confirm(body.login_2fa_token, body.code));
  });
}

const secondFactor = 'a second factor is required: a code of two-factor authentication';
