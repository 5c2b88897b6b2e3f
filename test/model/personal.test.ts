import { test, vi } from 'vitest';
import type { Random } from './random.ts';
import { hubPlot } from './scenarios/hub.ts';
import { personalKind } from './scenarios/kinds.ts';
import { playSeeds, playTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const suite = {
  title: 'personal tokens',
  plot: (random: Random) => hubPlot(random, personalKind),
  seeds: 330,
};

test('a seed is reproducible', () => playTwice(suite));

test('the same where labels repeat and people change their minds: all comes right', () => playSeeds(suite));
