import { addressOf, type Change, isReadBackable, type RetiredToken } from '../model/model.ts';
import { makeChange } from './change.ts';
import { sinkHoldsToken, sinksOf } from './custody.ts';
import type { DecisionInput } from './input.ts';
import { deliveredAt } from './rotation/delivery.ts';
import { keepReason } from './superseded.ts';

/** The planned deletions of the tokens that the ledger lists as superseded. */
export interface Retirements {
  readonly changes: readonly Change[];
  /** The reasons for tokens that are left alone. They belong to the entry's own change. */
  readonly warnings: readonly string[];
}

/**
 * Plans the deletion of tokens that earlier replaces of an entry have superseded. Each is deleted if the entry's own token
 * is live, the readable sinks have its secret, and `keepReason` returns nothing.
 *
 * @param declaredBy the address of the entry that declares a name
 */
export function planRetirements(
  situation: DecisionInput,
  declaredBy: (token: RetiredToken) => string,
): Retirements {
  const { desired } = situation;
  const warnings: string[] = [];
  if (desired.state === 'absent') return { changes: [], warnings };
  const names = new Set([desired.name, desired.existing].filter((name) => name !== undefined));
  const changes = [...names].flatMap((name) => {
    const record = situation.recordFor(name);
    const { entry } = record;
    const own = entry?.id ? situation.live.byId(entry.id) : undefined;
    if (!entry || !own) return [];
    const handedOver = sinksOf(desired)
      .filter(isReadBackable)
      .every((sink) => sinkHoldsToken(record, sink, own));
    if (!handedOver) return [];
    // If rotation was just removed, old generations keep their overlap.
    const { rotation } = entry;
    if (rotation && situation.now < (deliveredAt(entry) ?? situation.now) + rotation.overlap) return [];
    return entry.retire
      .filter((old) => declaredBy(old) === desired.address)
      .filter((old) => {
        const token = situation.listed.byId(old.id);
        const reason = token && keepReason(token, old, desired);
        if (reason !== undefined) warnings.push(leftAlone(old, reason));
        return token && reason === undefined;
      })
      .map((old) =>
        makeChange(desired, {
          address: addressOf(desired.kind, desired.scope, old.name),
          supersededToken: { ...old, successor: name },
          action: 'delete',
          id: old.id,
          reason: `${own.name} (${own.id}) has taken its place, and its secret is delivered`,
          custody: 'unknown',
          cause: 'manifest',
        }),
      );
  });
  return { changes, warnings };
}

/** Returns the warning that a token listed as superseded in the ledger is not deleted. */
export function leftAlone({ id, name }: RetiredToken, reason: string): string {
  return `the ledger says that ${name} (${id}) is superseded, but ${reason}; it is left alone: delete it by hand if it is not needed`;
}
