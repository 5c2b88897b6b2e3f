import { secretsInSinks } from '../../model/custody-record.ts';
import type { Rotation } from '../../model/desired.ts';
import { sameId } from '../../model/token-id.ts';
import { mayBeLive } from '../deliver.ts';
import type { DecisionInput } from '../input.ts';
import type { RotationFacts } from './facts.ts';
import { findFamily, isAmbiguousGenerationZero, pendingSecretIsObsolete, withName } from './family.ts';

/** Gathers the facts of a family: its generations, the state of the newest, and unfinished work. */
export function classifyFamily(input: DecisionInput, rotation: Rotation): RotationFacts {
  const family = findFamily(input, rotation);
  if (input.desired.state === 'absent') return { ...family, status: 'absent' };
  const { members, orphans, record, now, newest } = family;
  const { pendingSecret } = record;
  if (
    pendingSecret &&
    !input.forceReplace &&
    !pendingSecretIsObsolete(family) &&
    mayBeLive(pendingSecret, input)
  ) {
    const named = withName(input, pendingSecret.attempt.name);
    const pending = { input: named, pending: pendingSecret, token: input.live.byId(pendingSecret.id) };
    return { ...family, status: 'pending', pending };
  }
  if (!newest) return { ...family, status: 'missing' };
  const { token, unusable, delivery, rotationDueAt: due = now } = newest;
  const facts = { ...family, newest };
  if (members.length > 1 && isAmbiguousGenerationZero(token, family))
    return { ...facts, status: 'ambiguous' };
  if (input.forceReplace) return { ...facts, status: 'forced' };
  if (unusable) return { ...facts, status: unusable };
  // A sink that received the newest secret now holds that of a token outside of the family.
  const isHeld = record.entry?.id ? sameId(record.entry.id, token.id) : false;
  const familyTokens = [...members, ...orphans];
  const other = secretsInSinks(record).find(({ id }) => !familyTokens.some((known) => sameId(known.id, id)));
  if (isHeld && other) return { ...facts, status: 'overwritten', sink: other.sink };
  if (delivery === 'unknown' || !delivery.delivered) return { ...facts, status: 'undelivered' };
  // If its age is unknown, a successor is due.
  const isDue = newest.createdAt === undefined || now >= due;
  return { ...facts, status: isDue ? 'due' : 'current' };
}
