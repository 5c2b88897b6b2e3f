import type { CustodyRecord } from '../../../../src/core/model/custody-record.ts';
import type { Desired } from '../../../../src/core/model/desired.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import type { Observed } from '../../../../src/core/model/token.ts';
import { createPlan } from '../../../../src/core/plan/plan.ts';
import { formatInstant } from '../../../../src/core/util/instant.ts';
import { type Entry, entry, type FixtureOptions, held, inputFor, now, sink, token } from '../../fixtures.ts';

export const hour = 3600;
export const day = 24 * hour;

export const rotation = {
  base: 'ci',
  every: 30 * day,
  lifetime: 45 * day,
  beforeExpiry: 7 * day,
  overlap: day,
};

export const family = (more: Entry = {}): Desired => entry({ name: 'ci', rotation, ...more });

/** The generation that was made so long ago, and lives for so long from now. */
export const generation = (id: string, age: number, more: Parameters<typeof token>[2] = {}): Observed => {
  const mark = formatInstant(now - age)
    .replace(/\D/g, '')
    .slice(0, 12);
  return token(
    id,
    `ci-${mark}`,
    { expiry_date: formatInstant(now - age + rotation.lifetime), ...more },
    { created: now - age },
  );
};

/** What the ledger says of the newest generation, handed over so long ago. */
export const delivered = (
  newest: Observed,
  ago: number,
  more: Partial<CustodyRecord> = {},
): FixtureOptions => ({
  record: () => ({
    entry: held(newest, {
      name: newest.name,
      delivered: { 'file:secrets/token.json': formatInstant(now - ago) },
    }),
    sinkContents: [{ sink, holding: { id: newest.id } }],
    ...more,
  }),
});

export const changes = (
  live: readonly Observed[],
  options: FixtureOptions = {},
  desired = family(),
): readonly Change[] => createPlan([inputFor(desired, live, { record: () => ({}), ...options })]).changes;

export const own = (...given: Parameters<typeof changes>): Change => {
  const found = changes(...given).find(({ address }) => address === 'registry_token:team-a/ci');
  if (!found) throw new TypeError('no change of the family');
  return found;
};

export const fresh = generation('id-2', 10 * day);
export const older = generation('id-1', 39 * day);
