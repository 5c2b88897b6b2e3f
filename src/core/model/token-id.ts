import { compareCodeUnits } from '../util/json.ts';
import { isUuid } from '../util/uuid.ts';
import type { Kind, Observed } from './token.ts';

/** Tells whether two IDs are equal. Services ignore the case of a UUID. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Orders IDs: numbers by their size, others by code unit. */
export function compareIds(a: string, b: string): number {
  const isNumeric = /^\d+$/.test(a) && /^\d+$/.test(b);
  return (isNumeric ? a.length - b.length : 0) || compareCodeUnits(a, b);
}

/** The range of a token's ID. */
export interface IdRange {
  readonly kind: Kind;
  /** The API's address (`Client.account`); absent in records of versions before 0.2. */
  readonly account?: string;
}

/**
 * Tells whether an ID means the same token in two ranges. A UUID is unique, whatever kind or address leads to it. Any other
 * ID, such as a number, is unique for its kind at one address only.
 */
export function isSameToken(
  a: IdRange & { readonly id: string },
  b: IdRange & { readonly id: string },
): boolean {
  if (!sameId(a.id, b.id)) return false;
  if (isUuid(a.id)) return true;
  return a.kind === b.kind && (a.account === undefined || b.account === undefined || a.account === b.account);
}

/** Returns a text that two tokens share only if they are the same: see `isSameToken`. */
export function idKey({ kind, account = '' }: IdRange, id: string): string {
  return isUuid(id) ? id.toLowerCase() : `${kind} ${account} ${id.toLowerCase()}`;
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
