import type { LedgerEntry, UnresolvedAttempt } from '../core/model/custody-record.ts';
import { containedProblem, type Problem } from '../core/model/errors.ts';
import { recordedNames } from '../observe/resolve-target.ts';
import { takeSnapshot } from '../observe/snapshot.ts';
import type { Snapshot, Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import { capWait, earliestServerTime } from './server-time.ts';
import { deleteOrphans, ledgerKey, unresolvedFor } from './unresolved.ts';

/** Retention of a settled attempt in seconds: a token that turns up later is still recognised. */
export const resolvedRetentionSeconds = 24 * 3600;

/** The listeners for the end of a run. */
export interface SettlementEvents {
  /** Called before a wait, with its seconds and the number of tokens. */
  readonly onWait: (seconds: number, tokens: number) => void;
  readonly warn: (problem: Problem) => void;
}

/**
 * Settles all unresolved attempts at the end of a run. Waits once until the grace of all of them is over, then deletes
 * tokens that lost requests have created late. An attempt that can't be settled stays open for the next run.
 */
export async function settleUnresolved(context: ExecutionContext, events: SettlementEvents): Promise<void> {
  const cases = [...context.targets.values()].flatMap((target) =>
    recordedNames(target.desired, target.snapshot.tokens)
      .filter((name) => unresolvedFor(target, name, context).some(isOpen))
      .map((name) => ({ target, name })),
  );
  if (cases.length === 0) return;
  const ends = cases.map(({ target, name }) => {
    const deadlines = unresolvedFor(target, name, context)
      .filter(isOpen)
      .map(({ deadline }) => deadline);
    const left =
      Math.max(...deadlines) + context.evidence.grace - earliestServerTime(context.clock, target.snapshot);
    return capWait(target, left, context);
  });
  const wait = Math.ceil(Math.max(...ends));
  if (wait > 0) {
    events.onWait(wait, cases.length);
    await context.clock.sleep(wait * 1000, context.stop).catch(() => undefined);
  }
  const listings = new Map<string, Promise<Snapshot>>();
  for (const { target, name } of cases) {
    if (context.stop.aborted) return;
    try {
      // Tried once more on failure, as all lost responses of the scope depend on it.
      const list = (): Promise<Snapshot> => takeSnapshot(target, context.clock, context.stop);
      const listing = listings.get(target.scopeKey) ?? list().catch(list);
      listings.set(target.scopeKey, listing);
      await settleName(target, name, await listing, context, events);
    } catch (error) {
      events.warn({ ...containedProblem(error, context.bug), source: target.desired.source });
    }
  }
}

async function settleName(
  target: Target,
  name: string,
  snapshot: Snapshot,
  context: ExecutionContext,
  events: SettlementEvents,
): Promise<void> {
  const { ledger } = context.secretStore.state;
  const unresolved = unresolvedFor(target, name, context);
  for (const token of await deleteOrphans(target, name, unresolved, snapshot, context)) {
    events.warn({
      code: 'OUTCOME_UNKNOWN',
      message: `the token ${token.name} (${token.id}) in ${target.desired.place} may come from a create request of reconcile whose response was lost, but there is no proof; it was not deleted`,
      hint: 'if the token is not needed, delete it',
      source: target.desired.source,
    });
  }
  await ledger.update(
    ledgerKey(target, name),
    (entry) => entry && settled(entry, unresolved, snapshot.listedAt),
  );
}

function settled(
  entry: LedgerEntry,
  dealtWith: readonly UnresolvedAttempt[],
  at: number,
): LedgerEntry | undefined {
  const nonces = new Set(dealtWith.map(({ nonce }) => nonce));
  const unresolved = entry.unresolved
    .map((known) => (isOpen(known) && nonces.has(known.nonce) ? { ...known, resolvedAt: at } : known))
    .filter(({ resolvedAt }) => resolvedAt === null || resolvedAt > at - resolvedRetentionSeconds);
  return { ...entry, unresolved: unresolved };
}

function isOpen({ resolvedAt }: UnresolvedAttempt): boolean {
  return resolvedAt === null;
}
