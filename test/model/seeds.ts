import { expect } from 'vitest';
import { play } from './scenario.ts';

/** How many seeds each of the two test files plays, unless SEEDS says otherwise. */
const usual = 1_100;

/** Plays many seeds, or the one that SEED names, whose trace is then printed. */
export async function playSeeds(uniqueNames: boolean): Promise<void> {
  const only = process.env['SEED'];
  const count = Number(process.env['SEEDS'] ?? usual);
  const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index) : [Number(only)];
  const failed: string[] = [];
  let firstTrace: readonly string[] = [];
  for (const seed of seeds) {
    const { violations, trace } = await play(seed, uniqueNames);
    if (only !== undefined) process.stdout.write(`${trace.join('\n')}\n`);
    if (violations.length === 0) continue;
    if (failed.length === 0) firstTrace = trace;
    failed.push(`seed ${seed}: ${violations[0]}`);
  }
  process.stdout.write(`model, names ${uniqueNames ? 'unique' : 'repeated'}: ${seeds.length} seeds\n`);
  expect(failed, firstTrace.join('\n')).toEqual([]);
}

/** The same seed is the same story, to the letter: only so can a failing one be looked into. */
export async function playTwice(uniqueNames: boolean): Promise<void> {
  for (const seed of [1, 2, 3]) {
    const first = await play(seed, uniqueNames);
    expect((await play(seed, uniqueNames)).trace).toEqual(first.trace);
  }
}
