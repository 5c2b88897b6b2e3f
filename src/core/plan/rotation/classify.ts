import { secretsInSinks } from '../../model/custody-record.ts';
import type { Rotation } from '../../model/model.ts';
import { sameId } from '../../model/token-id.ts';
import { mayBeLive } from '../deliver.ts';
import type { DecisionInput } from '../input.ts';
import { deliveryStatus } from './delivery.ts';
import type { GenerationFacts, RotationFacts } from './facts.ts';
import {
  type Family,
  findFamily,
  isAmbiguousGenerationZero,
  isDisabledExternally,
  pendingSecretIsObsolete,
  withName,
} from './family.ts';
import { createdAt, expiresAt, rotationBy, rotationDueAt } from './lifetime.ts';

/** Gathers the facts of a family: its generations, the state of the newest, and unfinished work. */
export function classifyFamily(input: DecisionInput, rotation: Rotation): RotationFacts {
  const family = findFamily(input, rotation);
  if (input.desired.state === 'absent') return { ...family, status: 'absent', generation: undefined };
  const generation = newestGeneration(family);
  const { waiting } = family.record;
  if (waiting && !input.forceReplace && !pendingSecretIsObsolete(family) && mayBeLive(waiting, input)) {
    const named = withName(input, waiting.attempt.name);
    const pending = { input: named, pending: waiting, token: input.live.byId(waiting.id) };
    return { ...family, status: 'pending', pending, generation };
  }
  if (!generation) return { ...family, status: 'missing', generation };
  const { members, orphans, record, now } = family;
  const { token, unusable, delivery, rotationDueAt: due = now } = generation;
  const facts = { ...family, generation };
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
  // If nothing tells its age, a successor is due.
  const isDue = generation.createdAt === undefined || now >= due;
  return { ...facts, status: isDue ? 'due' : 'current' };
}

/** Gathers the facts of the newest generation. */
function newestGeneration(family: Family): GenerationFacts | undefined {
  const { input, newest: token, now } = family;
  if (!token) return undefined;
  const made = createdAt(token);
  const end = expiresAt(token, input);
  const isExpired = token.expired === true || (end !== undefined && end <= now);
  const isDisabled = !isExpired && isDisabledExternally(token, family, input.desired.fields);
  const rotation = token.granted ? rotationBy(family.rotation, token, input) : family.rotation;
  return {
    token,
    createdAt: made,
    expiresAt: end,
    rotation,
    rotationDueAt: rotationDueAt(rotation, made, end),
    unusable: isExpired ? 'expired' : isDisabled ? 'disabled' : undefined,
    delivery: deliveryStatus(token, family),
  };
}
