import type { CustodyRecord } from '../../../src/core/model/custody-record.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Observed } from '../../../src/core/model/token.ts';
import { decide, entry, type FixtureOptions, inputFor, now, pullApp, token } from '../fixtures.ts';

/** An entry of the manifest, as the tests of records have it. */
export const wanted = { name: 'ci', fields: { scopes: [pullApp] } } as const;

/** A token that the attempt can have made. */
export function made(id = 'id-1', fields = {}, origin: Partial<Observed['origin']> = {}): Observed {
  return token(id, 'ci', fields, { created: now - 50, ...origin });
}

/** Decides for that entry, with nothing on record but what a test says. */
export function plan(
  live: readonly Observed[],
  record: Partial<CustodyRecord>,
  options: FixtureOptions = {},
): Change {
  return decide(inputFor(entry(wanted), live, { record: () => record, ...options }));
}
