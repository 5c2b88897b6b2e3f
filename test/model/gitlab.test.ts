import { describe, test, vi } from 'vitest';
import type { Random } from './random.ts';
import { accessTokenKind, deployTokenKind, namedDeployTokenKind } from './scenarios/kinds.ts';
import { storyScenario } from './scenarios/story-scenario.ts';
import { runSeeds, runTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes, randomInt } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes, randomInt };
});

const suites = [
  {
    title: 'deploy tokens of GitLab',
    scenario: (random: Random) =>
      storyScenario(random, random.chance(0.3) ? namedDeployTokenKind : deployTokenKind),
    seeds: 96,
  },
  {
    title: 'access tokens of GitLab',
    scenario: (random: Random) => storyScenario(random, accessTokenKind),
    seeds: 64,
  },
];

describe.each(suites)('$title', (suite) => {
  test('a seed is reproducible', () => runTwice(suite));

  test('they are created, replaced and deleted, and each secret is where it belongs', () => runSeeds(suite));
});
