import { isObject, type JsonObject, parseJson } from '../../core/util/json.ts';

/** What a bearer token says of itself, unchecked: whoever made it, the service decides. */
export interface Claims {
  /** When it was made and when it ends, in seconds since 1970. */
  readonly issued: number | undefined;
  readonly expires: number | undefined;
  readonly user: string | undefined;
  /** What it was got for, as `docker_pat|…` for a personal access token (facts §1.1). */
  readonly source: string | undefined;
}

/** Reads a JWT; nothing is known of a text that is none. */
export function claimsOf(token: string): Claims {
  const [, payload = ''] = token.split('.');
  const claims = objectOf(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  const own = objectOf(claims['https://hub.docker.com']);
  const { iat, exp } = claims;
  return {
    issued: typeof iat === 'number' ? iat : undefined,
    expires: typeof exp === 'number' ? exp : undefined,
    user: textOf(own['username']) ?? textOf(claims['username']),
    source: textOf(own['source']) ?? textOf(claims['source']),
  };
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
