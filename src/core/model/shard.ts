import { createHash } from 'node:crypto';
import type { Kind } from './model.ts';

/** A part of the work: the how many-th, from 1, of how many. */
export type Shard = { readonly index: number; readonly count: number };

/**
 * The shard that a scope belongs to, from 1. Each shard draws a number for the scope, and the highest has it: with one
 * more shard only the scopes that the new one wins move, and with one less only those that it had
 * (docs/adr/0018-shards-by-scope.md).
 *
 * @param scope the ID of the scope, or what the manifest calls it where it has none
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
