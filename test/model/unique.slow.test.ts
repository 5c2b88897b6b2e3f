import { test, vi } from 'vitest';
import { ionosScenario } from './scenarios/ionos.ts';
import { runSeeds, runTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const suite = { title: 'tokens of a registry', scenario: ionosScenario, seeds: 240 };

test('a seed is reproducible', () => runTwice(suite));

test('runs that die, answers that are lost and company at work: all comes right', () => runSeeds(suite));
