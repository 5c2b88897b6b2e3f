import { ReconcileError } from '../../core/model/errors.ts';
import { type FieldRule, filterFields } from '../../core/model/field-rules.ts';
import type { Fields, Observed } from '../../core/model/token.ts';
import { diffFields } from '../../core/plan/diff.ts';
import { lateExpiry, uncorrectedWarning } from '../../core/plan/late-expiry.ts';
import type { SpoolEntry } from '../../custody/state/spool.ts';
import { liveToken } from '../../observe/target.ts';
import { withContext } from '../with-context.ts';
import type { ChangeContext } from './change.ts';
import { sendPatch } from './send-patch.ts';
import { showApplied } from './show-applied.ts';

/**
 * Patches the fields that the create doesn't accept, once the secret is in the spool and before it is delivered. A token
 * declared inactive is thus never delivered active. Until then only the attempt holds the values that are carried over.
 */
export async function patchLater(
  work: ChangeContext,
  { id, write }: { readonly id: string; readonly write: Fields },
): Promise<Observed> {
  try {
    return await sendPatch(work, id, write);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw withContext(
      error,
      `${error.message}; the secret is kept in the spool`,
      `${error.hint ?? 'run again'}; the next reconcile apply continues from there and creates no second token`,
    );
  }
}

/** Returns the ID of a new token and the fields still to be patched, or `undefined` if there are none. */
export function laterFields(
  { change, target }: ChangeContext,
  { attempt, made }: SpoolEntry,
  response: Observed | undefined,
): { readonly id: string; readonly write: Fields } | undefined {
  // A renewal patches its token before the secret is renewed.
  if (!made || change.action === 'patch') return undefined;
  const { rules } = target;
  const late = response && lateExpiry(rules, attempt.fields, response);
  const corrected = late && !uncorrectedWarning(late, response, target) ? { [late.field]: late.wanted } : {};
  const wanted = filterFields(response ? attempt.fields : change.payload, rules, isLater);
  const left = response
    ? diffFields({ ...wanted, ...corrected }, response.fields)
    : Object.entries(wanted).map(([field, after]) => ({ field, after }));
  if (left.length === 0) return undefined;
  return { id: made.id, write: Object.fromEntries(left.map(({ field, after }) => [field, after])) };
}

/** Patches the remaining differences after a delivery. */
export async function patchRest(work: ChangeContext, id: string): Promise<void> {
  const isWaiting = work.change.custody === 'undelivered';
  const { payload } = work.change;
  // For a secret that waited in the spool, the fields that the create doesn't accept are already patched.
  const rest = isWaiting ? filterFields(payload, work.target.rules, (rule) => !isLater(rule)) : payload;
  if (Object.keys(rest).length === 0) return;
  const before = liveToken(work.target, id);
  await showApplied(work, { response: await sendPatch(work, id, rest), wanted: rest, before });
}

function isLater({ patchAfterCreate }: FieldRule): boolean {
  return patchAfterCreate === true;
}
