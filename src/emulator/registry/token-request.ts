import type { Context } from 'hono';

/** Returns the user name and password of a Basic `Authorization` header; `undefined` for any other header. */
export function basicCredentials(
  authorization: string | undefined,
): { readonly name: string; readonly password: string } | undefined {
  const [scheme = '', text = ''] = (authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(text, 'base64').toString()) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
}

/** Returns the scopes that a request for a bearer token asks for. A query can have several, and each of them several words. */
export function requestedScopes(context: Context): readonly string[] {
  return (context.req.queries('scope') ?? []).flatMap((text) => text.split(' ')).filter(Boolean);
}
