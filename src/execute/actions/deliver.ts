import { sameId } from '../../core/model/token-id.ts';
import { waitingFor } from '../../custody/state/records.ts';
import type { SpoolEntry } from '../../custody/state/spool.ts';
import { rangeOf } from '../../observe/target.ts';
import { canRace, deferToOlder } from '../concurrent-run.ts';
import { resumeRepair } from '../resume-repair.ts';
import { TokenGoneError } from '../token-gone.ts';
import { isLive } from '../wait-for-token.ts';
import { backfill } from './backfill.ts';
import { type ChangeContext, type FollowUp, idOf } from './change.ts';
import { deliverAndConfirm } from './deliver-and-confirm.ts';

/** Delivers a secret that an earlier run left in the spool, or one that one sink has and another lacks. */
export async function deliver(work: ChangeContext): Promise<FollowUp> {
  const id = idOf(work.change);
  const { target, context } = work;
  const entry =
    waitingFor(context.secretStore.state, rangeOf(target), id) ?? (await resumeRepair(target, id, context));
  return entry ? deliverSpooled(work, entry, id) : backfill(work, id);
}

/** Delivers a spooled secret if its token still exists: docs/create-protocol.md, step 13. */
async function deliverSpooled(work: ChangeContext, entry: SpoolEntry, id: string): Promise<FollowUp> {
  const { target, report, context } = work;
  const { ledger, spool } = context.secretStore.state;
  if (!(await isLive(target, entry, context))) {
    await spool.remove(entry.attempt);
    throw new TokenGoneError(id);
  }
  const held = ledger.entry(entry.attempt.key)?.id;
  const isConfirmed = typeof held === 'string' && sameId(held, id);
  // A run that has begun to deliver has already looked for concurrent runs, and has overwritten the sinks' old content.
  const hasBegun = target
    .recordFor(entry.attempt.name)
    .sinkContents.some(({ holding }) => typeof holding === 'object' && sameId(holding.id, id));
  if (canRace(target) && !isConfirmed && !hasBegun) await deferToOlder(target, entry, context);
  report.wrote({});
  return deliverAndConfirm(work, entry, undefined);
}
