import { test, vi } from 'vitest';
import type { Random } from './random.ts';
import { standInScenario } from './scenarios/stand-in.ts';
import { runSeeds, runTwice } from './seeds.ts';
import { marked } from './services/stand-in.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});
vi.mock('../../src/providers/registry.ts', async (original) => {
  const registry = await original<typeof import('../../src/providers/registry.ts')>();
  const { createStandIn } = await import('../support/stand-in/provider/index.ts');
  return {
    ...registry,
    ...registry.createServiceRegistry([...registry.services, createStandIn({ marksDescription: true })]),
  };
});
vi.mock('../../src/manifest/validators.ts', async (original) => {
  const validators = await original<typeof import('../../src/manifest/validators.ts')>();
  const { acceptingStandIn } = await import('../support/stand-in/validator.ts');
  return { ...validators, manifest: acceptingStandIn(validators.manifest) };
});

const suite = {
  title: 'tokens of the stand-in service with marks',
  scenario: (random: Random) => standInScenario(random, marked),
  seeds: 240,
};

test('a seed is reproducible', () => runTwice(suite));

test('the same where the description tells whose a token is: all comes right', () => runSeeds(suite));
