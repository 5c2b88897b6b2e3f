import type { Credential } from '../service.ts';

/** Returns the token that a Basic `Authorization` header logs in with, and records its use. */
export function basicLogin(
  authorization: string | undefined,
  credentials: readonly Credential[],
): Credential | undefined {
  const [scheme = '', text = ''] = (authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(text, 'base64').toString()) ?? [];
  const found = credentials.find(
    (one) =>
      one.password === password && (one.username === name || (one.anyUsername === true && name !== '')),
  );
  found?.used?.();
  return found;
}
