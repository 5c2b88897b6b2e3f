import { liveToken } from '../../observe/target.ts';
import { type ChangeContext, type FollowUp, idOf } from './change.ts';
import { sendPatch } from './send-patch.ts';
import { showApplied } from './show-applied.ts';

/** Patches the fields of a token. */
export async function patch(work: ChangeContext): Promise<FollowUp> {
  const { payload } = work.change;
  const before = liveToken(work.target, work.change.id);
  const response = await sendPatch(work, idOf(work.change), payload);
  return { run: () => showApplied(work, { response, wanted: payload, before }) };
}
