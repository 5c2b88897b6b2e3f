import { ReconcileError } from '../../core/model/errors.ts';
import type { Login } from '../provider.ts';
import { claimsOf } from './jwt.ts';

/** The fix for a login with an access token: docs/services/docker-hub.md, Access tokens as logins. */
export const signInHint =
  'use the account password (DOCKER_HUB_USERNAME, DOCKER_HUB_PASSWORD; DOCKER_HUB_TOTP with two-factor authentication), or set DOCKER_HUB_TOKEN to the bearer token of a browser login, which enforced single sign-on requires';

/** Throws, before anything is sent, if a login's secret is an access token, which Docker Hub would reject. */
export function rejectAccessTokenLogin(login: Login): void {
  const what = accessTokenIn(login);
  if (what === undefined) return;
  throw new ReconcileError({
    code: 'AUTH',
    message: `${login.where} can't be used: it is ${what}, and an access token can't manage access tokens, regardless of its scopes`,
    hint: signInHint,
  });
}

function accessTokenIn(login: Login): string | undefined {
  const secret = ('token' in login ? login.token : login.password).trim();
  if (secret.startsWith('dckr_pat_')) return 'a personal access token';
  if (secret.startsWith('dckr_oat_')) return 'an organization access token';
  if (!('token' in login)) return undefined;
  const { source = '' } = claimsOf(login.token);
  if (/^docker_pat\|/.test(source)) return 'the bearer token of a login with a personal access token';
  return /^docker_oat\|/.test(source)
    ? 'the bearer token of a login with an organization access token'
    : undefined;
}

/**
 * Returns the hint for a 403. Everyone may manage their own personal tokens, so there it means a login with an access token,
 * whatever its text says. For an organization the account may lack the right as well: docs/services/docker-hub.md, Access
 * tokens as logins.
 */
export function forbiddenHint(said: string, path: string): string {
  const byAccessToken = `an access token can't manage access tokens: ${signInHint}`;
  // Other rejections mention access tokens, too, as the object that can't be managed.
  if (/^\/v2\/access-tokens\b/.test(path) || /\bfrom\b.*\baccess token/i.test(said)) return byAccessToken;
  return "sign in as an owner of the organization, or with a role that may manage its access tokens; an access token can't manage access tokens";
}
