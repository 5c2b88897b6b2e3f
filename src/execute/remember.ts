import { problemOf } from '../core/errors.ts';
import { identityOf } from '../core/fields.ts';
import type { Fields, Plan, Result } from '../core/model.ts';
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
    applied.set(keyOf(target, name), desired.state === 'absent' ? null : desired.fields);
  }
  try {
    await custodian.state.ledger.recordApplied(applied);
  } catch (error) {
    warn(problemOf(error));
  }
}
