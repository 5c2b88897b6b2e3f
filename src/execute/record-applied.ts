import equal from 'fast-deep-equal';
import type { LedgerEntry } from '../core/model/custody-record.ts';
import type { Desired } from '../core/model/desired.ts';
import { containedProblem } from '../core/model/errors.ts';
import { filterFields, nameFieldOf } from '../core/model/field-rules.ts';
import type { Plan, Result } from '../core/model/plan.ts';
import type { Fields } from '../core/model/token.ts';
import { expiresAt } from '../core/plan/rotation/lifetime.ts';
import { liveToken, type Target } from '../observe/target.ts';
import type { ExecutionContext } from './context.ts';
import type { SettlementEvents } from './settle.ts';
import { ledgerKey } from './unresolved.ts';

/**
 * Records the entries that are now as declared, so that the next plan can attribute changes. A failure is only a warning, as
 * everything else is done.
 */
export async function recordApplied(
  { changes }: Plan,
  results: ReadonlyMap<string, Result>,
  { targets, secretStore, bug }: ExecutionContext,
  { warn }: Pick<SettlementEvents, 'warn'>,
): Promise<void> {
  const applied = new Map<string, Fields | null>();
  const partlyFailed = new Set(
    changes
      .filter(
        ({ address, entryAddress }) => address !== entryAddress && results.get(address)?.status === 'failed',
      )
      .map(({ entryAddress }) => entryAddress),
  );
  const rewritten: [key: string, entry: LedgerEntry][] = [];
  const { ledger } = secretStore.state;
  for (const change of changes) {
    const target = targets.get(change.entryAddress);
    const status = results.get(change.address)?.status;
    // Only the change of the entry itself counts, not the changes of its leftover tokens.
    if (!target || change.address !== change.entryAddress || (status !== 'applied' && status !== 'unchanged'))
      continue;
    if (target.desired.rotation && partlyFailed.has(change.entryAddress)) continue;
    const { desired, rules } = target;
    const name =
      desired.fields[nameFieldOf(rules)] ??
      desired.name ??
      liveToken(target, change.id)?.name ??
      desired.existing;
    if (typeof name !== 'string') continue;
    const key = ledgerKey(target, name);
    applied.set(key, desired.state === 'absent' ? null : appliedFields(target, ledger.applied(key)));
    const known = ledger.entry(key);
    if (!known) continue;
    // If rotation was removed, old generations keep their overlap.
    const runsOut = !desired.rotation && known.superseded.length > 0;
    const rotated = runsOut ? known : rotating(known, desired);
    const entry = status === 'unchanged' ? ending(rotated, target) : rotated;
    if (!equal(known, entry)) rewritten.push([key, entry]);
  }
  try {
    if (rewritten.length > 0) await ledger.updateMany(rewritten);
    await ledger.recordApplied(applied);
  } catch (error) {
    warn(containedProblem(error, bug));
  }
}

/**
 * Returns the desired fields. For a family it adds the enabled or disabled state that an earlier manifest set, if this one
 * doesn't set it. Otherwise it would look as if someone else had changed it.
 */
function appliedFields({ desired, rules }: Target, before: Fields | null | undefined): Fields {
  if (!desired.rotation || !before) return desired.fields;
  return {
    ...filterFields(before, rules, ({ activeValue }) => activeValue !== undefined),
    ...desired.fields,
  };
}

function rotating({ rotation: _, ...entry }: LedgerEntry, { rotation }: Desired): LedgerEntry {
  return { ...entry, ...(rotation && { rotation }) };
}

/** Adds the expiry that the service shows. Once the token is gone, it tells whether the token has expired. */
function ending(entry: LedgerEntry, target: Target): LedgerEntry {
  const token = liveToken(target, entry.id);
  if (!token) return entry;
  const expires = expiresAt(token, target) ?? null;
  return expires === (entry.expires ?? null) ? entry : { ...entry, expires };
}
