import { isUuid } from '../util/uuid.ts';
import type { Kind, Observed } from './token.ts';

/** Tells whether two IDs are equal. Services ignore the case of a UUID. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Returns the key of a live token. A UUID is unique, whatever address, account or spelling leads to it. Any other ID is
 * unique in its scope only.
 *
 * @param scope a key of the scope
 */
export function tokenKey(kind: Kind, scope: string, id: string): string {
  return isUuid(id) ? `${kind} ${id.toLowerCase()}` : `${kind} ${scope} ${id}`;
}

/** Returns a text that two listings share only if they show the same token. */
export function tokenMark(
  kind: Kind,
  { id, name, origin }: Pick<Observed, 'id' | 'name' | 'origin'>,
): string {
  // Two services can use one number for different tokens.
  return isUuid(id) ? `${kind} ${id.toLowerCase()}` : JSON.stringify([kind, id, name, origin.created]);
}
