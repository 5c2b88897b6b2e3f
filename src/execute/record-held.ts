import { sinksOf } from '../core/model/entry-sinks.ts';
import { containedProblem, ReconcileError } from '../core/model/errors.ts';
import type { Change } from '../core/model/plan.ts';
import { sinkName } from '../core/model/sink.ts';
import { sameId } from '../core/model/token-id.ts';
import { sinkCoverage } from '../core/plan/custody.ts';
import { formatInstant } from '../core/util/instant.ts';
import { hostIfKnown } from '../observe/registry-host.ts';
import type { ExecutionContext } from './context.ts';
import { emptyLedgerEntry, ledgerKey } from './unresolved.ts';

/** Records tokens that sinks hold and the ledger doesn't know: docs/create-protocol.md, step 18. */
export async function recordHeld(changes: readonly Change[], context: ExecutionContext): Promise<void> {
  await Promise.all(
    changes.map(async (change) => {
      try {
        await recordOne(change, context);
      } catch (error) {
        if (error instanceof ReconcileError) throw error;
        containedProblem(error, context.bug); // the ledger lacks one entry, which the next run records
      }
    }),
  );
}

async function recordOne(change: Change, { targets, secretStore, clock }: ExecutionContext): Promise<void> {
  const { ledger } = secretStore.state;
  const target = targets.get(change.entryAddress);
  const token = change.id === null || change.supersededToken ? undefined : target?.live.byId(change.id);
  if (!target || !token || change.custody !== 'held') return;
  const key = ledgerKey(target, token.name);
  const known = ledger.entry(key);
  const isKnown = known?.id ? sameId(known.id, token.id) : false;
  // Ledgers written by earlier versions have no places.
  if (isKnown && known?.places) return;
  const { backfill } = sinkCoverage(token, target.recordFor(token.name), sinksOf(target.desired));
  const lacking = new Set(backfill?.sinks);
  const now = formatInstant(Math.floor(clock.now() / 1000));
  const { entry: before } = target.recordFor(token.name);
  const holding = sinksOf(target.desired).filter((sink) => !lacking.has(sink));
  const host = await hostIfKnown(target, holding);
  const places = await secretStore.places(holding, { name: token.name, host });
  if (isKnown) return ledger.update(key, (entry) => entry && { ...entry, places });
  await ledger.update(key, (entry = before ?? emptyLedgerEntry(target, token.name)) => ({
    ...entry,
    name: token.name,
    id: token.id,
    created: token.origin.created,
    createdBy: token.origin.createdBy,
    delivered: Object.fromEntries(holding.map((sink) => [sinkName(sink), now])),
    places,
  }));
}
