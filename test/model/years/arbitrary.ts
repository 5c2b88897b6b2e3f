import { fc } from '../../support/property.ts';
import { mostFailures, type Year } from './year.ts';

const day = 24;
const share = fc.integer({ min: 0, max: 90 });

/** Years with any rotation that a manifest may state, and that missed runs leave room for. */
export const years: fc.Arbitrary<Year> = fc
  .record({
    service: fc.constantFrom<Year['service']>('registry', 'personal', 'stand_in'),
    formats: fc.constantFrom<readonly string[]>(
      ['json'],
      ['raw'],
      ['env'],
      ['kubernetes'],
      ['dockerconfigjson'],
      ['json', 'raw'],
      ['raw', 'env'],
    ),
    overlap: fc.integer({ min: 6, max: 4 * day }),
    // Beyond the least that a manifest may state.
    every: fc.integer({ min: 1, max: 40 * day }),
    lifetime: fc.integer({ min: 0, max: 20 * day }),
    end: fc.integer({ min: 0, max: 100 }),
    missed: share,
    faultyRun: share,
    killed: fc.constantFrom(100, 80, 30),
    skew: fc.constantFrom(0, 0, -100, 100),
    listLag: fc.constantFrom(0, 0, 5, 20),
    readLag: fc.constantFrom(0, 0, 5, 20),
    latency: fc.constantFrom(0, 200, 1_000),
    seed: fc.nat(),
  })
  .map(({ overlap, every: later, lifetime: longer, end, ...year }) => {
    const every = overlap + later;
    const least = every + overlap + longer;
    // The stand-in service knows whole days only, and may shorten a lifetime by one.
    const lifetime = year.service === 'stand_in' ? (Math.ceil(least / day) + 1) * day : least;
    return {
      ...year,
      overlap,
      every,
      lifetime,
      beforeExpiry: Math.floor((end * (lifetime - overlap - 1)) / 100),
    };
  })
  .filter((year) => mostFailures(year) >= 0);
