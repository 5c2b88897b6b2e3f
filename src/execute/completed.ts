import { ReconcileError } from '../core/model/errors.ts';
import { expiryOf } from '../core/model/field-rules.ts';
import { grantsOf } from '../core/model/granted-values.ts';
import { neverAborted } from '../core/util/never-aborted.ts';
import type { SpoolEntry } from '../custody/state/spool.ts';
import type { Target } from '../observe/target.ts';

/**
 * Returns a spool entry completed with the values that the create response left out, as a read shows them. If they were
 * recorded as unknown, a shorter lifetime than requested would look like a change, and the token would be replaced.
 */
export async function completed({ client, scope, rules }: Target, entry: SpoolEntry): Promise<SpoolEntry> {
  const { attempt, made } = entry;
  if (!made) return entry;
  const open = Object.entries(made.granted ?? {}).filter(([, { granted }]) => granted === null);
  if (open.length === 0 && made.created !== null) return entry;
  const token = await client.read(scope, made.id, neverAborted).catch((error: unknown) => {
    if (error instanceof ReconcileError) return undefined;
    throw error;
  });
  // Values that a read doesn't show either remain unchanged.
  if (!token) return entry;
  const asked = Object.fromEntries(open.map(([field, grant]) => [field, grant.asked]));
  const closed = Object.entries(made.granted ?? {}).filter(([field]) => !(field in asked));
  return {
    attempt,
    made: {
      ...made,
      created: made.created ?? token.origin.created,
      expiresAt: made.expiresAt ?? expiryOf(rules, token.fields),
      granted: { ...Object.fromEntries(closed), ...grantsOf(rules, asked, token) },
    },
  };
}
