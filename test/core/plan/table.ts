import { expect, test } from 'vitest';
import type { Desired } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Observed, Scope } from '../../../src/core/model/token.ts';
import { decide, type Entry, entry, type FixtureOptions, inputFor } from '../fixtures.ts';

/** One row of a planner table: what is wanted and what is live, and what is to be done about it. */
interface Row<W> {
  readonly why: string;
  readonly wanted: W;
  readonly live: readonly Observed[];
  readonly scope?: Scope;
  /** What is on record; every live token is held unless a row says otherwise. */
  readonly record?: FixtureOptions['record'];
  readonly change: Partial<Omit<Change, 'error'>> & { readonly error?: object | null };
}

/** Tests each row of a table of entries for tokens of a registry. */
export function table(rows: readonly Row<Entry>[]): void {
  decisions(rows.map(({ wanted, ...row }) => ({ ...row, wanted: entry(wanted) })));
}

/** Tests each row of a table of entries of any kind. */
export function decisions(rows: readonly Row<Desired>[]): void {
  test.each(rows)('$why', ({ wanted, live, scope, record, change }) => {
    const given = { ...(scope && { scope }), ...(record && { record }) };
    expect(decide(inputFor(wanted, live, given))).toMatchObject(change);
  });
}
