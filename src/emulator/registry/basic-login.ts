import type { Credential } from '../service.ts';
import { basicCredentials } from './token-request.ts';

/** Returns the token that a Basic `Authorization` header logs in with, and records its use; `undefined` if there is none. */
export function basicLogin(
  authorization: string | undefined,
  credentials: readonly Credential[],
): Credential | undefined {
  const login = basicCredentials(authorization);
  if (!login) return undefined;
  const found = credentials.find(
    ({ username, password, anyUsername }) =>
      password === login.password && (username === login.name || (anyUsername === true && login.name !== '')),
  );
  found?.used?.();
  return found;
}
