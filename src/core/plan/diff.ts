import equal from 'fast-deep-equal';
import type { FieldChange } from '../model/plan.ts';
import type { Fields } from '../model/token.ts';

/**
 * Returns the wanted fields that differ from the live ones, in the order of the wanted ones. Both sides are canonical. A
 * field that isn't wanted is not managed, so it never differs.
 */
export function diffFields(wanted: Fields, live: Fields): readonly FieldChange[] {
  return Object.entries(wanted)
    .filter(([field, after]) => !equal(after, live[field] ?? null))
    .map(([field, after]) => ({ field, before: live[field] ?? null, after }));
}
