import { test, vi } from 'vitest';
import type { Random } from './random.ts';
import { standInScenario } from './scenarios/stand-in.ts';
import { runSeeds, runTwice } from './seeds.ts';
import { standIn } from './services/stand-in.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});
vi.mock('../../src/providers/registry.ts', async (original) => {
  const registry = await original<typeof import('../../src/providers/registry.ts')>();
  const { standIn } = await import('../support/stand-in/provider/index.ts');
  return { ...registry, ...registry.createServiceRegistry([...registry.services, standIn]) };
});
vi.mock('../../src/manifest/validators.ts', async (original) => {
  const validators = await original<typeof import('../../src/manifest/validators.ts')>();
  const { acceptingStandIn } = await import('../support/stand-in/validator.ts');
  return { ...validators, manifest: acceptingStandIn(validators.manifest) };
});

const suite = {
  title: 'tokens of the stand-in service',
  scenario: (random: Random) => standInScenario(random, standIn),
  seeds: 240,
};

test('a seed is reproducible', () => runTwice(suite));

test('whole tokens are replaced by each change, and only evidence tells whose one is: all comes right', () =>
  runSeeds(suite));
