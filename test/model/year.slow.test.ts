import { expect, test, vi } from 'vitest';
import { fc } from '../support/property.ts';
import { years } from './years/arbitrary.ts';
import { runYear } from './years/simulation.ts';

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

/** How many years are played, unless YEARS says otherwise. */
const usual = 8;

test('in a year of faults, the sink always has a working token, and few others live', async () => {
  let [runs, rotations] = [0, 0];
  await fc.assert(
    fc.asyncProperty(years, async (year) => {
      const report = await runYear(year);
      runs += report.runs;
      rotations += report.rotations;
      expect(report.violations.slice(0, 3), report.trace.slice(-200).join('\n')).toEqual([]);
    }),
    // A year ends where something is wrong, and is short then: there is little to be gained from smaller ones.
    { numRuns: Number(process.env['YEARS'] ?? usual), endOnFailure: true },
  );
  process.stdout.write(`model, years: ${runs} runs, ${rotations} rotations\n`);
});
