import { Secret } from '../../core/model/secret.ts';
import type { SecretPayload } from './delivery.ts';

/** Returns a sample secret for a host, to try a sink's format with. */
export function samplePayload(registry: string): SecretPayload {
  return {
    kind: 'sample',
    address: 'sample:sample/sample',
    id: '00000000-0000-4000-8000-000000000000',
    name: 'sample',
    registry,
    username: 'sample',
    secret: new Secret('sample'),
    expiresAt: null,
    createdAt: null,
  };
}
