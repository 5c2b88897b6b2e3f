import { test, vi } from 'vitest';
import { runRemote } from './run-remote.ts';
import { remoteScenario } from './scenarios/remote.ts';
import { runSeeds, runTwice } from './seeds.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('../../src/system/run-program.ts', () => import('./virtual-program.ts'));
vi.mock('../../src/custody/state/sealing.ts', () => import('./stand-in-sealing.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

const suite = {
  title: 'state on a branch',
  scenario: remoteScenario,
  run: runRemote,
  seeds: 112,
};

test('a seed is reproducible', () => runTwice(suite));

test('runners that lose their disks and share a branch lose no secret and delete no foreign token', () =>
  runSeeds(suite));
