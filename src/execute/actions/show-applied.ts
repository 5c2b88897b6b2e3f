import { asRecorded, grantWarnings, hiddenFields } from '../../core/model/granted-values.ts';
import { rangeOf } from '../../observe/target.ts';
import { type Written, waitUntilApplied } from '../wait-until.ts';
import type { ChangeContext } from './change.ts';

/** Waits until the API shows a token as written, and records the values that the service granted instead. */
export async function showApplied(
  { target, report, context }: ChangeContext,
  written: Written,
): Promise<void> {
  const { token, grants } = await waitUntilApplied(target, written, context);
  report.wrote({ object: token.object });
  const { ledger } = context.secretStore.state;
  await ledger.recordGranted(rangeOf(target), token.id, Object.keys(written.wanted), grants);
  const recorded = asRecorded(token, token.name, grants);
  report.warn(grantWarnings(written.wanted, recorded));
  report.hide(hiddenFields(written.wanted, recorded));
}
