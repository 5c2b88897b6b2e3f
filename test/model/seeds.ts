import { expect } from 'vitest';
import { share } from '../support/lane.ts';
import type { Random } from './random.ts';
import { type Report, runScenario } from './run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** The scenarios of a test file. */
export interface Suite {
  /** The name in the output that counts the seeds. */
  readonly title: string;
  readonly scenario: (random: Random) => Scenario;
  /** Runs the scenario of a seed; `runScenario` by default. */
  readonly run?: (seed: number, scenario: (random: Random) => Scenario) => Promise<Report>;
  /** The number of seeds of all tests, unless SEEDS says otherwise; they begin with 0, unless FROM does. */
  readonly seeds: number;
  /** Seeds beyond those that have found a fault before. */
  readonly found?: readonly number[];
}

/** Runs many seeds, or only SEED, whose trace is then printed. */
export async function runSeeds({
  title,
  scenario,
  run = runScenario,
  seeds: usual,
  found = [],
}: Suite): Promise<void> {
  const only = process.env['SEED'];
  const first = Number(process.env['FROM'] ?? 0);
  const count = Number(process.env['SEEDS'] ?? share(usual, 16));
  const seeds =
    only === undefined
      ? [...Array.from({ length: count }, (_, index) => first + index), ...found]
      : [Number(only)];
  const failed: string[] = [];
  let firstTrace: readonly string[] = [];
  for (const seed of seeds) {
    const { violations, trace } = await run(seed, scenario);
    if (only !== undefined) process.stdout.write(`${trace.join('\n')}\n`);
    if (violations.length === 0) continue;
    if (failed.length === 0) firstTrace = trace;
    failed.push(`seed ${seed}: ${violations[0]}`);
  }
  process.stdout.write(`model, ${title}: ${seeds.length} seeds\n`);
  expect(failed, firstTrace.join('\n')).toEqual([]);
}

/** Checks that a seed always has the same trace. Otherwise a failure could not be reproduced. */
export async function runTwice({ scenario, run = runScenario }: Suite): Promise<void> {
  for (const seed of [1, 2, 3]) {
    const first = await run(seed, scenario);
    expect((await run(seed, scenario)).trace).toEqual(first.trace);
  }
}
