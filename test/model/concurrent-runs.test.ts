import { describe, expect, test, vi } from 'vitest';
import { share } from '../support/lane.ts';
import { fc } from '../support/property.ts';
import { type ConcurrentCase, runConcurrently } from './years/concurrent-runs.ts';

vi.mock('node:fs/promises', () => import('./fs-promises.ts'));
vi.mock('node:crypto', async (original) => {
  const { randomUUID, randomBytes } = await import('./seeded-crypto.ts');
  return { ...(await original<typeof import('node:crypto')>()), randomUUID, randomBytes };
});

/** How many pairs of runs are played, unless RIVALRIES says otherwise. */
const usual = 60;

const never = Number.POSITIVE_INFINITY;
const delays = fc.array(fc.constantFrom(0, 0, 10, 100, 400, 1_000, 4_000, 9_000), {
  minLength: 1,
  maxLength: 24,
});
const lag = fc.constantFrom(0, 0, 5_000, 20_000);

const cases: fc.Arbitrary<ConcurrentCase> = fc.record({
  service: fc.constantFrom<ConcurrentCase['service']>('registry', 'personal'),
  format: fc.constantFrom<ConcurrentCase['format']>('json', 'raw'),
  isShared: fc.boolean(),
  isFirst: fc.boolean(),
  later: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 90_000 })),
  delays: fc.tuple(delays, delays),
  listLag: lag,
  readLag: lag,
  dieAt: fc.oneof(fc.constant(never), fc.integer({ min: 1, max: 90 })),
  seed: fc.nat(),
  successor: fc.nat({ max: 1 }),
});

test('two runs of two machines at about the same time make one family, and lose no secret', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (concurrentCase) => {
      const { violations, trace } = await runConcurrently(concurrentCase);
      expect(violations.slice(0, 3), trace.join('\n')).toEqual([]);
    }),
    { numRuns: Number(process.env['RIVALRIES'] ?? share(usual, 4)) },
  );
});

const concurrentCase: ConcurrentCase = {
  service: 'registry',
  format: 'json',
  isShared: true,
  isFirst: false,
  later: 0,
  delays: [[0], [0]],
  listLag: 0,
  readLag: 0,
  dieAt: never,
  seed: 1,
  successor: 0,
};

/** Nothing is held up after these. */
const thenAtOnce = Array<number>(40).fill(0);

describe.each(['registry', 'personal'] as const)('of two runs (%s)', (service) => {
  test.each([
    { isShared: true, isFirst: true },
    { isShared: true, isFirst: false },
    { isShared: false, isFirst: true },
    { isShared: false, isFirst: false },
  ])(
    'one goes from its start to its end between any two requests of the other: %o',
    async ({ isShared, isFirst }) => {
      for (let gap = 0; gap < 12; gap += 1) {
        const heldUp = [...Array<number>(gap).fill(0), 20_000, ...thenAtOnce];
        const { violations, trace, outcomes } = await runConcurrently({
          ...concurrentCase,
          service,
          isShared,
          isFirst,
          later: 1_000,
          delays: [heldUp, [0]],
        });
        expect(violations, trace.join('\n')).toEqual([]);
        expect(outcomes.map(({ rows }) => rows[0]?.status)).toContain('applied');
      }
    },
  );
});

test.each([
  { format: 'raw' as const, successor: 0 },
  { format: 'raw' as const, successor: 1 },
  { format: 'json' as const, successor: 0 },
  { format: 'json' as const, successor: 1 },
])(
  'of two that make a generation in the same second, unseen by the first, the sink has one that stays: %o',
  async ({ format, successor }) => {
    let unseen = 0;
    for (const seed of [2, 3, 4, 5]) {
      const { violations, trace, outcomes } = await runConcurrently({
        ...concurrentCase,
        service: 'personal',
        format,
        // The list comes and goes; then the create is on its way.
        delays: [[0], [0, 0, 400, ...thenAtOnce]],
        successor,
        seed,
      });
      expect(violations, trace.join('\n')).toEqual([]);
      if (outcomes.every(({ rows }) => rows[0]?.status === 'applied')) unseen += 1;
    }
    expect(unseen).toBeGreaterThan(0);
  },
);
