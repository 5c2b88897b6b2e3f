import { isHeldIn, sinksOf } from './assess.ts';
import { change } from './change.ts';
import { handedOverAt } from './family.ts';
import { addressOf, type Change, isReadable, type Observed, type RetiredToken } from './model.ts';
import type { Situation } from './situation.ts';

/**
 * The old tokens that earlier replaces of an entry have left over: each is deleted if the entry's own token is
 * live, the sinks that can be asked have its secret, and the old token is the very one of the ledger.
 *
 * @param declaredBy the address of the entry that declares a name
 */
export function retirements(
  situation: Situation,
  declaredBy: (token: RetiredToken) => string,
): readonly Change[] {
  const { desired } = situation;
  if (desired.state === 'absent') return [];
  const names = new Set([desired.name, desired.ref].filter((name) => name !== undefined));
  return [...names].flatMap((name) => {
    const record = situation.record(name);
    const { entry } = record;
    const own = entry?.id ? situation.live.withId(entry.id) : undefined;
    if (!entry || !own) return [];
    const handedOver = sinksOf(desired)
      .filter(isReadable)
      .every((sink) => isHeldIn(record, sink, own));
    if (!handedOver) return [];
    // What has rotated until now has its overlap still.
    const { rotation } = entry;
    if (rotation && situation.now < (handedOverAt(entry) ?? situation.now) + rotation.overlap) return [];
    return entry.retire
      .filter((old) => declaredBy(old) === desired.address)
      .filter((old) => isSame(situation.listed.withId(old.id), old))
      .map((old) =>
        change(desired, {
          address: addressOf(desired.kind, desired.scope, old.name),
          leftover: { ...old, successor: name },
          action: 'delete',
          id: old.id,
          reason: `${own.name} (${own.id}) has taken its place, and its secret is delivered`,
          custody: 'unknown',
          cause: 'manifest',
        }),
      );
  });
}

/** Whether a live token is the one that is to be retired, and not another in its place. */
export function isSame(token: Observed | undefined, old: RetiredToken): boolean {
  if (!token || token.name !== old.name) return false;
  const { created } = token.origin;
  return created === old.created || created === null || old.created === null;
}
