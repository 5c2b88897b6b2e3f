import { createHash } from 'node:crypto';
import type { Kind } from './token.ts';

/** A part of the work: its number, from 1, and the number of parts. */
export type Shard = { readonly index: number; readonly count: number };

/**
 * Returns the shard that a scope belongs to, from 1. Each shard draws a number for the scope, and the highest wins. With
 * one shard more, only the scopes that the new one wins move. With one less, only its scopes move
 * (docs/adr/0018-shards-by-scope.md).
 *
 * @param scope the ID of the scope, or its name in the manifest if it has no ID
 */
export function shardOf(kind: Kind, scope: string, count: number): number {
  let winner = 1;
  let highest = '';
  for (let index = 1; index <= count; index += 1) {
    const drawn = createHash('sha256').update(`${index} ${kind} ${scope}`).digest('hex');
    if (drawn <= highest) continue;
    winner = index;
    highest = drawn;
  }
  return winner;
}
