import { describe, expect, test } from 'vitest';
import { shardOf } from '../../../src/core/model/shard.ts';

const scopes = Array.from({ length: 400 }, (_, index) => `registry-${index}`);
const parts = (count: number): readonly number[] =>
  scopes.map((scope) => shardOf('registry_token', scope, count));

describe('a scope', () => {
  test('belongs to the same shard everywhere and always, as its state is there', () => {
    expect(['a', 'b', 'c', 'd', 'e'].map((scope) => shardOf('registry_token', scope, 8))).toEqual([
      6, 7, 8, 4, 5,
    ]);
    expect(shardOf('docker_hub_personal_token', 'somebody', 8)).toBe(5);
  });

  test('belongs to one of the shards, and each of them has its part', () => {
    for (const count of [1, 2, 8, 9, 50]) {
      const sizes = Array.from(
        { length: count },
        (_, index) => parts(count).filter((part) => part === index + 1).length,
      );
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(scopes.length);
      // With chance alone no part is half as large again as its share, and some more where shares are small.
      const share = scopes.length / count;
      expect(Math.max(...sizes)).toBeLessThan(share * 1.5 + 10);
      if (count < 10) expect(Math.min(...sizes)).toBeGreaterThan(share / 2);
    }
  });

  test('moves only to a new shard, or from a removed one', () => {
    const [eight, nine] = [parts(8), parts(9)];
    const moved = scopes.filter((_, index) => eight[index] !== nine[index]);
    expect(moved.length).toBeLessThan(scopes.length / 5);
    for (const [index, part] of nine.entries()) if (part !== 9) expect(eight[index]).toBe(part);
  });
});
