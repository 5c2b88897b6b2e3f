import { neverAborted } from '../../core/util/never-aborted.ts';
import { DeferredToOtherRun } from '../concurrent-run.ts';
import { deleteSuperseded, removeFromLedger } from '../delete-superseded.ts';
import { forgetToken } from '../unresolved.ts';
import { waitUntilDeleted } from '../wait-until.ts';
import { type ChangeContext, type FollowUp, idOf, retiredToken } from './change.ts';

/** Deletes a token. A superseded one that hasn't expired is deleted only if step 9 of docs/create-protocol.md allows it. */
export async function remove(work: ChangeContext): Promise<FollowUp> {
  const { change, target, report, context } = work;
  const id = idOf(change);
  if (change.supersededToken?.expired) {
    await target.client.delete(target.scope, id, neverAborted);
    await removeFromLedger(target, change.supersededToken.successor, change.supersededToken, context);
  } else if (change.supersededToken) {
    const kept = await deleteSuperseded(
      target,
      change.supersededToken.successor,
      change.supersededToken,
      context,
    );
    if (kept !== undefined) throw new DeferredToOtherRun(kept);
  } else {
    await target.client.delete(target.scope, id, neverAborted);
    await forgetToken(target, retiredToken(work), context);
  }
  report.wrote({});
  return {
    async confirm(closing) {
      if (closing && !closing.tokens.byId(id)) return;
      await waitUntilDeleted(target, id, context);
    },
    run: async () => undefined,
  };
}
