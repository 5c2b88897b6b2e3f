import { test, vi } from 'vitest';
import { playSeeds, playTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./dice.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

vi.mock('../../src/wire/providers.ts', async (original) => {
  const { sharingNames } = await import('./names.ts');
  return sharingNames(await original<typeof import('../../src/wire/providers.ts')>());
});

test('a seed is reproducible', () => playTwice(false));

test('the same where names may be shared: all comes right', () => playSeeds(false), 300_000);
