import type { Kind } from './token.ts';

/** Tells whether two IDs are equal. Services ignore the case of a UUID. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Returns the key of a live token. It doesn't depend on the address, account or spelling that leads to it. The services' token IDs are UUIDs.
 */
export function tokenKey(kind: Kind, id: string): string {
  return `${kind} ${id.toLowerCase()}`;
}
