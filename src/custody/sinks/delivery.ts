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
