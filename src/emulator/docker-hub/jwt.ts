import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { userId } from '../callers.ts';

/** The account that a request comes from, and the credential that it logged in with. */
export interface HubSession {
  /** The name of a user, or of an organization. */
  readonly name: string;
  readonly by: 'password' | 'personal_token' | 'org_token';
}

/** The JSON Web Tokens that logins return: issued, read and revoked without a record of each. */
export interface Jwts {
  issue(session: HubSession): string;
  /** Returns the session of a JWT; `undefined` if the JWT isn't valid. */
  read(jwt: string): HubSession | undefined;
  /** Revokes all JWTs that were issued. */
  revoke(): void;
}

/** Lifetime of a JWT, in seconds. */
const lifetimeSeconds = 600;

/** The claim of a JWT that names its source if that is an access token. */
const claim = 'https://hub.docker.com';

const sources = { personal_token: 'docker_pat', org_token: 'docker_oat' } as const;

/** Creates signed JWTs without a record of them. A new key ends all that were signed before. */
export function createJwts(now: () => number): Jwts {
  let key = randomBytes(32);
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest();

  return {
    issue: ({ name, by }) => {
      const iat = Math.floor(now() / 1000);
      const id = userId(name);
      const claims = {
        sub: id,
        username: name,
        iat,
        exp: iat + lifetimeSeconds,
        jti: randomUUID(),
        ...(by !== 'password' && {
          [claim]: { source: `${sources[by]}|${id}`, username: name, uuid: id },
        }),
      };
      const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
      return `${text}.${sign(text).toString('base64url')}`;
    },
    read: (jwt) => {
      const [, text = '', payload = '', signature = ''] = /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(jwt) ?? [];
      const [given, right] = [Buffer.from(signature, 'base64url'), sign(text)];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
      if (now() >= claims.exp * 1000) return undefined;
      const source = claims[claim]?.source.split('|')[0];
      if (source === undefined) return { name: claims.username, by: 'password' };
      return { name: claims.username, by: source === sources.org_token ? 'org_token' : 'personal_token' };
    },
    revoke: () => {
      key = randomBytes(32);
    },
  };
}

interface Claims {
  readonly username: string;
  readonly exp: number;
  readonly [claim]?: { readonly source: string };
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
