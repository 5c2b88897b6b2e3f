import { randomUUID } from 'node:crypto';
import type { HubSession } from './jwt.ts';
import { type HubState, type HubToken, type HubUser, isUsableHubToken } from './state.ts';

/** The result of a login: a session, a rejection with its reason, or a request for a second factor. */
export type LoginResult =
  | { readonly type: 'in'; readonly session: HubSession }
  | { readonly type: 'refused'; readonly why: string }
  /** The password is right; `token` is to be sent again with a code. */
  | { readonly type: 'second_factor'; readonly token: string };

/** Logins with a password or an access token, with the lock after failures and the second factor. */
export interface Logins {
  /** Logs in with a name, and a password or an access token. */
  enter(name: string, secret: string): LoginResult;
  /** Checks the second factor of a login that required one. */
  confirm(token: string, code: string): LoginResult;
  /** Returns the number of login attempts; both factors together count once. */
  count(): number;
}

const lockTime = 600_000;
const secondFactorTime = 300_000;

const wrong: LoginResult = { type: 'refused', why: 'the name or the secret is wrong' };

/**
 * Creates the logins of all accounts.
 *
 * @param lockAfter failures in a row after which an account is locked for ten minutes; 0 for never
 */
export function createLogins(state: HubState, lockAfter: number, now: () => number): Logins {
  let count = 0;
  const failures = new Map<string, number>();
  const lockedUntil = new Map<string, number>();
  const halfway = new Map<string, { readonly user: HubUser; readonly until: number }>();

  const counted = (name: string, login: LoginResult): LoginResult => {
    if (login.type === 'in') failures.delete(name);
    if (login.type !== 'refused') return login;
    const failed = (failures.get(name) ?? 0) + 1;
    failures.set(name, failed);
    if (lockAfter > 0 && failed >= lockAfter) {
      failures.delete(name);
      lockedUntil.set(name, now() + lockTime);
    }
    return login;
  };

  const guarded = (name: string, attempt: () => LoginResult): LoginResult => {
    if (now() < (lockedUntil.get(name) ?? 0))
      return { type: 'refused', why: 'the account is locked after too many failed logins; try again later' };
    return counted(name, attempt());
  };

  const good = <Token extends HubToken>(
    tokens: ReadonlyMap<string, Token> | undefined,
    secret: string,
  ): boolean => {
    const token = [...(tokens?.values() ?? [])].find(
      (one) => one.secret === secret && isUsableHubToken(one, now()),
    );
    if (token) token.lastUsed = now();
    return token !== undefined;
  };

  const byPassword = (user: HubUser): LoginResult => {
    if (user.sso) return { type: 'refused', why: 'single sign-on is enforced: a password is not accepted' };
    if (user.totp === null) return { type: 'in', session: { name: user.name, by: 'password' } };
    for (const [old, { until }] of halfway) if (until <= now()) halfway.delete(old);
    const token = randomUUID();
    halfway.set(token, { user, until: now() + secondFactorTime });
    return { type: 'second_factor', token };
  };

  return {
    enter: (name, secret) => {
      count += 1;
      return guarded(name, () => {
        const user = state.users.get(name);
        if (user && secret === user.password) return byPassword(user);
        if (good(user?.collection.tokens, secret))
          return { type: 'in', session: { name, by: 'personal_token' } };
        const organization = state.organizations.get(name);
        if (good(organization?.collection.tokens, secret))
          return { type: 'in', session: { name, by: 'org_token' } };
        return wrong;
      });
    },
    confirm: (token, code) => {
      const begun = halfway.get(token);
      if (!begun || begun.until <= now())
        return { type: 'refused', why: 'the login has expired, start again' };
      const { name, totp } = begun.user;
      return guarded(name, () => {
        if (code !== totp) return { type: 'refused', why: 'the code is wrong' };
        halfway.delete(token);
        return { type: 'in', session: { name, by: 'password' } };
      });
    },
    count: () => count,
  };
}
