import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { userId } from '../callers.ts';

/** Who a request comes from, and what they logged in with. */
export interface Session {
  /** Of a user, or of an organization. */
  readonly name: string;
  readonly by: 'password' | 'personal_token' | 'org_token';
}

/** JSON Web Tokens that stand for sessions. */
export interface Jwts {
  issue(session: Session): string;
  /** Who a JWT stands for, if it is good. */
  read(jwt: string): Session | undefined;
  /** Ends all that were issued. */
  revoke(): void;
}

/** How long a JWT is good, in seconds. */
const lifetime = 600;

/** Where a JWT says what it was made from, if that is an access token. */
const claim = 'https://hub.docker.com';

const sources = { personal_token: 'docker_pat', org_token: 'docker_oat' } as const;

/** Signs rather than keeps: with another key, all that was signed ends. */
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
        exp: iat + lifetime,
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
