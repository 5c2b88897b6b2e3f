import { sinksOf } from '../../core/model/entry-sinks.ts';
import { ReconcileError } from '../../core/model/errors.ts';
import { expiryOf, type FieldRules } from '../../core/model/field-rules.ts';
import type { RetiredToken } from '../../core/model/plan.ts';
import type { Observed } from '../../core/model/token.ts';
import { lateExpiry, uncorrectedWarning } from '../../core/plan/late-expiry.ts';
import type { SpoolEntry } from '../../custody/state/spool.ts';
import { completed } from '../completed.ts';
import { deferToOlder } from '../concurrent-run.ts';
import { confirmCreated } from '../confirm-created.ts';
import { deleteSuperseded } from '../delete-superseded.ts';
import { waitUntilDeleted } from '../wait-until.ts';
import { withContext } from '../with-context.ts';
import { type ChangeContext, type FollowUp, idOf } from './change.ts';
import { laterFields, patchLater, patchRest } from './patch-later.ts';
import { showApplied } from './show-applied.ts';

/**
 * Delivers the secret after patching the fields that the create doesn't accept, and returns the work that waits for the
 * final listing: docs/create-protocol.md, steps 6 to 10.
 * @param response the token in the response to its create; `undefined` if an earlier run created it
 */
export async function deliverAndConfirm(
  work: ChangeContext,
  entry: SpoolEntry,
  response: Observed | undefined,
): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const { secretStore, stop } = context;
  const { desired } = target;
  const later = laterFields(work, entry, response);
  const late = response && lateExpiry(target.rules, entry.attempt.fields, response);
  const uncorrected = late && uncorrectedWarning(late, response, target);
  if (uncorrected !== undefined) report.warn([uncorrected]);
  const patched = later && (await patchLater(work, later));
  const current = patched ? withExpiryOf(entry, patched, target.rules) : entry;
  const delivered = await deliverToSinks(work, current);
  const placed = { name: entry.attempt.name, host: entry.made?.registry };
  const places = await secretStore.places(sinksOf(desired), placed);
  return {
    async confirm(closing) {
      const whole = await completed(target, current);
      // An earlier listing may have lagged, so a concurrent run's token may only show now. A secret that waited in the spool
      // may already be in use. A generation beside another one is resolved by the next run.
      if (response && !target.uniqueNames && !desired.rotation) {
        await deferToOlder(target, whole, context, { closing, delivered });
      }
      const token = await confirmCreated(target, whole, places, closing, context);
      report.wrote({ object: (patched ?? response ?? token).object });
    },
    async run() {
      const { replaces, replaceOrder, name, fields } = entry.attempt;
      if (replaces && replaceOrder === 'create_first') await retireOld(work, name, replaces);
      if (stop.aborted) return;
      if (response)
        await showApplied(work, { response: patched ?? response, wanted: fields, before: undefined });
      else if (patched)
        await showApplied(work, { response: patched, wanted: later.write, before: undefined });
      if (change.action === 'deliver') await patchRest(work, idOf(change));
    },
  };
}

/** Returns an entry with the expiry of its token, which was patched after the create. */
function withExpiryOf(entry: SpoolEntry, { fields }: Observed, rules: FieldRules): SpoolEntry {
  return entry.made ? { ...entry, made: { ...entry.made, expiresAt: expiryOf(rules, fields) } } : entry;
}

/** Delivers a spooled secret to all sinks of its entry, and returns those that have it. Throws if one fails. */
async function deliverToSinks(
  { target: { desired }, report, context }: ChangeContext,
  entry: SpoolEntry,
): Promise<readonly string[]> {
  const { delivered, failures } = await context.secretStore.deliver(entry, sinksOf(desired), desired.address);
  report.wrote({ deliveredTo: delivered });
  const [failure] = failures;
  if (!failure) return delivered;
  throw withContext(
    failure,
    `${failures.map(({ message }) => message).join('; ')}; the secret is kept in the spool`,
    `${failure.hint ?? 'fix the sink'}; the next reconcile apply delivers it and creates no second token`,
  );
}

/** Deletes the token that a new one replaced: docs/create-protocol.md, step 9. */
async function retireOld(
  { target, report, context }: ChangeContext,
  name: string,
  old: RetiredToken,
): Promise<void> {
  try {
    context.stop.throwIfAborted();
    const kept = await deleteSuperseded(target, name, old, context);
    if (kept === undefined) await waitUntilDeleted(target, old.id, context);
    else report.warn([kept]);
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    throw withContext(
      error,
      `the new token was created and its secret is safe, but the old one (${old.id}) may still exist: ${error.message}`,
      'run again: the next reconcile apply deletes it',
    );
  }
}
