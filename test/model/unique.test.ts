import { test, vi } from 'vitest';
import { playSeeds, playTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./dice.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

test('a seed is reproducible', () => playTwice(true));

test(
  'runs that die, answers that are lost and company at work: all comes right',
  () => playSeeds(true),
  300_000,
);
