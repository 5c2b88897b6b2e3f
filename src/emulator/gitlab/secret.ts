import { randomBytes } from 'node:crypto';

/** Returns a new secret of 20 characters after its prefix. */
export function newTokenSecret(prefix: string): string {
  return prefix + randomBytes(15).toString('base64url');
}
