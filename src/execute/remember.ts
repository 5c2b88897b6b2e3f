import equal from 'fast-deep-equal';
import type { LedgerEntry } from '../core/custody.ts';
import { problemOf } from '../core/errors.ts';
import { identityOf } from '../core/fields.ts';
import type { Desired, Fields, Plan, Result } from '../core/model.ts';
import { keyOf } from './doubts.ts';
import type { Settlement } from './settle.ts';
import { liveToken, type Target } from './target.ts';
import type { Tools } from './tools.ts';

/**
 * Writes down what is as its entry wants it, so that the next plan can tell who has moved. Only a warning where
 * that fails: everything else is done.
 */
export async function rememberApplied(
  { changes }: Plan,
  results: ReadonlyMap<string, Result>,
  targets: ReadonlyMap<string, Target>,
  { custodian }: Tools,
  { warn }: Pick<Settlement, 'warn'>,
): Promise<void> {
  const applied = new Map<string, Fields | null>();
  const rotations: [key: string, entry: LedgerEntry][] = [];
  const { ledger } = custodian.state;
  for (const change of changes) {
    const target = targets.get(change.entry);
    const status = results.get(change.address)?.status;
    // An entry speaks for itself, and not for what is left over of it.
    if (!target || change.address !== change.entry || (status !== 'applied' && status !== 'unchanged'))
      continue;
    const { desired, rules } = target;
    const name =
      desired.fields[identityOf(rules)] ?? desired.name ?? liveToken(target, change.id)?.name ?? desired.ref;
    if (typeof name !== 'string') continue;
    const key = keyOf(target, name);
    applied.set(key, desired.state === 'absent' ? null : desired.fields);
    const known = ledger.entry(key);
    if (known && !equal(known.rotation, desired.rotation)) rotations.push([key, rotating(known, desired)]);
  }
  try {
    if (rotations.length > 0) await ledger.rewrite(rotations);
    await ledger.recordApplied(applied);
  } catch (error) {
    warn(problemOf(error));
  }
}

function rotating({ rotation: _, ...entry }: LedgerEntry, { rotation }: Desired): LedgerEntry {
  return { ...entry, ...(rotation && { rotation }) };
}
