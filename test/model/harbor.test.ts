import { test, vi } from 'vitest';
import { harborScenario } from './scenarios/harbor.ts';
import { runSeeds, runTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes, randomInt } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes, randomInt };
});

const suite = { title: 'robots of Harbor', scenario: harborScenario, seeds: 48 };

test('a seed is reproducible', () => runTwice(suite));

test('robots are created, changed and renewed in place, and each secret is where it belongs', () =>
  runSeeds(suite));
