import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { selfSignedCertificate, toPem } from './certificate.ts';

/** The rights to one resource in a token. */
export interface GrantedAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** The contents of a token besides its times. */
export interface TokenClaims {
  readonly issuer: string;
  /** The login name; empty for an anonymous client. */
  readonly subject: string;
  /** The service that the token is for. */
  readonly audience: string;
  readonly access: readonly GrantedAccess[];
  readonly lifetimeSeconds: number;
}

/** Signer of bearer tokens that a Docker Distribution registry verifies with a certificate. */
export interface TokenSigner {
  /** Returns the certificate as PEM, for the `rootcertbundle` of a registry. */
  certificate(): string;
  /** Returns a JWT, signed with RS256, whose header has the certificate. */
  sign(claims: TokenClaims): string;
}

const day = 86_400_000;

/** Creates a signer with a key of its own, which it generates when it is needed first. */
export function createTokenSigner(now: () => number): TokenSigner {
  let identity: ReturnType<typeof createIdentity> | undefined;
  const own = () => {
    identity ??= createIdentity(now());
    return identity;
  };

  return {
    certificate: () => toPem('CERTIFICATE', own().certificate),
    sign: ({ issuer, subject, audience, access, lifetimeSeconds }) => {
      const { privateKey, certificate } = own();
      const iat = Math.floor(now() / 1000);
      const header = { alg: 'RS256', typ: 'JWT', x5c: [certificate.toString('base64')] };
      const claims = {
        iss: issuer,
        sub: subject,
        aud: audience,
        exp: iat + lifetimeSeconds,
        nbf: iat,
        iat,
        jti: randomUUID(),
        access,
      };
      const text = `${encoded(header)}.${encoded(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
  };
}

function createIdentity(now: number) {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const validity = { from: now - day, until: now + 3650 * day };
  const certificate = selfSignedCertificate(keys, 'reconcile emulator', validity);
  return { privateKey: keys.privateKey, certificate };
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
