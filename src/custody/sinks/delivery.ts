import type { Secret } from '../../core/model/secret.ts';
import type { Kind } from '../../core/model/token.ts';

/** A secret, and the token that it belongs to. */
export interface SecretPayload {
  readonly kind: Kind;
  readonly address: string;
  readonly id: string;
  readonly name: string;
  /** The host name to log in to. */
  readonly registry: string;
  readonly username: string;
  readonly secret: Secret;
  /** RFC 3339; `null` if the token never expires. */
  readonly expiresAt: string | null;
  readonly createdAt: string | null;
}

/** The values of a delivery that come from the service and the manifest, besides the secret that a sink holds. */
export type RefillValues = Omit<SecretPayload, 'id' | 'secret' | 'username'> & {
  /** The user name for logins, if the service shows it. Otherwise the sink's is used. */
  readonly username?: string;
};
