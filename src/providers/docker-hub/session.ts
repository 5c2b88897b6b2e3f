import { ReconcileError } from '../../core/model/errors.ts';
import { isObject, type Json } from '../../core/util/json.ts';
import type { HttpResponse } from '../../http/client.ts';
import { maskPossibleSecrets } from '../../http/possible-secrets.ts';
import type { Login, ServiceSession, SignInContext } from '../provider.ts';
import { rejectAccessTokenLogin, signInHint } from './access-token.ts';
import { claimsOf } from './jwt.ts';

/**
 * Margin before the expiry at which a bearer is renewed, and the lifetime of a bearer without an expiry:
 * docs/services/docker-hub.md, Login.
 */
const marginSeconds = 60;
const unknownLifeSeconds = 300;
/** Minimum time for which a bearer is used, whatever its expiry: a login for each request would lock the account. */
const shortestLifeSeconds = 10;

interface Bearer {
  readonly token: string;
  /** The time of renewal in seconds since 1970, by our clock. */
  readonly renewAt: number;
}

/**
 * Creates a session of Docker Hub. A given bearer is used as it is. A password is used for one login, shared by all
 * requests, renewed before it expires and once after a 401. Throws `AUTH` for a secret that can't manage tokens. See
 * docs/services/docker-hub.md, Login.
 */
export function signIn(login: Login, means: SignInContext): ServiceSession {
  rejectAccessTokenLogin(login);
  if ('token' in login) {
    const { token, username } = login;
    return {
      header: async () => `Bearer ${token}`,
      renew: async () => false,
      user: async () => claimsOf(token).user ?? username ?? '',
    };
  }
  return passwordSession(login, means);
}

type PasswordLogin = Exclude<Login, { readonly token: string }>;

function passwordSession(login: PasswordLogin, means: SignInContext): ServiceSession {
  let code = means.code;
  let session: Promise<Bearer> | undefined;
  let renewal: Promise<Bearer> | undefined;

  const logInNow = (signal: AbortSignal): Promise<Bearer> => {
    const started = logIn(login, { ...means, code }, signal);
    code = undefined; // each is good for one login
    session = started;
    started.catch(() => {
      // A failed login is not tried again, as accounts lock (docs/services/docker-hub.md, Login). An interrupted login
      // hasn't failed.
      if (signal.aborted && session === started) session = undefined;
    });
    return started;
  };
  const current = async (signal: AbortSignal): Promise<Bearer> => {
    const before = session ?? logInNow(signal);
    const known = await before.catch((error: unknown) => {
      if (session === before || signal.aborted) throw error;
      return undefined;
    });
    if (known && known.renewAt > means.now() / 1000) return known;
    // The first caller renews it for all.
    return session === before ? logInNow(signal) : current(signal);
  };
  const header = async (signal: AbortSignal): Promise<string> => `Bearer ${(await current(signal)).token}`;

  return {
    header,
    async renew(refused, signal) {
      if ((await header(signal)) !== refused) return true;
      renewal ??= logInNow(signal);
      await renewal;
      return (await header(signal)) !== refused;
    },
    user: async (signal) => claimsOf((await current(signal)).token).user ?? login.username,
  };
}

async function logIn(login: PasswordLogin, means: SignInContext, signal: AbortSignal): Promise<Bearer> {
  const response = await getBearer(login, means, signal);
  const token = memberOf(response, 'access_token') ?? memberOf(response, 'token');
  if (response.status === 401 || token === undefined) throw loginError(login, response, false, means);
  means.announce(token);
  return { token, renewAt: means.now() / 1000 + usableSeconds(token, means) };
}

/**
 * Returns how long a new bearer is used, in seconds. Its expiry is compared with its own issue time, as our clock may be
 * wrong.
 */
function usableSeconds(token: string, { now }: SignInContext): number {
  const { issued = now() / 1000, expires = 0 } = claimsOf(token);
  const life = expires > issued ? expires - issued : unknownLifeSeconds;
  return Math.max(shortestLifeSeconds, life - Math.min(marginSeconds, life / 2));
}

/**
 * Returns a bearer for a password. `/v2/auth/token` isn't known to support a second factor, so with a code the older login
 * is used: docs/services/docker-hub.md, Login.
 */
async function getBearer(
  login: PasswordLogin,
  means: SignInContext,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { username, password } = login;
  if (means.code !== undefined) return getWithCode(login, means.code, means, signal);
  const response = await ask(
    means,
    '/v2/auth/token',
    { identifier: username, secret: password },
    signal,
    true,
  );
  if (response.status !== 401) return response;
  // A person who types a code confirms the password, so sending it once more is not a guess.
  const code = await means.askCode?.(
    `Docker Hub doesn't accept the password alone.\nTwo-factor code (empty if the account has none): `,
  );
  if (!code?.trim()) return response;
  const pending = memberOf(response, 'login_2fa_token');
  if (pending !== undefined) return sendCode(login, pending, code, means, signal);
  return getWithCode(login, code, means, signal);
}

async function getWithCode(
  login: PasswordLogin,
  code: string,
  means: SignInContext,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { username, password } = login;
  const response = await ask(means, '/v2/users/login', { username, password }, signal);
  const pending = memberOf(response, 'login_2fa_token');
  if (response.status !== 401 || pending === undefined) return response;
  return sendCode(login, pending, code, means, signal);
}

async function sendCode(
  login: PasswordLogin,
  pending: string,
  code: string,
  means: SignInContext,
  signal: AbortSignal,
): Promise<HttpResponse> {
  means.announce(pending);
  const body = { login_2fa_token: pending, code: code.trim() };
  const response = await ask(means, '/v2/users/2fa-login', body, signal);
  if (response.status === 401) throw loginError(login, response, true, means);
  return response;
}

async function ask(
  { http }: SignInContext,
  path: string,
  body: Json,
  signal: AbortSignal,
  isRepeatable = false,
): Promise<HttpResponse> {
  try {
    const request = { method: 'POST', path, body, ...(isRepeatable && { isLogin: true as const }) } as const;
    return await http.send(request, signal, [401]);
  } catch (error) {
    if (!(error instanceof ReconcileError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    // A login leaves nothing behind that has to be cleaned up.
    const { message, httpStatus } = error;
    throw new ReconcileError(
      {
        code: 'API_UNAVAILABLE',
        message,
        hint: 'run again later',
        ...(httpStatus !== undefined && { httpStatus }),
      },
      { cause: error },
    );
  }
}

function loginError(
  { where }: PasswordLogin,
  response: HttpResponse,
  byCode: boolean,
  { mask }: SignInContext,
): ReconcileError {
  if (response.status !== 401) {
    return new ReconcileError({
      code: 'API_UNAVAILABLE',
      message: "Docker Hub's response to the login has no token",
      hint: 'check the API URL, and any proxy in between',
    });
  }
  const said = memberOf(response, 'message') ?? memberOf(response, 'detail');
  const why = byCode
    ? 'the password is correct, but the code is not: use the current code; each works only once'
    : memberOf(response, 'login_2fa_token') === undefined
      ? 'the password is wrong or not enough: two-factor authentication also needs a code, and enforced single sign-on accepts no password'
      : 'the account has two-factor authentication: a code is needed in addition to the password';
  return new ReconcileError({
    code: 'AUTH',
    message: `Docker Hub doesn't accept the user name and password (${where}) (401)${said === undefined ? '' : `: ${maskPossibleSecrets(mask(said), new Set()).slice(0, 500)}`}; not retried, because failed logins lock the account`,
    hint: `${why}; ${signInHint}`,
    httpStatus: 401,
  });
}

function memberOf({ body }: HttpResponse, key: string): string | undefined {
  const value = isObject(body) ? body[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
