import type { FileSink } from '../../src/core/model.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Delivery } from '../../src/custody/delivery.ts';

/** A secret that is to be delivered. */
export const delivery: Delivery = {
  kind: 'registry_token',
  address: 'registry_token:team-a/ci-push',
  id: 'id-1',
  name: 'ci-push',
  registry: 'team-a.cr.example.com',
  username: 'ci-push',
  secret: new Secret('hunter2'),
  expiresAt: '2027-06-30T00:00:00Z',
  createdAt: '2026-01-01T00:00:00Z',
};

/** A sink in a folder, which is as far as it may go. */
export function fileSink(folder: string, path: string, more: Partial<FileSink> = {}): FileSink {
  return { type: 'file', path, format: 'json', mode: 0o600, folder, within: [folder], ...more };
}
