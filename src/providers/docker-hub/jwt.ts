import { isObject, type JsonObject, parseJson } from '../../core/util/json.ts';

/** The claims of a bearer token, not verified: only the service can verify them (docs/services/docker-hub.md, Login). */
export interface JwtClaims {
  /** The creation and the expiry, in seconds since 1970. */
  readonly issued: number | undefined;
  readonly expires: number | undefined;
  readonly user: string | undefined;
  /** The source of the bearer, for example `docker_pat|…` for a personal access token. */
  readonly source: string | undefined;
}

/** Reads the claims of a JWT; empty if the text is not a JWT. */
export function claimsOf(token: string): JwtClaims {
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
