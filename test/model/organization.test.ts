import { test, vi } from 'vitest';
import type { Random } from './random.ts';
import { hubPlot } from './scenarios/hub.ts';
import { organizationKind } from './scenarios/kinds.ts';
import { playSeeds, playTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const suite = {
  title: 'tokens of an organization',
  plot: (random: Random) => hubPlot(random, organizationKind),
  seeds: 270,
};

test('a seed is reproducible', () => playTwice(suite));

test('the same where only evidence tells whose a token is: all comes right', () => playSeeds(suite));
