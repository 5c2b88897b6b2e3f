import { expect } from 'vitest';
import { share } from '../support/lane.ts';
import type { Random } from './random.ts';
import { play } from './run-scenario.ts';
import type { Plot } from './scenarios/scenario.ts';

/** What a test file plays. */
export interface Suite {
  /** What it is called where its seeds are counted. */
  readonly title: string;
  readonly plot: (random: Random) => Plot;
  /** The number of seeds of all tests, unless SEEDS says otherwise; they begin with 0, unless FROM does. */
  readonly seeds: number;
}

/** Plays many seeds, or the one that SEED names, whose trace is then printed. */
export async function playSeeds({ title, plot, seeds: usual }: Suite): Promise<void> {
  const only = process.env['SEED'];
  const first = Number(process.env['FROM'] ?? 0);
  const count = Number(process.env['SEEDS'] ?? share(usual, 16));
  const seeds =
    only === undefined ? Array.from({ length: count }, (_, index) => first + index) : [Number(only)];
  const failed: string[] = [];
  let firstTrace: readonly string[] = [];
  for (const seed of seeds) {
    const { violations, trace } = await play(seed, plot);
    if (only !== undefined) process.stdout.write(`${trace.join('\n')}\n`);
    if (violations.length === 0) continue;
    if (failed.length === 0) firstTrace = trace;
    failed.push(`seed ${seed}: ${violations[0]}`);
  }
  process.stdout.write(`model, ${title}: ${seeds.length} seeds\n`);
  expect(failed, firstTrace.join('\n')).toEqual([]);
}

/** The same seed is the same story, to the letter: only so can a failing one be looked into. */
export async function playTwice({ plot }: Suite): Promise<void> {
  for (const seed of [1, 2, 3]) {
    const first = await play(seed, plot);
    expect((await play(seed, plot)).trace).toEqual(first.trace);
  }
}
