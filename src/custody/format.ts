import type { SecretFormat } from '../core/model.ts';
import type { Delivery } from './delivery.ts';

/** What a sink of a format holds: contract §3. Holds the secret in the clear. */
export function formatSecret(format: SecretFormat, delivery: Delivery): string {
  switch (format) {
    case 'raw':
      return delivery.secret.reveal();
    case 'json': {
      const { kind, address, id, name, registry, username, expiresAt, createdAt } = delivery;
      const content = {
        kind,
        address,
        id,
        name,
        registry,
        username,
        password: delivery.secret.reveal(),
        expires_at: expiresAt,
        created_at: createdAt,
      };
      return `${JSON.stringify(content, null, 2)}\n`;
    }
  }
}
