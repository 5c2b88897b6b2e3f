import { randomBytes } from 'node:crypto';

/** Returns a new secret: the prefix, then 20 characters of base64url. */
export function newTokenSecret(prefix: string): string {
  return prefix + randomBytes(15).toString('base64url');
}
